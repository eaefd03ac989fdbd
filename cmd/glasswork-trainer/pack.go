package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"glasswork/assets/baseline"
	"glasswork/dataset/atomicfile"
	"glasswork/training/network"
	"glasswork/training/protocol"
)

// packCommand is for developers: it makes a trained model the shipped one.
func (a *app) packCommand() *cobra.Command {
	var f packFlags
	c := &cobra.Command{
		Use:    "pack --model M --name NAME --out DIR",
		Short:  "Make a trained model the shipped one",
		Hidden: true,
		Long: `Write a model with its weights as float16 to OUT/baseline.safetensors, and beside it a card with
its SHA-256 and its scores on the datasets named, computed with the packed weights.`,
		Example: "  glasswork-trainer pack --model runs/last/model.safetensors --name baseline-2 --data covid/test --out assets/baseline",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.pack(c.Context(), f) },
	}
	s := c.Flags()
	s.StringVar(&f.model, "model", "", "model file")
	s.StringVar(&f.name, "name", "", "the shipped model's name")
	s.StringVar(&f.note, "note", "", "how it was trained, in a sentence")
	s.StringVar(&f.out, "out", "", "folder to write to")
	s.StringArrayVar(&f.data, "data", nil, "labelled dataset to score it on; may be repeated")
	for _, name := range []string{"model", "name", "out"} {
		_ = c.MarkFlagRequired(name)
	}
	return c
}

type packFlags struct {
	model, name, note, out string
	data                   []string
}

// card stands beside the shipped model.
type card struct {
	Name   string                `json:"name"`
	SHA256 string                `json:"sha256"`
	Bytes  int64                 `json:"bytes"`
	Model  network.Info          `json:"model"`
	Scores map[string]evaluation `json:"scores"`
}

func (a *app) pack(ctx context.Context, f packFlags) error {
	path := filepath.Join(f.out, baseline.Name)
	info, err := a.halve(f, path)
	if err != nil {
		return err
	}
	c := card{Name: f.name, Model: info, Scores: map[string]evaluation{}}
	if c.SHA256, c.Bytes, err = fileSum(path); err != nil {
		return err
	}
	for i, data := range f.data {
		show := a.reporter()
		s, err := a.jobs().Run(ctx, protocol.Job{Evaluate: &protocol.EvaluateJob{Model: path, Data: data}}, show.event)
		show.close()
		if err != nil {
			return err
		}
		c.Scores[baseNames(f.data)[i]] = evaluationLine(s.Evaluate.Report)
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(f.out, "baseline.json"), func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// halve writes the model as float16 under its new name.
func (a *app) halve(f packFlags, path string) (network.Info, error) {
	l, info, err := a.networks().Load(f.model)
	if err != nil {
		return info, err
	}
	defer l.Close()
	info.Name, info.Half = f.name, true
	if f.note != "" {
		info.Provenance = maps.Clone(info.Provenance)
		info.Provenance["training"] = f.note
	}
	return info, l.Save(path, info)
}

func fileSum(path string) (sum string, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	h := sha256.New()
	size, err = io.Copy(h, file)
	return hex.EncodeToString(h.Sum(nil)), size, err
}
