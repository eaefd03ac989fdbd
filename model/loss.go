package model

import (
	"fmt"

	"glasswork/dataset/volume"
	"glasswork/model/internal/torch"
	"glasswork/training"
)

const (
	// diceSmooth keeps soft Dice defined and its gradient bounded for tiny lesions.
	diceSmooth = 1.0
	// excluded is added to log-probabilities that a sum must not count.
	excluded = -1e4
)

// target is a batch's reference as the loss wants it.
type target struct {
	classes []uint8   // [n,h,w]; unknown classes are background
	merge   []float32 // [n,c]: 0 for classes whose probability counts as background's, else excluded
	partial bool      // whether any sample has unknown classes
	weights []float32 // [n,c]: 1 for known foreground classes
	pixels  []float32 // [c]: reference pixels a class has in samples where it is known
	share   []float32 // [c]: weight of the class in the mean of Dice, 0 if absent
	dice    bool      // whether any class has a share
}

// newTarget checks b and prepares its reference for a network with the given classes.
func newTarget(b training.Batch, classes int) (*target, error) {
	size := b.H * b.W
	if len(b.Y) != b.N*size || len(b.Known) != b.N {
		return nil, fmt.Errorf("a batch of %d samples has %d reference pixels and %d lists of known classes", b.N, len(b.Y), len(b.Known))
	}
	t := &target{
		classes: make([]uint8, len(b.Y)),
		merge:   make([]float32, b.N*classes), weights: make([]float32, b.N*classes),
		pixels: make([]float32, classes), share: make([]float32, classes),
	}
	for n := range b.N {
		known := func(c int) bool { return c >= volume.NumClasses || b.Known[n][c] }
		for c := range classes {
			switch {
			case c == 0:
			case known(c):
				t.merge[n*classes+c] = excluded
				t.weights[n*classes+c] = 1
			default:
				t.partial = true
			}
		}
		for i, c := range b.Y[n*size : (n+1)*size] {
			if int(c) >= classes {
				return nil, fmt.Errorf("the reference has class %d, the network knows %d classes", c, classes)
			}
			if c != 0 && known(int(c)) {
				t.classes[n*size+i] = c
				t.pixels[c]++
			}
		}
	}
	t.shareOut()
	return t, nil
}

// shareOut lets every foreground class that is present count the same in the mean.
func (t *target) shareOut() {
	present := 0
	for _, n := range t.pixels {
		if n > 0 {
			present++
		}
	}
	t.dice = present > 0
	for c, n := range t.pixels {
		if n > 0 {
			t.share[c] = 1 / float32(present)
		}
	}
}

// loss is cross-entropy plus soft Dice of logits [n,c,h,w]. Where classes are unknown,
// cross-entropy is that of the marginal probability of background and these classes
// (Shi et al. 2021, arXiv:2007.03868); Dice is over the batch, known foreground
// classes that are present, each with the same weight.
func (t *target) loss(s *torch.Scope, logits *torch.Tensor, withDice bool) *torch.Tensor {
	if s.Err() != nil {
		return nil
	}
	shape := logits.Shape()
	n, c, h, w := shape[0], shape[1], shape[2], shape[3]
	classes := s.FromBytes(t.classes, n, 1, h, w)
	logProbs := s.LogSoftmax(logits, 1)
	picked := s.Gather(logProbs, 1, s.Int64(classes))
	if t.partial {
		merged := s.LogSumExp(s.Add(logProbs, s.FromFloats(t.merge, n, c, 1, 1)), 1)
		background := s.Equal(classes, s.FromBytes([]uint8{0}, 1))
		picked = s.Where(background, merged, picked)
	}
	loss := s.Sub(s.Zeros(1), s.Mean(picked))
	if !withDice || !t.dice {
		return loss
	}
	return s.Add(loss, t.diceLoss(s, s.Exp(logProbs), classes, n, c))
}

// diceLoss is 1 − the mean over classes of (2Σpt+1)/(Σp+Σt+1).
func (t *target) diceLoss(s *torch.Scope, probs, classes *torch.Tensor, n, c int64) *torch.Tensor {
	values := make([]uint8, c)
	for i := range values {
		values[i] = uint8(i)
	}
	oneHot := s.Equal(classes, s.FromBytes(values, 1, c, 1, 1))
	probs = s.Mul(probs, s.FromFloats(t.weights, n, c, 1, 1))
	both := s.Sum(s.Mul(probs, oneHot), 0, 2, 3)
	predicted := s.Sum(probs, 0, 2, 3)
	smooth := s.FromFloats([]float32{diceSmooth}, 1)
	one := s.FromFloats([]float32{1}, 1)
	dice := s.Div(
		s.Add(s.Add(both, both), smooth),
		s.Add(s.Add(predicted, s.FromFloats(t.pixels, c)), smooth))
	mean := s.Sum(s.Mul(dice, s.FromFloats(t.share, c)))
	return s.Sub(one, mean)
}
