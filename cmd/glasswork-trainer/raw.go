package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"glasswork/assets/baseline"
	"glasswork/dataset/atomicfile"
	"glasswork/dataset/npy"
	"glasswork/model"
	"glasswork/training/inference"
	"glasswork/training/job"
	"glasswork/training/network"
	"glasswork/training/protocol"
)

// rawFlags are those of predict for the network alone.
type rawFlags struct {
	in, logits           string
	model, arch, encoder string
}

// rawResult is the last line of predict --raw --json.
type rawResult struct {
	Type    string  `json:"type"`
	Model   string  `json:"model"`
	Logits  string  `json:"logits"`
	Shape   [4]int  `json:"shape"`
	Seconds float64 `json:"seconds"`
}

// predictRaw runs the network alone on an array [n,c,h,w].
func (a *app) predictRaw(ctx context.Context, f rawFlags) error {
	if err := atomicfile.Check(f.logits); err != nil {
		return err
	}
	x, err := inference.ReadArray(f.in)
	if err != nil {
		return err
	}
	nets := a.networks()
	nets.Arch, nets.Encoder, nets.Channels = f.arch, f.encoder, x.Shape[1]
	l, info, err := loadModel(nets, f.model)
	if err != nil {
		return err
	}
	defer l.Close()
	started := time.Now()
	out, shape, err := x.Logits(ctx, l, info)
	if err != nil {
		return err
	}
	seconds := time.Since(started).Seconds()
	if err := npy.WriteFloats(f.logits, out, shape[:]...); err != nil {
		return err
	}
	if a.json {
		return printJSON(a.stdout,
			rawResult{protocol.TypeSummary, info.Name, f.logits, shape, seconds})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: logits %v of %s in %.2f s\n",
		f.logits, shape, info.Name, seconds)
	return err
}

// loadModel loads a model file or the shipped model.
func loadModel(nets model.Networks, path string) (network.Learner, network.Info, error) {
	if path != job.BaselineModel {
		return nets.Load(path)
	}
	b, err := baseline.Model()
	if err != nil {
		return nil, network.Info{}, err
	}
	return nets.LoadBytes(filepath.Base(path), b)
}
