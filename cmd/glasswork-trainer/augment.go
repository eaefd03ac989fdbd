package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/disintegration/imaging"
	"github.com/spf13/cobra"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/example"
	"glasswork/training/augment"
	"glasswork/training/network"
	"glasswork/training/sampling"
	"glasswork/viewer"
)

// previewColumns is the number of samples in a row of a preview, and of rows.
const previewColumns = 4

// augmentFlags are the flags of augment.
type augmentFlags struct {
	augment, data, preview string
	slice, size            int
	seed                   uint64
}

func (a *app) augmentCommand() *cobra.Command {
	f := augmentFlags{}
	c := &cobra.Command{
		Use:   "augment --augment TEXT --preview OUT.png",
		Short: "Show what an augmentation does to a slice",
		Long: "Read an augmentation, print it as it is understood, and draw 4 × 4 samples of one " +
			"slice with their\n" +
			"masks as training would see them.\n\n" + notation(),
		Example: "  glasswork-trainer augment --augment 'V{0.5}B{0.5}(S{0.5}|G{0.5}[0.37]){0.3}' " +
			"--data covid/train --preview c3.png",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.augment(c.Context(), f) },
	}
	s := c.Flags()
	s.StringVar(&f.augment, "augment", "",
		"the augmentation (default: the usual one, CT or PICTURE)")
	s.StringVar(&f.data, "data", "phantom:8@1", "labelled dataset to take the slice from")
	s.IntVar(&f.slice, "slice", 0,
		"which of its slices, from 1 (0: the one with most lesion of the first few)")
	s.IntVar(&f.size, "size", network.DefaultSize, "side of the network's input in pixels")
	s.Uint64Var(&f.seed, "seed", 1, "fixes what is drawn")
	s.StringVar(&f.preview, "preview", "", "PNG to write")
	return c
}

// notation explains the letters.
func notation() string {
	var b strings.Builder
	b.WriteString("An augmentation is letters with their probability, applied one after the " +
		"other: V{0.5}B{1}. (X|Y){p} draws\n" +
		"one of the bracketed by their probabilities as weights, and applies it with probability " +
		"p. Limits follow in\n" +
		"brackets. E alone changes nothing; C1, C2, C3, CT, PICTURE and LEVELLED are names for " +
		"whole ones.\n\n")
	for _, l := range augment.Letters() {
		fmt.Fprintf(&b, "  %c  %s", l.Letter, l.Meaning)
		for i, limit := range l.Limits {
			fmt.Fprintf(&b, "%s%s", []string{" [", ", "}[min(i, 1)],
				limit.Name+" "+strconv.FormatFloat(limit.Default, 'f', -1, 64))
		}
		b.WriteString(strings.Repeat("]", min(len(l.Limits), 1)) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) augment(ctx context.Context, f augmentFlags) error {
	if f.size < 32 || f.size > 2048 {
		return fmt.Errorf("--size %d is not between 32 and 2048", f.size)
	}
	var chain augment.Chain
	if f.augment != "" {
		var err error
		if chain, err = augment.Parse(f.augment); err != nil {
			return err
		}
	}
	if f.preview == "" {
		if chain == nil {
			return errors.New("nothing to do: name an augmentation with --augment, or a picture " +
				"to draw with --preview")
		}
		return a.printChain(chain, "")
	}
	if err := atomicfile.Check(f.preview); err != nil {
		return err
	}
	e, err := f.example(ctx)
	if err != nil {
		return err
	}
	if chain == nil {
		chain = sampling.UsualAugment(e, false)
	}
	samples, err := sampling.Vary(e, chain, f.size, f.seed, previewColumns*previewColumns)
	if err != nil {
		return err
	}
	picture := viewer.Mosaic(tiles(samples), previewColumns,
		viewer.WindowLevel{Center: -600, Width: 1500}, viewer.DefaultStyle())
	err = atomicfile.WriteFile(f.preview,
		func(w io.Writer) error { return imaging.Encode(w, picture, imaging.PNG) })
	if err != nil {
		return err
	}
	return a.printChain(chain, f.preview)
}

// example is the slice to vary.
func (f augmentFlags) example(ctx context.Context) (example.Example, error) {
	examples, err := example.Open(ctx, f.data)
	switch {
	case err != nil:
		return example.Example{}, err
	case f.slice == 0:
		return sampling.MostLesion(ctx, examples)
	case f.slice < 0 || f.slice > examples.Len():
		return example.Example{}, fmt.Errorf("--slice %d does not exist: %s has %d", f.slice,
			f.data, examples.Len())
	}
	return examples.At(ctx, f.slice-1)
}

func tiles(samples []example.Example) []viewer.Tile {
	all := make([]viewer.Tile, len(samples))
	for i, e := range samples {
		all[i] = viewer.Tile{HU: e.HU, Labels: e.Labels, W: e.W}
	}
	return all
}

func (a *app) printChain(chain augment.Chain, preview string) error {
	if a.json {
		return printJSON(a.stdout,
			map[string]string{"type": "summary", "augment": chain.String(), "preview": preview})
	}
	fmt.Fprintln(a.stdout, chain)
	return nil
}
