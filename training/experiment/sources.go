package experiment

import (
	"context"
	"fmt"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
)

// prepared is the slices of the published protocol as a dataset.
type prepared struct {
	example.Set // whose they are
	arrays      *arrays
}

// At returns slice i as the study's networks see it.
func (p prepared) At(ctx context.Context, i int) (example.Example, error) {
	if err := ctx.Err(); err != nil {
		return example.Example{}, err
	}
	patient, name, z := p.Key(i)
	return example.Example{
		Case: name, Patient: patient, Z: z, W: p.arrays.size, H: p.arrays.size,
		Scaled: p.arrays.image(i), Labels: p.arrays.labels(i), Known: p.arrays.known[i],
	}, nil
}

// allKnown treats every class as annotated, as the study did: a class that was not annotated
// counts as absent.
type allKnown struct{ example.Set }

// At is slice i.
func (a allKnown) At(ctx context.Context, i int) (example.Example, error) {
	e, err := a.Set.At(ctx, i)
	e.Known = classes.All()
	return e, err
}

// lungs merges a dataset's classes into two: background and, as lungs other, everything else.
type lungs struct{ example.Set }

// At merges the labels of slice i.
func (l lungs) At(ctx context.Context, i int) (example.Example, error) {
	e, err := l.Set.At(ctx, i)
	if err != nil {
		return e, err
	}
	if !e.Known[classes.LungsOther] {
		return e, fmt.Errorf("the lungs of %s were not annotated: lung and background alone "+
			"cannot be learned from it", e.Case)
	}
	merged := make([]uint8, len(e.Labels))
	for k, c := range e.Labels {
		switch c {
		case classes.Background, classes.Ignored:
			merged[k] = c
		default:
			merged[k] = classes.LungsOther
		}
	}
	e.Labels = merged
	e.Known = classes.Knows(classes.LungsOther)
	return e, nil
}
