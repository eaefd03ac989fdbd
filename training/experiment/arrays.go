package experiment

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/experiment/study"
)

// arrays are the slices as the study's networks see them: n squares of size × size.
type arrays struct {
	n, size int
	x       []float32 // [n,y,x], 0…1 over all slices together
	y       []uint8   // [n,y,x], classes
	known   []classes.Known
}

// prepare resizes every slice as the study did. It resamples the image and every mask channel
// bicubically, takes the class with the greatest channel, and scales the values by the least
// and the greatest of all slices.
func prepare(ctx context.Context, e example.Set, size int) (*arrays, error) {
	a := &arrays{n: e.Len(), size: size}
	a.x, a.y = make([]float32, a.n*size*size), make([]uint8, a.n*size*size)
	a.known = make([]classes.Known, a.n)
	g, working := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range a.n {
		g.Go(func() error {
			r, err := example.ReadRaw(working, e, i)
			if err != nil {
				return err
			}
			copy(a.image(i), study.Resize(r.Values, r.W, r.H, size))
			classify(a.labels(i), r, size)
			a.known[i] = r.Known
			return working.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return a, a.scale()
}

func (a *arrays) image(i int) []float32 { return a.x[i*a.size*a.size : (i+1)*a.size*a.size] }
func (a *arrays) labels(i int) []uint8  { return a.y[i*a.size*a.size : (i+1)*a.size*a.size] }

// classify writes the class whose resized channel is greatest. Of equal ones the first in
// the order of the study's channels counts, as numpy's argmax has it.
func classify(labels []uint8, r example.Raw, size int) {
	best := make([]float32, len(labels))
	first := true
	for _, c := range classes.KaggleChannels() {
		if r.Masks[c] == nil {
			continue
		}
		for k, v := range study.Resize(r.Masks[c], r.W, r.H, size) {
			if first || v > best[k] {
				best[k], labels[k] = v, c
			}
		}
		first = false
	}
}

// scale brings the values of all slices to 0…1.
func (a *arrays) scale() error {
	low, high := a.x[0], a.x[0]
	for _, v := range a.x {
		if v != v {
			return fmt.Errorf("the images hold values that are not numbers")
		}
		low, high = min(low, v), max(high, v)
	}
	if low == high {
		return fmt.Errorf("the images are empty: all their values are %g", low)
	}
	for i, v := range a.x {
		a.x[i] = (v - low) / (high - low)
	}
	return nil
}
