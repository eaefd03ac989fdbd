package model

import (
	"math"
	"sync"
	"sync/atomic"

	"glasswork/training/network"
)

// optimiser turns gradients into steps: Adam (Kingma and Ba 2015, arXiv:1412.6980), AdamW
// (Loshchilov and Hutter 2019, arXiv:1711.05101) or stochastic gradient descent with
// momentum (as torch.optim.SGD). Decay shrinks convolutions' weights only. One fused
// pass over the values reads and writes each number once.
type optimiser struct {
	network.Optimiser
	// first and second are moments, laid out as store.values[:trainable]; SGD has its
	// velocity in first and no second.
	first, second []float32
	steps         int
}

const (
	beta1, beta2 = 0.9, 0.999
	adamEps      = 1e-8
	chunk        = 1 << 16 // values that one goroutine updates at a time
)

func newOptimiser(trainable int, o network.Optimiser) *optimiser {
	a := &optimiser{Optimiser: o, first: make([]float32, trainable)}
	if o.Kind != network.SGD {
		a.second = make([]float32, trainable)
	}
	return a
}

// segment is a run of values with their gradients.
type segment struct {
	values, gradients, first, second []float32
	decay                            float64
}

// step updates the trainable parameters; gradients[i] belongs to params[i].
func (a *optimiser) step(params []*param, values []float32, gradients [][]float32, lr float64,
	threads int,
) {
	a.steps++
	todo := a.segments(params, values, gradients)
	shrink := a.clip(todo, threads)
	inParallel(len(todo), threads, func(i int) {
		switch s := &todo[i]; a.Kind {
		case network.SGD:
			s.descend(lr, shrink, a.Momentum, a.Nesterov)
		case network.Adam:
			s.adam(lr, shrink, a.steps, s.decay, 0)
		default:
			s.adam(lr, shrink, a.steps, 0, s.decay)
		}
	})
}

func (a *optimiser) segments(params []*param, values []float32, gradients [][]float32) []segment {
	var todo []segment
	for i, p := range params {
		decay := 0.0
		if len(p.shape) > 1 {
			decay = a.Decay
		}
		v, g, m := p.in(values), gradients[i], p.in(a.first)
		second := m // SGD has none
		if a.second != nil {
			second = p.in(a.second)
		}
		for from := 0; from < len(v); from += chunk {
			to := min(from+chunk, len(v))
			todo = append(todo, segment{v[from:to], g[from:to], m[from:to], second[from:to], decay})
		}
	}
	return todo
}

// clip is what gradients are multiplied by so that the norm of all of them together is at
// most Clip. The sum does not depend on the number of threads.
func (a *optimiser) clip(todo []segment, threads int) float32 {
	if a.Clip == 0 {
		return 1
	}
	squares := make([]float64, len(todo))
	inParallel(len(todo), threads, func(i int) {
		for _, g := range todo[i].gradients {
			squares[i] += float64(g) * float64(g)
		}
	})
	sum := 0.0
	for _, s := range squares {
		sum += s
	}
	return float32(min(1, a.Clip/(math.Sqrt(sum)+1e-6)))
}

// adam works in float32, as libtorch does. penalty adds decay to the gradient, decay
// shrinks the values apart from it.
func (s *segment) adam(lr float64, shrink float32, steps int, penalty, decay float64) {
	correction1 := 1 - math.Pow(beta1, float64(steps))
	correction2 := 1 - math.Pow(beta2, float64(steps))
	keep, l2 := float32(1-lr*decay), float32(penalty)
	step, root := float32(lr/correction1), float32(1/math.Sqrt(correction2))
	values := s.values
	gradients, first, second := s.gradients[:len(values)], s.first[:len(values)],
		s.second[:len(values)]
	for i, g := range gradients {
		g = g*shrink + values[i]*l2
		m := first[i] + (g-first[i])*(1-beta1)
		v := second[i]*beta2 + g*g*(1-beta2)
		first[i], second[i] = m, v
		values[i] = values[i]*keep - step*m/(float32(math.Sqrt(float64(v)))*root+adamEps)
	}
}

// descend follows the gradient with momentum, Nesterov's if it is set.
func (s *segment) descend(lr float64, shrink float32, momentum float64, nesterov bool) {
	values, rate, mu, l2 := s.values, float32(lr), float32(momentum), float32(s.decay)
	gradients, velocity := s.gradients[:len(values)], s.first[:len(values)]
	for i, g := range gradients {
		g = g*shrink + values[i]*l2
		v := velocity[i]*mu + g
		velocity[i] = v
		if nesterov {
			v = g + mu*v
		}
		values[i] -= rate * v
	}
}

// inParallel calls do(0) … do(n-1) on the given number of goroutines and waits.
func inParallel(n, threads int, do func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(max(threads, 1), n) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	group.Wait()
}
