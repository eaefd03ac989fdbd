// Package preview draws what an augmentation does to a slice: several samples with their
// masks, as training would see them.
package preview

import (
	"context"
	"fmt"
	"image"
	"io"

	"github.com/disintegration/imaging"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/example"
	"glasswork/training/augment"
	"glasswork/training/sampling"
	"glasswork/viewer"
)

// Columns is the number of samples in a row of a preview, and of rows.
const Columns = 4

// Draw draws 4 × 4 samples of e, each of size × size pixels. A nil chain is the default one.
// The same seed gives the same samples.
func Draw(
	e example.Example, chain augment.Chain, size int, seed uint64,
	wl viewer.WindowLevel, style viewer.Style,
) (*image.RGBA, error) {
	samples, err := sampling.Vary(e, chain, size, seed, Columns*Columns)
	if err != nil {
		return nil, err
	}
	tiles := make([]viewer.Tile, len(samples))
	for i, v := range samples {
		tiles[i] = viewer.Tile{HU: v.HU, Labels: v.Labels, W: v.W}
	}
	return viewer.Mosaic(tiles, Columns, wl, style), nil
}

// Pick returns slice n (from 1) of a labelled dataset, or with 0 the one of the first few
// with the most lesion.
func Pick(ctx context.Context, data string, n int) (example.Example, error) {
	examples, err := example.Open(ctx, data)
	switch {
	case err != nil:
		return example.Example{}, err
	case n == 0:
		return sampling.MostLesion(ctx, examples)
	case n < 0 || n > examples.Len():
		return example.Example{}, fmt.Errorf("slice %d does not exist: %s has %d", n, data,
			examples.Len())
	}
	return examples.At(ctx, n-1)
}

// File says what Write draws: a slice of a labelled dataset (as Pick takes it), varied by
// Chain (nil: the default one), into a PNG.
type File struct {
	Path, Data  string
	Slice, Size int
	Seed        uint64
	Chain       augment.Chain
}

// Write draws a preview into a file and returns the chain by which samples were varied.
func (f File) Write(ctx context.Context) (augment.Chain, error) {
	if err := atomicfile.Check(f.Path); err != nil {
		return nil, err
	}
	e, err := Pick(ctx, f.Data, f.Slice)
	if err != nil {
		return nil, err
	}
	chain := f.Chain
	if chain == nil {
		chain = sampling.UsualAugment(e, false)
	}
	lung := viewer.WindowLevel{Center: -600, Width: 1500}
	picture, err := Draw(e, chain, f.Size, f.Seed, lung, viewer.DefaultStyle())
	if err != nil {
		return nil, err
	}
	return chain, atomicfile.WriteFile(f.Path, func(w io.Writer) error {
		return imaging.Encode(w, picture, imaging.PNG)
	})
}
