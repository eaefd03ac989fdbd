package training

import (
	"context"
	"fmt"
	"math/rand/v2"

	"glasswork/dataset"
	"glasswork/dataset/volume"
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

// exampleFrame is the frame of an example's slice.
func exampleFrame(e dataset.Example, size int) Frame {
	return FrameOf(e.HU, e.W, e.H, whole(e), size)
}

// checkExample reports an example whose arrays do not fit its size.
func checkExample(e dataset.Example) error {
	if n := e.W * e.H; n <= 0 || len(e.HU) != n || len(e.Labels) != n {
		return fmt.Errorf("slice %d of %s: %d × %d pixels with %d values and %d labels", e.Z+1, e.Case, e.W, e.H, len(e.HU), len(e.Labels))
	}
	return nil
}

// fillSample writes one varied sample of e: x and y are [size,size]. The same rng state
// gives the same sample.
func fillSample(x []float32, y []uint8, e dataset.Example, spec Spec, rng *rand.Rand) {
	a := DefaultAugment()
	if whole(e) {
		a = PictureAugment()
	}
	f := exampleFrame(e, spec.Size)
	m := f.toSlice().after(a.geometry(rng, spec.Size))
	newPlane(e.HU, e.W, f.Box, spec.Window, f.scale).resample(x, spec.Size, m)
	resampleLabels(y, spec.Size, e.Labels, e.W, f.Box, m)
	a.photometry(rng, x, spec.Size, spec.Window)
}

// draw is one sample of a plan: which example, varied how.
type draw struct {
	source, index int
	seed          uint64
}

// sampler plans an endless sequence of draws, fixed by its seed. Each source is gone
// through in a new order again and again.
type sampler struct {
	sources []Source
	rng     *rand.Rand
	order   [][]int
	total   float64
}

func newSampler(sources []Source, seed uint64) (*sampler, error) {
	s := &sampler{sources: sources, rng: rand.New(rand.NewPCG(seed, 0x9a55)), order: make([][]int, len(sources))}
	for _, src := range sources {
		if src.Examples.Len() == 0 {
			return nil, fmt.Errorf("%s holds no labelled slice to learn from", src.Name)
		}
		if !(src.Weight > 0) {
			return nil, fmt.Errorf("%s has a weight of %g, it must be greater than 0", src.Name, src.Weight)
		}
		s.total += src.Weight
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("there is no dataset to learn from")
	}
	return s, nil
}

// next plans n draws.
func (s *sampler) next(n int) []draw {
	draws := make([]draw, n)
	for i := range draws {
		at, pick := 0, s.rng.Float64()*s.total
		for at < len(s.sources)-1 && pick >= s.sources[at].Weight {
			pick -= s.sources[at].Weight
			at++
		}
		if len(s.order[at]) == 0 {
			s.order[at] = s.rng.Perm(s.sources[at].Examples.Len())
		}
		last := len(s.order[at]) - 1
		draws[i] = draw{at, s.order[at][last], s.rng.Uint64()}
		s.order[at] = s.order[at][:last]
	}
	return draws
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
		e, err := s.sources[d.source].Examples.At(ctx, d.index)
		if err != nil {
			return b, err
		}
		if err := checkExample(e); err != nil {
			return b, err
		}
		fillSample(b.X[i*n:(i+1)*n], b.Y[i*n:(i+1)*n], e, spec, rand.New(rand.NewPCG(d.seed, 0)))
		b.Known[i] = e.Known
	}
	return b, nil
}
