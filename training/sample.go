package training

import (
	"context"
	"fmt"
	"math/rand/v2"

	"glasswork/dataset"
	"glasswork/dataset/volume"
	"glasswork/training/augment"
)

// Source is labelled slices to learn from. A sample comes from it with a probability of
// its Weight over the sum of weights.
type Source struct {
	Name     string
	Examples dataset.Examples
	Weight   float64
}

// whole says whether an example is a picture, of which nothing is cut away: its pixels
// have no size.
func whole(e dataset.Example) bool { return e.Spacing == [2]float64{} }

// sliceOf is an example's slice.
func sliceOf(e dataset.Example) Slice {
	return Slice{HU: e.HU, Scaled: e.Scaled, W: e.W, H: e.H, Whole: whole(e)}
}

// checkExample reports an example whose arrays do not fit its size.
func checkExample(e dataset.Example) error {
	values := max(len(e.HU), len(e.Scaled))
	if n := e.W * e.H; n <= 0 || values != n || len(e.Labels) != n {
		return fmt.Errorf("slice %d of %s: %d × %d pixels with %d values and %d labels", e.Z+1, e.Case, e.W, e.H, values, len(e.Labels))
	}
	return nil
}

// fillSample writes one sample of e, varied by chain: x and y are [size,size]. A nil
// chain is the usual one for CT or pictures. The same rng state gives the same sample.
func fillSample(x []float32, y []uint8, e dataset.Example, spec Spec, chain augment.Chain, rng *rand.Rand) {
	if chain == nil {
		chain = UsualAugment(e, spec.Level)
	}
	d := chain.Draw(rng, spec.Size)
	win := spec.Window
	win.Center, win.Width = d.Window(win.Center, win.Width)
	slice := sliceOf(e)
	f := slice.frame(spec.Size)
	f.resample(slice.plane(f, win, spec.Level), labels{e.Labels, e.W, f.Box}, d, x, y)
	d.Tone(x, win.Width)
}

// UsualAugment is how samples of e are varied where nobody says how; level says that the
// network sees pictures levelled.
func UsualAugment(e dataset.Example, level bool) augment.Chain {
	switch {
	case !whole(e):
		return augment.CT()
	case level:
		return augment.Levelled()
	}
	return augment.Picture()
}

// draw is one sample of a plan: which example, varied how.
type draw struct {
	source, index int
	seed          uint64
	// patches are other examples of the source, of which a part is laid over the sample.
	patches []patch
}

// sampler plans an endless sequence of draws, fixed by its seed. Each source is gone
// through in a new order again and again, or always in its own.
type sampler struct {
	sources []Source
	chain   augment.Chain
	mix     float64
	paste   float64
	inOrder bool
	rng     *rand.Rand
	order   [][]int
	total   float64
}

func newSampler(o Options) (*sampler, error) {
	s := &sampler{
		sources: o.Sources, chain: o.Augment, mix: o.Mix, paste: o.Paste, inOrder: o.InOrder,
		rng: rand.New(rand.NewPCG(o.Seed, 0x9a55)), order: make([][]int, len(o.Sources)),
	}
	for _, src := range s.sources {
		if src.Examples.Len() == 0 {
			return nil, fmt.Errorf("%s holds no labelled slice to learn from", src.Name)
		}
		if !(src.Weight > 0) {
			return nil, fmt.Errorf("%s has a weight of %g, it must be greater than 0", src.Name, src.Weight)
		}
		s.total += src.Weight
	}
	switch {
	case len(s.sources) == 0:
		return nil, fmt.Errorf("there is no dataset to learn from")
	case s.inOrder && len(s.sources) > 1:
		return nil, fmt.Errorf("samples in their own order can come from one dataset only, not from %d", len(s.sources))
	}
	return s, nil
}

// next plans n draws; in order, less at the end of a pass.
func (s *sampler) next(n int) []draw {
	draws := make([]draw, n)
	for i := range draws {
		at, pick := 0, s.rng.Float64()*s.total
		for at < len(s.sources)-1 && pick >= s.sources[at].Weight {
			pick -= s.sources[at].Weight
			at++
		}
		if len(s.order[at]) == 0 {
			if s.inOrder && i > 0 {
				return draws[:i]
			}
			s.order[at] = s.pass(s.sources[at].Examples.Len())
		}
		last := len(s.order[at]) - 1
		draws[i] = draw{source: at, index: s.order[at][last], seed: s.rng.Uint64()}
		s.order[at] = s.order[at][:last]
		draws[i].patches = s.patches(draws[i])
	}
	return draws
}

// patches plans what is laid over d.
func (s *sampler) patches(d draw) []patch {
	var all []patch
	n := s.sources[d.source].Examples.Len()
	if s.mix > 0 && s.rng.Float64() < s.mix {
		other := draw{source: d.source, index: s.rng.IntN(n), seed: s.rng.Uint64()}
		all = append(all, patch{other, pasteRectangle})
	}
	if s.paste > 0 && s.rng.Float64() < s.paste {
		// With the sample's own seed it is turned and moved as the sample is.
		other := draw{source: d.source, index: s.rng.IntN(n), seed: d.seed}
		all = append(all, patch{other, pasteLesions})
	}
	return all
}

// pass is the order in which n examples are taken, from the last to the first.
func (s *sampler) pass(n int) []int {
	if !s.inOrder {
		return s.rng.Perm(n)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = n - 1 - i
	}
	return order
}

// batch reads and varies the planned draws.
func (s *sampler) batch(ctx context.Context, draws []draw, spec Spec) (Batch, error) {
	n := spec.Size * spec.Size
	b := Batch{
		N: len(draws), H: spec.Size, W: spec.Size,
		X: make([]float32, len(draws)*n), Y: make([]uint8, len(draws)*n),
		Known: make([][volume.NumClasses]bool, len(draws)),
	}
	for i, d := range draws {
		x, y := b.X[i*n:(i+1)*n], b.Y[i*n:(i+1)*n]
		known, err := s.sample(ctx, d, spec, x, y)
		if err != nil {
			return b, err
		}
		b.Known[i] = known
		for _, p := range d.patches {
			px, py := make([]float32, n), make([]uint8, n)
			known, err := s.sample(ctx, p.draw, spec, px, py)
			if err != nil {
				return b, err
			}
			p.lay(square{x, y, spec.Size}, square{px, py, spec.Size}, spec.Window, rand.New(rand.NewPCG(p.seed, 1)))
			for c := range known {
				b.Known[i][c] = b.Known[i][c] && known[c]
			}
		}
	}
	return b, nil
}

// sample reads and varies one planned draw; the result are the classes that are known in it.
func (s *sampler) sample(ctx context.Context, d draw, spec Spec, x []float32, y []uint8) ([volume.NumClasses]bool, error) {
	e, err := s.sources[d.source].Examples.At(ctx, d.index)
	if err == nil {
		err = checkExample(e)
	}
	if err != nil {
		return e.Known, err
	}
	fillSample(x, y, e, spec, s.chain, rand.New(rand.NewPCG(d.seed, 0)))
	return e.Known, nil
}
