package experiment

import (
	"context"

	"glasswork/dataset/classes"
	"glasswork/training/network"
)

// twoClass makes a network of two classes, background and lung, usable where four classes are
// expected: lung becomes lungs other, and the lesions' probabilities are 0.
type twoClass struct {
	network.Learner
	probs []float32
}

// Step trains on labels that are background or lungs other.
func (t *twoClass) Step(ctx context.Context, b network.Batch, lr float64) (float64, error) {
	y := make([]uint8, len(b.Y))
	for i, c := range b.Y {
		if y[i] = c; c == classes.LungsOther {
			y[i] = 1
		}
	}
	b.Y = y
	b.Known = make([]classes.Known, b.N)
	for i := range b.Known {
		b.Known[i] = classes.All()
	}
	return t.Learner.Step(ctx, b, lr)
}

// Predict spreads two channels over four.
func (t *twoClass) Predict(ctx context.Context, x []float32, n, h, w int, probs []float32) error {
	size := h * w
	if len(t.probs) < 2*n*size {
		t.probs = make([]float32, 2*n*size)
	}
	two := t.probs[:2*n*size]
	if err := t.Learner.Predict(ctx, x, n, h, w, two); err != nil {
		return err
	}
	clear(probs)
	for i := range n {
		four := probs[i*classes.Count*size:]
		copy(four[:size], two[2*i*size:])
		copy(four[int(classes.LungsOther)*size:][:size], two[(2*i+1)*size:])
	}
	return nil
}
