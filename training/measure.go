package training

import (
	"context"
	"time"

	"glasswork/training/inference"
	"glasswork/training/network"
	"glasswork/training/sampling"
)

// measured is how many slices Measure predicts: one alone and a batch.
const measured = 5

// Measure times one training step and one predicted slice, after one of each to warm up.
// It spoils the learner's weights.
func Measure(ctx context.Context, l network.Learner,
	o Options,
) (step, slice time.Duration, err error) {
	s, err := sampling.New(o.samples())
	if err != nil {
		return 0, 0, err
	}
	if err := o.prepare(l); err != nil {
		return 0, 0, err
	}
	first := o.Validation
	if first.Len() > measured {
		first = sampling.Pick(first, []int{0, 1, 2, 3, 4})
	}
	for range 2 {
		b, err := s.Batch(ctx, o.BatchSize, o.Info.Spec)
		if err != nil {
			return 0, 0, err
		}
		started := time.Now()
		if _, err := l.Step(ctx, b, o.Schedule.Peak/100); err != nil {
			return 0, 0, err
		}
		step = time.Since(started)
	}
	started := time.Now()
	_, err = inference.Evaluate(ctx, l, o.Info.Spec, first, inference.EvaluateOptions{})
	if err != nil {
		return 0, 0, err
	}
	return step, time.Since(started) / time.Duration(first.Len()), nil
}
