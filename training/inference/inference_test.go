package inference

import (
	"context"
	"slices"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/phantom"
	"glasswork/training/input"
	"glasswork/training/internal/fake"
	"glasswork/training/network"
)

// sided is a learner that says "ground glass" of the left half and the upper half.
type sided struct{ fake.Learner }

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

// TestSlicesOfAirNeedNoNetwork counts what reaches the network of air, a chest and air.
func TestSlicesOfAirNeedNoNetwork(t *testing.T) {
	p, err := phantom.Generate(t.Context(), phantom.Options{Seed: 1, Slices: 3, Size: 96})
	if err != nil {
		t.Fatal(err)
	}
	air := make([]int16, 96*96)
	for i := range air {
		air[i] = -1000
	}
	seen := &counting{Learner: &fake.Learner{}}
	all := [][]int16{air, p.CT.Slice(1), air}
	n := 0
	predictor := New(seen, network.Spec{
		Classes: classes.Count, Size: 64, Window: network.DefaultWindow,
	}, Options{Batch: 4})
	err = predictor.Each(t.Context(), len(all), func(i int) (input.Slice, error) {
		return input.Slice{HU: all[i], W: 96, H: 96}, nil
	}, func(i int, r Prediction) error {
		n++
		if i != 1 && r.Uncertainty != 0 {
			t.Errorf("slice %d of air is uncertain by %g", i, r.Uncertainty)
		}
		if len(r.Labels) != 96*96 {
			t.Errorf("slice %d has %d labels", i, len(r.Labels))
		}
		return nil
	})
	if err != nil || n != 3 || seen.n != 1 {
		t.Errorf("%d slices came back, %d went through the network (%v)", n, seen.n, err)
	}
}

// counting counts the slices that a learner predicts.
type counting struct {
	network.Learner
	n int
}

func (c *counting) Predict(ctx context.Context, x []float32, n, h, w int, probs []float32) error {
	c.n += n
	return c.Learner.Predict(ctx, x, n, h, w, probs)
}
