package model

import (
	"math"
	"sync"
	"sync/atomic"
)

// adam is the optimiser of Kingma and Ba 2015 (arXiv:1412.6980); with decay it is AdamW
// (Loshchilov and Hutter 2019, arXiv:1711.05101), which shrinks convolution weights only.
// One fused pass over the values reads and writes each number once.
type adam struct {
	first, second []float32 // moments, laid out as store.values[:trainable]
	steps         int
	decay         float64
}

const (
	beta1, beta2 = 0.9, 0.999
	adamEps      = 1e-8
	chunk        = 1 << 16 // values that one goroutine updates at a time
)

func newAdam(trainable int, decay float64) *adam {
	return &adam{first: make([]float32, trainable), second: make([]float32, trainable), decay: decay}
}

// segment is a run of values with their gradients.
type segment struct {
	values, gradients, first, second []float32
	decay                            float64
}

// step updates the trainable parameters; gradients[i] belongs to params[i].
func (a *adam) step(params []*param, values []float32, gradients [][]float32, lr float64, threads int) {
	a.steps++
	var todo []segment
	for i, p := range params {
		decay := 0.0
		if len(p.shape) > 1 {
			decay = a.decay
		}
		v, g, m, s := p.in(values), gradients[i], p.in(a.first), p.in(a.second)
		for from := 0; from < len(v); from += chunk {
			to := min(from+chunk, len(v))
			todo = append(todo, segment{v[from:to], g[from:to], m[from:to], s[from:to], decay})
		}
	}
	correction1 := 1 - math.Pow(beta1, float64(a.steps))
	correction2 := 1 - math.Pow(beta2, float64(a.steps))
	inParallel(len(todo), threads, func(i int) {
		todo[i].update(lr, lr/correction1, 1/math.Sqrt(correction2))
	})
}

// update works in float32, as libtorch does.
func (s *segment) update(lr, size, scale float64) {
	keep := float32(1 - lr*s.decay)
	step, root := float32(size), float32(scale)
	values := s.values
	gradients, first, second := s.gradients[:len(values)], s.first[:len(values)], s.second[:len(values)]
	for i, g := range gradients {
		m := first[i] + (g-first[i])*(1-beta1)
		v := second[i]*beta2 + g*g*(1-beta2)
		first[i], second[i] = m, v
		values[i] = values[i]*keep - step*m/(float32(math.Sqrt(float64(v)))*root+adamEps)
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
