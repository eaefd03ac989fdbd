package training

import (
	"context"
	"math"
	"slices"
	"testing"

	"glasswork/dataset"
	"glasswork/training/augment"
	"glasswork/training/score"
)

func TestCriterion(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	r := score.Report{Classes: []score.ClassScore{
		{Name: "ground glass", DicePooled: v(0.6), IoUPooled: v(0.4), RecallPooled: v(0.9)},
		{Name: "consolidation", DicePooled: v(0.4), IoUPooled: v(0.2)},
		{Name: "lungs other", DicePooled: v(0.8)},
	}}
	for text, want := range map[string]float64{
		"": 0.5, "merit": 0.5, "loss": -0.25, "dice": 0.6, "dice:consolidation": 0.4, "iou": 0.3, "recall": 0.9, "recall:ground glass": 0.9,
	} {
		c, err := ParseCriterion(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, ok := c.value(r, 0.25); !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %g, want %g", text, got, want)
		}
	}
	for _, text := range []string{"recall:lungs other", "precision"} {
		if c, err := ParseCriterion(text); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got, ok := c.value(r, 0); ok {
			t.Errorf("%s is undefined, not %g", text, got)
		}
	}
	for _, text := range []string{"f1", "dice:", "dice:background", "dice:liver", "loss:ground glass"} {
		if _, err := ParseCriterion(text); err == nil {
			t.Errorf("%q was understood", text)
		}
	}
}

func TestMethodValidate(t *testing.T) {
	for name, m := range map[string]Method{
		"loss":        {Loss: Loss{Kind: "l1"}},
		"two weights": {Loss: Loss{Weights: []float64{1, 2}}},
		"weight NaN":  {Loss: Loss{Weights: []float64{1, 2, math.NaN(), 1}}},
		"no weight":   {Loss: Loss{Weights: make([]float64, 4)}},
		"gamma":       {Loss: Loss{Kind: LossFocal, Gamma: 0.5}},
		"optimiser":   {Optimiser: Optimiser{Kind: "lion"}},
		"decay":       {Optimiser: Optimiser{Decay: -1}},
		"clip":        {Optimiser: Optimiser{Clip: math.NaN()}},
		"momentum":    {Optimiser: Optimiser{Kind: SGD, Momentum: 1}},
		"nesterov":    {Optimiser: Optimiser{Kind: SGD, Nesterov: true}},
	} {
		if m.Validate(4) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := (Method{}).filled().Validate(4); err != nil {
		t.Error(err)
	}
}

// In order, samples come pass after pass, and the last batch of a pass is smaller.
func TestSamplesInOrder(t *testing.T) {
	o := Options{Sources: []Source{{"a", bands(5), 1}}, InOrder: true}
	s, err := newSampler(o)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]int
	for range 5 {
		var at []int
		for _, d := range s.next(2) {
			at = append(at, d.index)
		}
		got = append(got, at)
	}
	want := [][]int{{0, 1}, {2, 3}, {4}, {0, 1}, {2, 3}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("batches %v, want %v", got, want)
	}
	o.Sources = append(o.Sources, Source{"b", bands(2), 1})
	if _, err := newSampler(o); err == nil {
		t.Error("two sources have an order")
	}
}

// The study's way to stop: by the training loss, without a validation set.
func TestStopOnTheTrainingLoss(t *testing.T) {
	o := testOptions(1000)
	o.ValidateEvery, o.Patience = 5, 2
	o.StopOn, _ = ParseCriterion("loss")
	l := &fakeLearner{lossAt: func(step int, _ float64) float64 {
		return []float64{3, 2, 1, 1.5, 2, 9}[min(step/5, 5)]
	}}
	var losses []float64
	o.OnEpoch = func(_, _ int, loss float64, _ score.Report) { losses = append(losses, loss) }
	r, err := Train(t.Context(), l, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps != 25 || r.BestStep != 15 || !r.Holds || !slices.Equal(losses, []float64{3, 2, 1, 1.5, 2}) {
		t.Errorf("stopped after %d steps with the weights of %d, losses %v; want 25, 15 and 3 2 1 1.5 2", r.Steps, r.BestStep, losses)
	}
}

// sided is a learner that says "ground glass" of the left half and the upper half.
type sided struct{ fakeLearner }

func (*sided) Predict(_ context.Context, _ []float32, n, h, w int, probs []float32) error {
	clear(probs)
	for i := range n * h * w {
		x, y := i%w, i/w%h
		if x < w/2 {
			probs[(i/(h*w)*4+1)*h*w+i%(h*w)] += 0.5
		}
		if y < h/2 {
			probs[(i/(h*w)*4+1)*h*w+i%(h*w)] += 0.25
		}
	}
	return nil
}

func TestFlipsAverageMirrorImages(t *testing.T) {
	const size = 4
	for flips, want := range map[Flips][4]float32{ // of the quarters
		NoFlips:   {0.75, 0.25, 0.5, 0},
		LeftRight: {0.5, 0.5, 0.25, 0.25},
		AllFlips:  {0.375, 0.375, 0.375, 0.375},
	} {
		x, probs := make([]float32, 2*size*size), make([]float32, 2*4*size*size)
		l := &sided{}
		_ = l.Predict(t.Context(), x, 2, size, size, probs)
		var f flipped
		if err := f.average(t.Context(), l, flips, x, size, probs); err != nil {
			t.Fatal(err)
		}
		for n := range 2 {
			class := probs[(n*4+1)*size*size : (n*4+2)*size*size]
			if got := [4]float32{class[0], class[3], class[12], class[15]}; got != want {
				t.Errorf("%q: quarters of slice %d %v, want %v", flips, n, got, want)
			}
		}
	}
	if Flips("v").Validate() == nil || AllFlips.Validate() != nil {
		t.Error("flips are not checked")
	}
}

func TestMirror(t *testing.T) {
	for name, c := range map[string]struct {
		leftRight, topBottom bool
		want                 []float32
	}{
		"left–right": {true, false, []float32{3, 2, 1, 6, 5, 4, 9, 8, 7}},
		"top–bottom": {false, true, []float32{7, 8, 9, 4, 5, 6, 1, 2, 3}},
		"both":       {true, true, []float32{9, 8, 7, 6, 5, 4, 3, 2, 1}},
	} {
		x := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}
		if mirror(x, 3, c.leftRight, c.topBottom); !slices.Equal(x, c.want) {
			t.Errorf("%s: %v", name, x)
		}
	}
}

// Batches of an evaluation are scored one by one, and slices given ready for the network
// are seen as they are.
func TestEvaluateByBatches(t *testing.T) {
	l := &fakeLearner{}
	if _, err := Train(t.Context(), l, testOptions(60)); err != nil {
		t.Fatal(err)
	}
	spec := testInfo().Spec
	spec.Size = 48
	ev, err := Evaluate(t.Context(), l, spec, scaledBands{bands(5)}, EvaluateOptions{PredictOptions: PredictOptions{Batch: 2}})
	if err != nil {
		t.Fatal(err)
	}
	r := ev.Set.Report()
	plain, err := Evaluate(t.Context(), l, spec, bands(5), EvaluateOptions{})
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
type scaledBands struct{ bands }

func (s scaledBands) At(ctx context.Context, i int) (e dataset.Example, err error) {
	if e, err = s.bands.At(ctx, i); err != nil {
		return e, err
	}
	for _, hu := range e.HU {
		e.Scaled = append(e.Scaled, min(max((float32(hu)+1350)/1500, 0), 1))
	}
	e.HU = nil
	return e, nil
}

func TestVaryIsFixedByItsSeed(t *testing.T) {
	e, err := bands(1).At(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	chain := augment.CT()
	a, err := Vary(e, chain, 32, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Vary(e, chain, 32, 1, 3)
	other, _ := Vary(e, chain, 32, 2, 3)
	if len(a) != 3 || !slices.Equal(a[2].HU, b[2].HU) || slices.Equal(a[2].HU, other[2].HU) || slices.Equal(a[0].HU, a[1].HU) {
		t.Error("samples are not fixed by their seed")
	}
	if same, err := Vary(e, augment.Chain{}, 48, 1, 1); err != nil || !slices.Equal(same[0].Labels, e.Labels) {
		t.Errorf("E changes the labels: %v", err)
	}
}
