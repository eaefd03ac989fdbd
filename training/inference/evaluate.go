package inference

import (
	"context"

	"glasswork/dataset/example"
	"glasswork/training/input"
	"glasswork/training/network"
	"glasswork/training/score"
)

// Evaluation is the scores of one network on labelled slices.
type Evaluation struct {
	Set score.Set
	// Labels are the predictions, [y,x] each, in the order of the examples; only if asked for.
	Labels [][]uint8
}

// EvaluateOptions say how Evaluate scores.
type EvaluateOptions struct {
	Options
	// VoxelML is the size in ml of a voxel of an example, 0 if unknown; nil if none is known.
	VoxelML func(e example.Example) float64
	// Keep asks for the predictions themselves.
	Keep bool
	// Progress, if set, is called after each slice.
	Progress func(done, total int)
}

// Evaluate predicts every example and scores it on the slice's own grid. With a Batch it
// also scores the means over batches.
func Evaluate(ctx context.Context, l network.Learner, spec network.Spec, examples example.Set,
	o EvaluateOptions,
) (*Evaluation, error) {
	var ev Evaluation
	read := make(map[int]example.Example, predictBatch)
	total := examples.Len()
	fetch := func(i int) (input.Slice, error) {
		e, err := examples.At(ctx, i)
		if err == nil {
			err = e.Check()
		}
		read[i] = e
		return input.Slice{HU: e.HU, Scaled: e.Scaled, W: e.W, H: e.H, Whole: e.IsPicture()}, err
	}
	done := func(i int, p Prediction) error {
		e := read[i]
		delete(read, i)
		ml := 0.0
		if o.VoxelML != nil {
			ml = o.VoxelML(e)
		}
		ev.Set.Add(e.Case, e.Patient, e.Labels, p.Labels, e.Known, ml)
		if o.Batch > 0 && ((i+1)%o.Batch == 0 || i+1 == total) {
			ev.Set.EndBatch()
		}
		if o.Keep {
			ev.Labels = append(ev.Labels, p.Labels)
		}
		if o.Progress != nil {
			o.Progress(i+1, total)
		}
		return nil
	}
	if err := New(l, spec, o.Options).Each(ctx, total, fetch, done); err != nil {
		return nil, err
	}
	return &ev, nil
}
