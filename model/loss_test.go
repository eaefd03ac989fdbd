package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// plainLoss is the loss written down with loops, as a check of the tensor version. logits
// are [n,c,h*w].
func plainLoss(logits []float64, b network.Batch) float64 {
	const classes = classes.Count
	size := b.H * b.W
	crossEntropy := 0.0
	var both, predicted, reference [classes]float64
	for i, y := range b.Y {
		n, at := i/size, i%size
		var p [classes]float64
		sum := 0.0
		for c := range classes {
			p[c] = math.Exp(logits[(n*classes+c)*size+at])
			sum += p[c]
		}
		background := 0.0
		for c := range classes {
			p[c] /= sum
			if c == 0 || !b.Known[n][c] {
				background += p[c]
			}
		}
		if y == 0 || !b.Known[n][y] {
			crossEntropy -= math.Log(background)
		} else {
			crossEntropy -= math.Log(p[y])
		}
		for c := 1; c < classes; c++ {
			if !b.Known[n][c] {
				continue
			}
			predicted[c] += p[c]
			if int(y) == c {
				both[c] += p[c]
				reference[c]++
			}
		}
	}
	dice, present := 0.0, 0.0
	for c := 1; c < classes; c++ {
		if reference[c] > 0 {
			dice += (2*both[c] + 1) / (predicted[c] + reference[c] + 1)
			present++
		}
	}
	loss := crossEntropy / float64(len(b.Y))
	if present > 0 {
		loss += 1 - dice/present
	}
	return loss
}

func TestLoss(t *testing.T) {
	tests := []struct {
		name  string
		known [][classes.Count]bool
		most  uint8 // classes drawn are below it
	}{
		{"all known", [][classes.Count]bool{allKnown, allKnown}, 4},
		{
			"lungs unknown in one sample", [][classes.Count]bool{
				{true, true, true, false}, allKnown,
			}, 3,
		},
		{
			"pixels of an unknown class", [][classes.Count]bool{
				{true, true, false, true}, allKnown,
			}, 4,
		},
		{"only lungs known", [][classes.Count]bool{
			{true, false, false, true}, {true, false, false, true},
		}, 4},
		{"nothing but background", [][classes.Count]bool{allKnown, allKnown}, 1},
		{"nothing known", [][classes.Count]bool{{}, {}}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			b := network.Batch{N: 2, H: 3, W: 5, Known: tt.known}
			for range 30 {
				b.Y = append(b.Y, uint8(rng.IntN(int(tt.most))))
			}
			logits := make([]float64, 2*classes.Count*15)
			for i := range logits {
				logits[i] = rng.NormFloat64() * 2
			}
			loss, gradient := lossAndGradient(t, logits, b)
			if want := plainLoss(logits, b); math.Abs(loss-want) > 1e-5 {
				t.Errorf("loss = %.6f, want %.6f", loss, want)
			}
			for i := range logits {
				const h = 1e-5
				up, down := append([]float64(nil), logits...), append([]float64(nil), logits...)
				up[i] += h
				down[i] -= h
				want := (plainLoss(up, b) - plainLoss(down, b)) / (2 * h)
				if math.Abs(gradient[i]-want) > 1e-5 {
					t.Fatalf("derivative by logit %d is %g, want %g", i, gradient[i], want)
				}
			}
		})
	}
}

func lossAndGradient(t *testing.T, logits []float64,
	b network.Batch,
) (loss float64, gradient []float64) {
	t.Helper()
	w := startWorker(1)
	defer w.stop()
	target, err := newTarget(b, classes.Count, network.Loss{})
	if err != nil {
		t.Fatal(err)
	}
	err = w.do(func() error {
		scope := torch.NewScope()
		defer scope.Close()
		values := make([]float32, len(logits))
		for i, v := range logits {
			values[i] = float32(v)
		}
		x := scope.Leaf(scope.FromFloats(values, int64(b.N), classes.Count, int64(b.H), int64(b.W)),
			true)
		total := target.loss(scope, x, network.Loss{Kind: network.LossBoth})
		loss = scope.Value(total)
		for _, g := range scope.Gradients(total, []*torch.Tensor{x}) {
			scope.CopyOut(values, g)
		}
		for _, v := range values {
			gradient = append(gradient, float64(v))
		}
		return scope.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return loss, gradient
}
