package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// plainLoss is the loss written down with loops, as a check of the tensor version. logits
// are [n,c,h*w].
func plainLoss(logits []float64, b network.Batch) float64 {
	const count, columns = classes.Count, classes.Count + 2
	size := b.H * b.W
	crossEntropy := 0.0
	var both, predicted, reference [columns]float64
	for i, y := range b.Y {
		n, at := i/size, i%size
		var p [columns]float64
		sum := 0.0
		for c := range count {
			p[c] = math.Exp(logits[(n*count+c)*size+at])
			sum += p[c]
		}
		for c := range count {
			p[c] /= sum
		}
		p[4] = p[1] + p[2]
		p[5] = p[4] + p[3]
		known := b.Known[n]
		likely := 0.0
		for c, may := range known.May(y) {
			if may {
				likely += p[c]
			}
		}
		crossEntropy -= math.Log(likely)
		counts := plainColumns(known, b.Y[n*size:(n+1)*size])
		marks := [columns]bool{
			1: y == 1, 2: y == 2, 3: y == 3, 4: y == 1 || y == 2 || y == 4, 5: y == 3,
		}
		for c, ok := range counts {
			if !ok {
				continue
			}
			predicted[c] += p[c]
			if marks[c] {
				both[c] += p[c]
				reference[c]++
			}
		}
	}
	dice, present := 0.0, 0.0
	for c := range columns {
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

// plainColumns says what Dice counts in a sample: the classes, lesion as a whole, whole lung.
func plainColumns(known classes.Known, y []uint8) (counts [classes.Count + 2]bool) {
	told := !slices.Contains(y, classes.Lesion)
	lesions := known[4] || known[1] && known[2]
	counts[1], counts[2] = known[1] && told, known[2] && told
	counts[3] = known[3] && lesions
	counts[4] = lesions && !(known[1] && known[2] && told)
	counts[5] = known[3] && !known[1] && !known[2] && !known[4]
	return counts
}

func TestLoss(t *testing.T) {
	tests := []struct {
		name  string
		known []classes.Known
		most  uint8 // classes drawn are below it
	}{
		{"all known", []classes.Known{allKnown, allKnown}, 4},
		{
			"lungs unknown in one sample", []classes.Known{
				{true, true, true, false}, allKnown,
			}, 3,
		},
		{
			"pixels of an unknown class", []classes.Known{
				{true, true, false, true}, allKnown,
			}, 4,
		},
		{"only lungs known", []classes.Known{
			{true, false, false, true}, {true, false, false, true},
		}, 4},
		{"nothing but background", []classes.Known{allKnown, allKnown}, 1},
		{"nothing known", []classes.Known{{}, {}}, 4},
		{"an unspecified lesion where kinds are known", []classes.Known{allKnown, allKnown}, 5},
		{
			"lesions known as a whole", []classes.Known{
				classes.Knows(classes.Lesion), classes.Knows(classes.Lesion, classes.LungsOther),
			}, 5,
		},
		{
			"lesions as a whole beside kinds and lungs alone", []classes.Known{
				classes.Knows(classes.Lesion, classes.GroundGlass),
				classes.Knows(classes.LungsOther),
			}, 5,
		},
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
