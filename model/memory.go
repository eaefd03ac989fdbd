package model

import (
	"context"
	"errors"
	"slices"
	"time"

	"glasswork/dataset/classes"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// untilItFits tries n samples at a time, and half as many each time memory runs out. limit
// keeps the number that fitted for the next call; 0 means no limit.
func untilItFits(n int, limit *int, try func(part int) error) error {
	for {
		part := n
		if *limit > 0 {
			part = min(n, *limit)
		}
		err := try(part)
		if !errors.Is(err, network.ErrMemory) || part <= 1 {
			return err
		}
		*limit = (part + 1) / 2
	}
}

// samplesOf is the samples from…to of a batch.
func samplesOf(b network.Batch, from, to int) network.Batch {
	in, size := len(b.X)/b.N, b.H*b.W
	part := b
	part.N, part.X, part.Y, part.Known = to-from, b.X[from*in:to*in], b.Y[from*size:to*size],
		b.Known[from:to]
	return part
}

// addShare adds share times each of the gradients to sum, which is made where it is nil.
func addShare(sum, gradients [][]float32, share float32) [][]float32 {
	if sum == nil {
		sum = make([][]float32, len(gradients))
		for i, g := range gradients {
			sum[i] = make([]float32, len(g))
		}
	}
	for i, g := range gradients {
		for j, v := range g {
			sum[i][j] += share * v
		}
	}
	return sum
}

// lossScale keeps the gradients of mixed precision inside the range of half precision
// (Micikevicius et al. 2018, arXiv:1710.03740): it halves when one overflows and doubles
// after many steps without.
type lossScale struct {
	value float32
	good  int
}

const (
	firstScale = 1 << 16
	scaleGrows = 2000 // steps without overflow
)

// factor is what the loss is multiplied by.
func (s *lossScale) factor() float32 {
	if s.value == 0 {
		s.value = firstScale
	}
	return s.value
}

// fits divides gradients by the factor, or halves it and says no if one is not finite.
func (s *lossScale) fits(gradients [][]float32) bool {
	for _, g := range gradients {
		for _, v := range g {
			if v-v != 0 && s.value > 1 {
				s.value, s.good = s.value/2, 0
				return false
			}
		}
	}
	back := 1 / s.factor()
	for _, g := range gradients {
		for i := range g {
			g[i] *= back
		}
	}
	if s.good++; s.good >= scaleGrows && s.value < firstScale {
		s.value, s.good = 2*s.value, 0
	}
	return true
}

// FitBatch finds the batch size, at most limit, at which a step on pictures of side × side
// pixels is fastest for each picture. It doubles the size as long as the batch fits into
// memory and becomes faster. The weights stay as they are.
func (l *Learner) FitBatch(ctx context.Context, side, limit int) (best int, err error) {
	if err := l.net.checkInput(l.net.in*side*side, 1, side, side); err != nil {
		return 0, err
	}
	err = l.do(func() error {
		before := slices.Clone(l.net.values)
		defer copy(l.net.values, before)
		best, err = doubleWhileFaster(ctx, limit, func(n int) (time.Duration, error) {
			return l.timeStep(blank(n, l.net.in, side))
		})
		return err
	})
	return best, err
}

// timeStep is how long the second of two passes forward and back takes; the first takes
// its memory.
func (l *Learner) timeStep(b network.Batch) (took time.Duration, err error) {
	for range 2 {
		started := time.Now()
		scope := torch.NewScopeOn(l.net.device)
		_, _, err = l.differentiate(scope, b)
		scope.Close()
		if err != nil {
			return 0, err
		}
		took = time.Since(started)
	}
	return took, nil
}

// blank is a batch of pictures with a simple pattern of two values and two classes.
func blank(n, channels, side int) network.Batch {
	b := network.Batch{
		N: n, H: side, W: side, X: make([]float32, n*channels*side*side),
		Y: make([]uint8, n*side*side),
	}
	for i := range b.X {
		b.X[i] = float32(i / 7 % 2)
	}
	for i := range b.Y {
		b.Y[i] = uint8(i / 7 % 2)
	}
	for range n {
		b.Known = append(b.Known, classes.All())
	}
	return b
}

// worthwhile is how much faster a picture must get for twice as many at a time.
const worthwhile = 0.95

// doubleWhileFaster tries 2, 4, 8 … up to limit and returns the last number that fitted into
// memory and was clearly faster for each picture. Batch norm needs at least two.
func doubleWhileFaster(ctx context.Context, limit int,
	try func(n int) (time.Duration, error),
) (int, error) {
	best, each := 0, 0.0
	for n := 2; n <= max(limit, 2); n *= 2 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		took, err := try(n)
		if err != nil {
			if best > 0 && errors.Is(err, network.ErrMemory) {
				return best, nil
			}
			return 0, err
		}
		now := took.Seconds() / float64(n)
		if best > 0 && now > worthwhile*each {
			return best, nil
		}
		best, each = n, now
	}
	return best, nil
}
