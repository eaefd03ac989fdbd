package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"glasswork/assets/baseline"
	"glasswork/training/release"
)

// packCommand is for developers: it makes a trained model the shipped one.
func (a *app) packCommand() *cobra.Command {
	var r release.Release
	var out string
	c := &cobra.Command{
		Use:    "pack --model M --name NAME --out DIR",
		Short:  "Make a trained model the shipped one",
		Hidden: true,
		Long: `Write a model with its weights as float16 to OUT/baseline.safetensors. Beside it,
write a card with its SHA-256 and its scores on the datasets named, computed with the packed
weights.`,
		Example: "  glasswork-trainer pack --model runs/last/model.safetensors --name baseline-2 " +
			"--data covid/test --out assets/baseline",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r.Path = filepath.Join(out, baseline.Name)
			show := a.reporter()
			defer show.close()
			return r.Write(c.Context(), a.jobs(), show.event)
		},
	}
	s := c.Flags()
	s.StringVar(&r.Model, "model", "", "model file")
	s.StringVar(&r.Name, "name", "", "the shipped model's name")
	s.StringVar(&r.Note, "note", "", "how it was trained, in a sentence")
	s.StringVar(&out, "out", "", "folder to write to")
	s.StringArrayVar(&r.Data, "data", nil, "labelled dataset to score it on; may be repeated")
	for _, name := range []string{"model", "name", "out"} {
		_ = c.MarkFlagRequired(name)
	}
	return c
}
