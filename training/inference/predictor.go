// Package inference runs networks over slices: predictions on the slice's own grid, and
// their scores against labelled slices.
package inference

import (
	"context"

	"glasswork/dataset/classes"
	"glasswork/training/input"
	"glasswork/training/network"
)

// predictBatch is the default number of slices that go through the network together.
const predictBatch = 4

// Prediction is a network's labels of one slice.
type Prediction struct {
	// Labels are classes, [y,x].
	Labels []uint8
	// Uncertainty is 0…1, see input.Frame.
	Uncertainty float64
}

// Options say how slices go through a network.
type Options struct {
	// Batch is how many go together. 0 means the default, with the first slice alone so that
	// it appears soon.
	Batch int
	// Flips averages the probabilities over mirror images.
	Flips Flips
}

// Predictor predicts slices with a learner. One goroutine owns it.
type Predictor struct {
	learner network.Learner
	spec    network.Spec
	o       Options
	x       []float32
	probs   []float32
	flipped flipped
}

// New returns a predictor that feeds l as spec says.
func New(l network.Learner, spec network.Spec, o Options) *Predictor {
	batch := o.Batch
	if batch == 0 {
		batch = predictBatch
	}
	n := batch * spec.Size * spec.Size
	return &Predictor{
		learner: l, spec: spec, o: o,
		x:     make([]float32, n),
		probs: make([]float32, classes.Count*n),
	}
}

// Each predicts slice i for all i below n: read fetches it, done receives the result, in
// order.
func (p *Predictor) Each(ctx context.Context, n int, read func(i int) (input.Slice, error),
	done func(i int, r Prediction) error,
) error {
	full := len(p.x) / (p.spec.Size * p.spec.Size)
	size := full
	if p.o.Batch == 0 {
		size = 1
	}
	for start := 0; start < n; start, size = start+size, full {
		size = min(size, n-start)
		batch := make([]input.Slice, size)
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

// predict puts slices through the network together.
func (p *Predictor) predict(ctx context.Context, batch []input.Slice) ([]Prediction, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	size := p.spec.Size
	n := size * size
	frames, shown := make([]input.Frame, len(batch)), []int(nil)
	for i, s := range batch {
		f, ok := s.Frame(size)
		if !ok {
			continue
		}
		at := len(shown) * n
		f.Fill(p.x[at:at+n], s, p.spec)
		frames[i], shown = f, append(shown, i)
	}
	x, probs := p.x[:len(shown)*n], p.probs[:len(shown)*classes.Count*n]
	if len(shown) > 0 {
		if err := p.learner.Predict(ctx, x, len(shown), size, size, probs); err != nil {
			return nil, err
		}
		if err := p.flipped.average(ctx, p.learner, p.o.Flips, x, size, probs); err != nil {
			return nil, err
		}
	}
	results := make([]Prediction, len(batch))
	for i, s := range batch {
		results[i].Labels = make([]uint8, s.W*s.H)
	}
	for at, i := range shown {
		own := probs[at*classes.Count*n : (at+1)*classes.Count*n]
		frames[i].Back(own, results[i].Labels, batch[i].W)
		results[i].Uncertainty = frames[i].Uncertainty(own)
	}
	return results, nil
}
