package model

import (
	"math"
	"testing"

	"glasswork/training/network"
)

// Four steps on two parameters beside PyTorch's torch.optim and clip_grad_norm_.
func TestOptimisersBesidePyTorch(t *testing.T) {
	for name, c := range map[string]struct {
		o    network.Optimiser
		want [7]float64
	}{
		"adam": {network.Optimiser{Kind: network.Adam}, [7]float64{
			0.2665421, -0.9951643, 2.3538435, 0.5062584, 1.0387508, -0.8545139, 0.4729705,
		}},
		"adam, decay": {
			network.Optimiser{Kind: network.Adam, Decay: 0.2}, [7]float64{
				0.2501269, -0.9196392, 2.2502737, 0.4874749, 1.0387508, -0.8545139, 0.4729705,
			},
		},
		"adamw": {
			network.Optimiser{Kind: network.AdamW, Decay: 0.2}, [7]float64{
				0.2382723, -0.912334, 2.1870415, 0.4759715, 1.0387508, -0.8545139, 0.4729705,
			},
		},
		"sgd": {network.Optimiser{Kind: network.SGD}, [7]float64{
			0.4865837, -0.8480519, 2.1776121, 0.2899804, 0.8655909, -0.6852234, 0.6842558,
		}},
		"momentum": {
			network.Optimiser{Kind: network.SGD, Decay: 0.2, Momentum: 0.9},
			[7]float64{
				0.1210797, -0.6395607, 2.1400113, 0.551779, 0.890093, -0.986449, 0.334248,
			},
		},
		"nesterov": {network.Optimiser{
			Kind: network.SGD, Decay: 0.2, Momentum: 0.9, Nesterov: true,
		}, [7]float64{0.13847, -0.4504002, 2.1338909, 0.5130354, 0.7666746, -1.1230276, 0.310079}},
		"clipped": {
			network.Optimiser{Kind: network.SGD, Clip: 0.5}, [7]float64{
				0.4970177, -0.9580186, 2.0483477, 0.2602632, 0.9627428, -0.5505235, 0.7326612,
			},
		},
	} {
		for _, threads := range []int{1, 2} {
			params := []*param{{shape: []int64{2, 2, 1, 1}}, {shape: []int64{3}, offset: 4}}
			values := []float32{0.5, -1, 2, 0.25, 1, -0.5, 0.75}
			o := newOptimiser(len(values), c.o)
			for step := range 4 {
				gradients := [][]float32{make([]float32, 4), make([]float32, 3)}
				for i := range values {
					gradients[i/4][i%4] = float32(math.Cos(float64(i + step)))
				}
				o.step(params, values, gradients, 0.1, threads)
			}
			for i, v := range values {
				if math.Abs(float64(v)-c.want[i]) > 1e-6 {
					t.Errorf("%s on %d threads: value %d is %.7f, want %.7f", name, threads, i, v,
						c.want[i])
				}
			}
		}
	}
}
