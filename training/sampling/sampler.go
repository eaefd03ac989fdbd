// Package sampling makes training samples from labelled slices. It decides which slices come
// in which order, varies each of them, pastes lesions of other slices, and prepares batches
// ahead of the network.
package sampling

import (
	"context"
	"fmt"
	"math/rand/v2"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/augment"
	"glasswork/training/network"
)

// Source is labelled slices to learn from. A sample comes from it with a probability of
// its Weight over the sum of weights.
type Source struct {
	Name     string
	Examples example.Set
	Weight   float64
}

// Options say which samples are made.
type Options struct {
	Sources []Source
	// InOrder takes the samples of a single source in its own order, pass after pass. The
	// last batch of a pass is smaller if the source's length is not a multiple of the batch.
	InOrder bool
	// Augment varies the samples; nil is the usual chain for CT or pictures, an empty
	// chain leaves them as they are.
	Augment augment.Chain
	// Paste is the probability with which lesions of another sample of the same source are
	// pasted into a sample's aerated lung. The other sample is varied in the same way.
	Paste float64
	// Seed fixes the samples and their order.
	Seed uint64
}

// check says what is wrong with the options.
func (o Options) check() error {
	for _, src := range o.Sources {
		if src.Examples.Len() == 0 {
			return fmt.Errorf("%s holds no labelled slice to learn from", src.Name)
		}
		if !(src.Weight > 0) {
			return fmt.Errorf("%s has a weight of %g, it must be greater than 0", src.Name,
				src.Weight)
		}
	}
	switch {
	case len(o.Sources) == 0:
		return fmt.Errorf("there is not a dataset to learn from")
	case o.InOrder && len(o.Sources) > 1:
		return fmt.Errorf("samples in their own order can come from one dataset only, not from %d",
			len(o.Sources))
	case !(o.Paste >= 0 && o.Paste <= 1):
		return fmt.Errorf("the share of samples with pasted lesions, %g, is not between 0 and 1",
			o.Paste)
	}
	return nil
}

// draw is one sample of a plan: which example, varied how.
type draw struct {
	source, index int
	seed          uint64
	// paste is the sample of the same source whose lesions are laid into this one, or nil.
	paste *draw
}

// Sampler plans an endless sequence of samples, fixed by its seed. It goes through each source
// again and again, each time in a new order or always in the source's own.
type Sampler struct {
	o     Options
	rng   *rand.Rand
	order [][]int
	total float64
}

// New returns a sampler at its beginning.
func New(o Options) (*Sampler, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Sampler{
		o: o, rng: rand.New(rand.NewPCG(o.Seed, 0x9a55)), order: make([][]int, len(o.Sources)),
	}
	for _, src := range o.Sources {
		s.total += src.Weight
	}
	return s, nil
}

// Skip leaves out so many batches of size samples.
func (s *Sampler) Skip(batches, size int) {
	for range batches {
		s.next(size)
	}
}

// Batch makes the next batch of size samples for the network of spec.
func (s *Sampler) Batch(ctx context.Context, size int, spec network.Spec) (network.Batch, error) {
	return s.batch(ctx, s.next(size), spec)
}

// next plans n draws; in order, less at the end of a pass.
func (s *Sampler) next(n int) []draw {
	draws := make([]draw, n)
	for i := range draws {
		at, pick := 0, s.rng.Float64()*s.total
		for at < len(s.o.Sources)-1 && pick >= s.o.Sources[at].Weight {
			pick -= s.o.Sources[at].Weight
			at++
		}
		if len(s.order[at]) == 0 {
			if s.o.InOrder && i > 0 {
				return draws[:i]
			}
			s.order[at] = s.pass(s.o.Sources[at].Examples.Len())
		}
		last := len(s.order[at]) - 1
		draws[i] = draw{source: at, index: s.order[at][last], seed: s.rng.Uint64()}
		s.order[at] = s.order[at][:last]
		draws[i].paste = s.paste(draws[i])
	}
	return draws
}

// paste plans whose lesions are pasted into d. That sample gets d's own seed, so that it is
// turned and moved as d is.
func (s *Sampler) paste(d draw) *draw {
	if s.o.Paste == 0 || s.rng.Float64() >= s.o.Paste {
		return nil
	}
	n := s.o.Sources[d.source].Examples.Len()
	return &draw{source: d.source, index: s.rng.IntN(n), seed: d.seed}
}

// pass is the order in which n examples are taken, from the last to the first.
func (s *Sampler) pass(n int) []int {
	if !s.o.InOrder {
		return s.rng.Perm(n)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = n - 1 - i
	}
	return order
}

// batch reads and varies the planned draws.
func (s *Sampler) batch(ctx context.Context, draws []draw,
	spec network.Spec,
) (network.Batch, error) {
	n := spec.Size * spec.Size
	b := network.Batch{
		N: len(draws), H: spec.Size, W: spec.Size,
		X: make([]float32, len(draws)*n), Y: make([]uint8, len(draws)*n),
		Known: make([]classes.Known, len(draws)),
	}
	for i, d := range draws {
		x, y := b.X[i*n:(i+1)*n], b.Y[i*n:(i+1)*n]
		known, err := s.sample(ctx, d, spec, x, y)
		if err != nil {
			return b, err
		}
		b.Known[i] = known
		if d.paste == nil {
			continue
		}
		from := square{make([]float32, n), make([]uint8, n), spec.Size}
		if known, err = s.sample(ctx, *d.paste, spec, from.x, from.y); err != nil {
			return b, err
		}
		rng := rand.New(rand.NewPCG(d.paste.seed, 1))
		pasteLesions(square{x, y, spec.Size}, from, spec.Window, rng)
		b.Known[i] = b.Known[i].And(known)
	}
	return b, nil
}

// sample reads and varies one planned draw and returns which classes are known in it.
func (s *Sampler) sample(ctx context.Context, d draw, spec network.Spec, x []float32,
	y []uint8,
) (classes.Known, error) {
	e, err := s.o.Sources[d.source].Examples.At(ctx, d.index)
	if err == nil {
		err = e.Check()
	}
	if err != nil {
		return e.Known, err
	}
	fill(x, y, e, spec, s.o.Augment, rand.New(rand.NewPCG(d.seed, 0)))
	return e.Known, nil
}
