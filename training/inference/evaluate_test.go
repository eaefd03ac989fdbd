package inference_test

import (
	"context"
	"testing"

	"glasswork/dataset/example"
	"glasswork/training"
	"glasswork/training/inference"
	"glasswork/training/internal/fake"
	"glasswork/training/sampling"
)

// Batches of an evaluation are scored one by one, and slices given ready for the network
// are seen as they are.
func TestEvaluateByBatches(t *testing.T) {
	l := &fake.Learner{}
	if _, err := training.Train(t.Context(), l, training.Options{
		Sources: []sampling.Source{{Name: "bands", Examples: fake.Bands(12), Weight: 1}},
		Info:    fake.Info(), Schedule: training.Schedule{Peak: 0.05, Warmup: 5, Steps: 60},
		BatchSize: 2, Seed: 7, Workers: 2,
	}); err != nil {
		t.Fatal(err)
	}
	spec := fake.Info().Spec
	spec.Size = 48
	ev, err := inference.Evaluate(t.Context(), l, spec, scaledBands{fake.Bands(5)},
		inference.EvaluateOptions{Options: inference.Options{Batch: 2}})
	if err != nil {
		t.Fatal(err)
	}
	r := ev.Set.Report()
	plain, err := inference.Evaluate(t.Context(), l, spec, fake.Bands(5),
		inference.EvaluateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := plain.Set.Report()
	if r.Batches != 3 || p.Batches != 0 || p.Classes[0].IoUBatches != nil {
		t.Errorf("%d and %d batches, want 3 and none", r.Batches, p.Batches)
	}
	if r.Confusion != p.Confusion {
		t.Errorf("ready slices give %v, HU %v", r.Confusion, p.Confusion)
	}
	if a := r.Classes[0].IoUBatches; a == nil || *a <= 0 || *a > 1 {
		t.Errorf("mean over batches %v", a)
	}
}

// scaledBands are bands as a network sees them.
type scaledBands struct{ fake.Bands }

func (s scaledBands) At(ctx context.Context, i int) (e example.Example, err error) {
	if e, err = s.Bands.At(ctx, i); err != nil {
		return e, err
	}
	for _, hu := range e.HU {
		e.Scaled = append(e.Scaled, min(max((float32(hu)+1350)/1500, 0), 1))
	}
	e.HU = nil
	return e, nil
}
