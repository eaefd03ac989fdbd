package model

import (
	"math"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// Losses of fixed logits beside what PyTorch 1.13 gives in double precision for
// torch.nn.functional.cross_entropy, and for focal loss and soft Dice written out.
func TestLossesBesidePyTorch(t *testing.T) {
	weights := []float64{0.5, 1, 2, 1.5}
	for _, c := range []struct {
		name   string
		loss   network.Loss
		ignore bool
		want   float64
	}{
		{"cross-entropy", network.Loss{Kind: network.LossCE}, false, 2.627367463682528},
		{
			"weighted",
			network.Loss{Kind: network.LossCE, Weights: weights},
			false,
			2.739127388794209,
		},
		{"pixels ignored", network.Loss{Kind: network.LossCE}, true, 2.5526105080894927},
		{
			"weighted, ignored",
			network.Loss{Kind: network.LossCE, Weights: weights},
			true,
			2.7124615007752015,
		},
		{
			"softmax before cross-entropy",
			network.Loss{Kind: network.LossSoftmaxCE},
			false,
			1.4967593984447225,
		},
		{"focal", network.Loss{Kind: network.LossFocal, Gamma: 2}, false, 2.337323114555279},
		{"focal, weighted, ignored", network.Loss{
			Kind: network.LossFocal, Gamma: 3.5, Weights: weights,
		}, true, 2.291131227916913},
		{"Dice", network.Loss{Kind: network.LossDice}, false, 0.6819115961461577},
		{
			"Dice, weighted",
			network.Loss{Kind: network.LossDice, Weights: weights},
			false,
			0.7309285661140553,
		},
		{"Dice, ignored", network.Loss{Kind: network.LossDice}, true, 0.6603738229050005},
		{
			"both", network.Loss{Kind: network.LossBoth}, false, 2.627367463682528 +
				0.6819115961461577,
		},
		{
			"both, Dice of each sample",
			network.Loss{Kind: network.LossCases},
			false,
			3.22039087578717,
		},
		{"both, Dice of each sample, weighted", network.Loss{
			Kind: network.LossCases, Weights: weights,
		}, false, 3.3760518444487047},
		{
			"both, Dice of each sample, ignored",
			network.Loss{Kind: network.LossCases},
			true,
			3.118582123401904,
		},
	} {
		b := network.Batch{N: 2, H: 2, W: 3, Known: []classes.Known{allKnown, allKnown}}
		for i := range 12 {
			b.Y = append(b.Y, uint8((i*7+3)%4))
		}
		if c.ignore {
			b.Y[1], b.Y[11] = classes.Ignored, classes.Ignored
		}
		logits := make([]float32, 2*4*2*3)
		for i := range logits {
			logits[i] = float32(2 * math.Sin(1.7*float64(i)))
		}
		got, gradient := lossOf(t, logits, b, c.loss)
		if math.Abs(got-c.want) > 2e-6 {
			t.Errorf("%s: loss %.7f, want %.7f", c.name, got, c.want)
		}
		for i, g := range gradient {
			if math.IsNaN(float64(g)) || c.ignore && ignoredLogit(i) && g != 0 {
				t.Errorf("%s: derivative %d is %g", c.name, i, g)
			}
		}
	}
}

// ignoredLogit says whether logit i of [2,4,2,3] belongs to a pixel that the test ignores.
func ignoredLogit(i int) bool { return i < 24 && i%6 == 1 || i >= 24 && i%6 == 5 }

// A perfect prediction leaves softmax before cross-entropy at the study's floor, and the
// other losses at nothing, with gradients that are numbers.
func TestLossesOfAPerfectPrediction(t *testing.T) {
	b := network.Batch{
		N: 1, H: 1, W: 4, Y: []uint8{0, 1, 2, 3}, Known: []classes.Known{allKnown},
	}
	logits := make([]float32, 16)
	for c := range 4 {
		logits[c*4+c] = 60
	}
	for kind, want := range map[string]float64{
		network.LossSoftmaxCE: 0.7436683806286791, network.LossFocal: 0, network.LossCE: 0,
		network.LossBoth: 0,
	} {
		got, gradient := lossOf(t, logits, b, network.Loss{Kind: kind, Gamma: 2})
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %.7f, want %.7f", kind, got, want)
		}
		for _, g := range gradient {
			if math.IsNaN(float64(g)) {
				t.Errorf("%s: a derivative is not a number", kind)
				break
			}
		}
	}
}

// Everything ignored is a loss of 0, not one that is not a number.
func TestLossOfNothing(t *testing.T) {
	b := network.Batch{
		N: 1, H: 1, W: 2, Y: []uint8{classes.Ignored, classes.Ignored},
		Known: []classes.Known{allKnown},
	}
	for _, kind := range network.Losses() {
		if got, _ := lossOf(t, make([]float32, 8), b,
			network.Loss{Kind: kind, Gamma: 2}); got != 0 {
			t.Errorf("%s: %g", kind, got)
		}
	}
}

// lossOf is the loss of logits [n,4,h,w] and its derivatives.
func lossOf(t *testing.T, logits []float32, b network.Batch,
	kind network.Loss,
) (loss float64, gradient []float32) {
	t.Helper()
	w := startWorker(1)
	defer w.stop()
	target, err := newTarget(b, classes.Count, kind)
	if err != nil {
		t.Fatal(err)
	}
	err = w.do(func() error {
		scope := torch.NewScope()
		defer scope.Close()
		x := scope.Leaf(scope.FromFloats(logits, int64(b.N), classes.Count, int64(b.H), int64(b.W)),
			true)
		total := target.loss(scope, x, kind)
		loss = scope.Value(total)
		gradient = make([]float32, len(logits))
		for _, g := range scope.Gradients(total, []*torch.Tensor{x}) {
			scope.CopyOut(gradient, g)
		}
		return scope.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return loss, gradient
}
