package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"glasswork/assets/baseline"
	"glasswork/dataset/atomicfile"
	"glasswork/dataset/npy"
	"glasswork/model"
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

// logits is what networks offer beside network.Learner.
type logits interface {
	Logits(ctx context.Context, x []float32, n, h, w int, logits []float32) error
}

// predictRaw runs the network alone on an array [n,c,h,w].
func (a *app) predictRaw(ctx context.Context, f rawFlags) error {
	if err := atomicfile.Check(f.logits); err != nil {
		return err
	}
	array, err := npy.Open(f.in)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", f.in, err)
	}
	if len(array.Shape) != 4 {
		return fmt.Errorf("%s has the shape %v; an array [n,c,h,w] is needed", f.in, array.Shape)
	}
	shape := [4]int(array.Shape)
	x, err := array.Floats()
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", f.in, err)
	}
	nets := a.networks()
	nets.Arch, nets.Encoder, nets.Channels = f.arch, f.encoder, shape[1]
	l, info, err := loadModel(nets, f.model)
	if err != nil {
		return err
	}
	defer l.Close()
	if info.InChannels != shape[1] {
		return fmt.Errorf("%s has %d channels, the network sees %d", f.in, shape[1],
			info.InChannels)
	}
	network, ok := l.(logits)
	if !ok {
		return fmt.Errorf("%s gives no logits", f.model)
	}
	started := time.Now()
	out := make([]float32, shape[0]*info.Spec.Classes*shape[2]*shape[3])
	if err := network.Logits(ctx, x, shape[0], shape[2], shape[3], out); err != nil {
		return err
	}
	seconds := time.Since(started).Seconds()
	shape[1] = info.Spec.Classes
	if err := writeFloats(f.logits, out, shape); err != nil {
		return err
	}
	if a.json {
		return printJSON(a.stdout,
			rawResult{protocol.TypeSummary, info.Name, f.logits, shape, seconds})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: logits %v of %s in %.2f s\n", f.logits, shape, info.Name,
		seconds)
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

// writeFloats writes an NPY file of float32.
func writeFloats(path string, values []float32, shape [4]int) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<20)
		if err := npy.WriteHeader(b, "<f4", shape[:]...); err != nil {
			return err
		}
		if err := binary.Write(b, binary.LittleEndian, values); err != nil {
			return err
		}
		return b.Flush()
	})
}
