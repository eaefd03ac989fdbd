package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"glasswork/model/internal/torch"
)

// Of a field of ones dropout leaves the share that it should, grown so that the mean stays
// one, and what becomes of a value says nothing of its neighbours in any direction.
func TestDropout(t *testing.T) {
	const n, c, h, w = 4, 8, 32, 32
	const values = n * c * h * w
	ones := make([]float32, values)
	for i := range ones {
		ones[i] = 1
	}
	for _, rate := range []float64{0.1, 0.5, 0.8} {
		kept := float32(1 / (1 - rate))
		dropped := make([]float64, values)
		for i, v := range droppedOut(t, ones, rate, n, c, h, w) {
			switch v {
			case 0:
				dropped[i] = 1
			case kept:
			default:
				t.Fatalf("rate %g: a one became %g, neither 0 nor %g", rate, v, kept)
			}
		}
		// Five standard deviations: by chance once in two million.
		if share, off := mean(dropped),
			5*math.Sqrt(rate*(1-rate)/values); math.Abs(share-rate) > off {
			t.Errorf("rate %g: %g of the values were left out, more than %g away", rate, share, off)
		}
		for _, step := range []int{1, w, h * w, c * h * w} {
			both := make([]float64, values-step)
			for i := range both {
				both[i] = (dropped[i] - rate) * (dropped[i+step] - rate)
			}
			if r, off := mean(both)/(rate*(1-rate)),
				5/math.Sqrt(float64(len(both))); math.Abs(r) > off {
				t.Errorf("rate %g: values %d apart are correlated by %g", rate, step, r)
			}
		}
	}
}

// droppedOut is what a training pass with a fixed seed makes of x.
func droppedOut(t *testing.T, x []float32, rate float64, shape ...int64) []float32 {
	t.Helper()
	w := startWorker(1)
	defer w.stop()
	out := make([]float32, len(x))
	err := w.do(func() error {
		scope := torch.NewScope()
		defer scope.Close()
		p := &pass{Scope: scope, rng: rand.New(rand.NewPCG(7, 11))}
		scope.CopyOut(out, p.dropout(scope.FromFloats(x, shape...), rate))
		return scope.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
