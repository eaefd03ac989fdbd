package training

import (
	"context"

	"glasswork/dataset/volume"
)

// predictBatch is the number of slices that go through the network together.
const predictBatch = 4

// Slice is one axial slice to predict.
type Slice struct {
	// HU is [y,x] of H rows and W columns.
	HU   []int16
	W, H int
	// Whole is set for pictures, of which nothing is cut away.
	Whole bool
}

// Prediction is what a network says of one slice.
type Prediction struct {
	// Labels are classes, [y,x].
	Labels []uint8
	// Uncertainty is 0…1, see Frame.Uncertainty.
	Uncertainty float64
}

// Predictor predicts slices with a learner. One goroutine owns it.
type Predictor struct {
	learner Learner
	spec    Spec
	x       []float32
	probs   []float32
}

// NewPredictor returns a predictor that feeds l as spec says.
func NewPredictor(l Learner, spec Spec) *Predictor {
	n := spec.Size * spec.Size
	return &Predictor{
		learner: l, spec: spec,
		x:     make([]float32, predictBatch*n),
		probs: make([]float32, predictBatch*volume.NumClasses*n),
	}
}

// Each predicts slice i for all i below n: read fetches it, done receives the result, in
// order. The first slice goes alone, so that it appears soon.
func (p *Predictor) Each(ctx context.Context, n int, read func(i int) (Slice, error), done func(i int, r Prediction) error) error {
	for start, size := 0, 1; start < n; start, size = start+size, predictBatch {
		size = min(size, n-start)
		batch := make([]Slice, size)
		for i := range batch {
			s, err := read(start + i)
			if err != nil {
				return err
			}
			batch[i] = s
		}
		results, err := p.predict(ctx, batch)
		if err != nil {
			return err
		}
		for i, r := range results {
			if err := done(start+i, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// predict puts at most predictBatch slices through the network.
func (p *Predictor) predict(ctx context.Context, batch []Slice) ([]Prediction, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	size := p.spec.Size
	n := size * size
	frames := make([]Frame, len(batch))
	for i, s := range batch {
		frames[i] = FrameOf(s.HU, s.W, s.H, s.Whole, size)
		frames[i].Fill(p.x[i*n:(i+1)*n], s.HU, s.W, p.spec.Window)
	}
	probs := p.probs[:len(batch)*volume.NumClasses*n]
	if err := p.learner.Predict(ctx, p.x[:len(batch)*n], len(batch), size, size, probs); err != nil {
		return nil, err
	}
	results := make([]Prediction, len(batch))
	for i, s := range batch {
		own := probs[i*volume.NumClasses*n : (i+1)*volume.NumClasses*n]
		labels := make([]uint8, s.W*s.H)
		frames[i].Back(own, labels, s.W)
		results[i] = Prediction{labels, frames[i].Uncertainty(own)}
	}
	return results, nil
}
