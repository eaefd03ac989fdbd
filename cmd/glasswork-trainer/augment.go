package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/training/augment"
	"glasswork/training/network"
	"glasswork/training/preview"
)

func (a *app) augmentCommand() *cobra.Command {
	var f preview.File
	var text string
	c := &cobra.Command{
		Use:   "augment --augment TEXT --preview OUT.png",
		Short: "Show what an augmentation does to a slice",
		Long: "Read an augmentation, print it as it is understood, and draw 4 × 4 samples of\n" +
			"one slice with their masks as training would see them.\n\n" +
			augment.Notation(),
		Example: "  glasswork-trainer augment \\\n" +
			"    --augment 'V{0.5}B{0.5}(S{0.5}|G{0.5}[0.37]){0.3}' " +
			"--data covid/train --preview c3.png",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.augment(c.Context(), text, f) },
	}
	s := c.Flags()
	s.StringVar(&text, "augment", "", "the augmentation (default: CT or PICTURE)")
	s.StringVar(&f.Data, "data", "phantom:8@1", "labelled dataset to take the slice from")
	s.IntVar(&f.Slice, "slice", 0,
		"which of its slices, from 1 (0: the one with most lesion of the first few)")
	s.IntVar(&f.Size, "size", network.DefaultSize, "side of the network's input in pixels")
	s.Uint64Var(&f.Seed, "seed", 1, "fixes what is drawn")
	s.StringVar(&f.Path, "preview", "", "PNG to write")
	return c
}

func (a *app) augment(ctx context.Context, text string, f preview.File) error {
	if f.Size < 32 || f.Size > 2048 {
		return fmt.Errorf("--size %d is not between 32 and 2048", f.Size)
	}
	var err error
	if text != "" {
		if f.Chain, err = augment.Parse(text); err != nil {
			return err
		}
	}
	chain := f.Chain
	switch {
	case f.Path != "":
		chain, err = f.Write(ctx)
	case chain == nil:
		err = errors.New("nothing to do: name an augmentation with --augment, " +
			"or a picture to draw with --preview")
	}
	if err != nil {
		return err
	}
	if a.json {
		return printJSON(a.stdout, map[string]string{
			"type": "summary", "augment": chain.String(), "preview": f.Path,
		})
	}
	_, err = fmt.Fprintln(a.stdout, chain)
	return err
}
