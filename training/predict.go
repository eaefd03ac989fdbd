package training

import (
	"context"

	"glasswork/dataset/volume"
	"glasswork/training/augment"
)

// predictBatch is the number of slices that go through the network together where
// nobody says how many.
const predictBatch = 4

// Slice is one axial slice to predict.
type Slice struct {
	// HU is [y,x] of H rows and W columns; Scaled, if it is not nil, stands for it: what
	// the network sees, 0…1.
	HU     []int16
	Scaled []float32
	W, H   int
	// Whole is set for pictures, of which nothing is cut away.
	Whole bool
}

// frame is what of the slice the network sees.
func (s Slice) frame(size int) Frame {
	return FrameOf(s.HU, s.W, s.H, s.Whole || s.Scaled != nil, size)
}

// plane is what the frame shows through win; level brings pictures to the usual grey values.
func (s Slice) plane(f Frame, win Window, level bool) plane {
	if s.Scaled != nil {
		return plane{values: s.Scaled, w: s.W, h: s.H, step: 1}.shrunk(f.scale)
	}
	hu := s.HU
	if level && s.Whole {
		hu = levelled(hu)
	}
	return newPlane(hu, s.W, f.Box, win, f.scale)
}

// Prediction is what a network says of one slice.
type Prediction struct {
	// Labels are classes, [y,x].
	Labels []uint8
	// Uncertainty is 0…1, see Frame.Uncertainty.
	Uncertainty float64
}

// PredictOptions say how slices go through a network.
type PredictOptions struct {
	// Batch is how many go together; 0 means a few, and the first alone, so that it appears soon.
	Batch int
	// Flips averages the probabilities over mirror images.
	Flips Flips
}

// Predictor predicts slices with a learner. One goroutine owns it.
type Predictor struct {
	learner Learner
	spec    Spec
	o       PredictOptions
	x       []float32
	probs   []float32
	flipped flipped
}

// NewPredictor returns a predictor that feeds l as spec says.
func NewPredictor(l Learner, spec Spec, o PredictOptions) *Predictor {
	batch := o.Batch
	if batch == 0 {
		batch = predictBatch
	}
	n := batch * spec.Size * spec.Size
	return &Predictor{
		learner: l, spec: spec, o: o,
		x:     make([]float32, n),
		probs: make([]float32, volume.NumClasses*n),
	}
}

// Each predicts slice i for all i below n: read fetches it, done receives the result, in
// order.
func (p *Predictor) Each(ctx context.Context, n int, read func(i int) (Slice, error), done func(i int, r Prediction) error) error {
	full := len(p.x) / (p.spec.Size * p.spec.Size)
	size := full
	if p.o.Batch == 0 {
		size = 1
	}
	for start := 0; start < n; start, size = start+size, full {
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

// predict puts slices through the network together.
func (p *Predictor) predict(ctx context.Context, batch []Slice) ([]Prediction, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	size := p.spec.Size
	n := size * size
	frames, shown := make([]Frame, len(batch)), []int(nil)
	for i, s := range batch {
		frames[i] = s.frame(size)
		if frames[i].body == nil && !s.Whole && s.Scaled == nil {
			continue // air and nothing else needs no network
		}
		at := len(shown) * n
		frames[i].resample(s.plane(frames[i], p.spec.Window, p.spec.Level), labels{}, augment.Draw{}, p.x[at:at+n], nil)
		shown = append(shown, i)
	}
	x, probs := p.x[:len(shown)*n], p.probs[:len(shown)*volume.NumClasses*n]
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
		own := probs[at*volume.NumClasses*n : (at+1)*volume.NumClasses*n]
		frames[i].Back(own, results[i].Labels, batch[i].W)
		results[i].Uncertainty = frames[i].Uncertainty(own)
	}
	return results, nil
}
