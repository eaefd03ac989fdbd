package model

import (
	"fmt"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

const (
	// diceSmooth keeps soft Dice defined and its gradient bounded for tiny lesions.
	diceSmooth = 1.0
	// excluded is added to log-probabilities that a sum must not count.
	excluded = -1e4
)

// target is a batch's reference as the loss wants it.
type target struct {
	classes []uint8 // [n,h,w]; unknown classes and ignored pixels are background
	// [n,c]: 0 for classes whose probability counts as background's, else excluded
	merge   []float32
	partial bool      // whether any sample has unknown classes
	weights []float32 // [n,c]: 1 for known foreground classes
	groups  int       // Dice is taken over the whole batch, 1, or over each of its n samples
	pixels  []float32 // [groups,c]: reference pixels a class has in samples where it is known
	share   []float32 // [groups,c]: weight of the class in the mean of Dice, 0 if absent
	dice    bool      // whether any class has a share
	valid   []float32 // [n,h,w]: 0 for ignored pixels, else 1; nil if none is ignored
	// [n,h,w]: weight of the pixel in the mean, divided by the sum; nil if all are equal
	count []float32
}

// newTarget checks b and prepares its reference for a network with the given classes
// and this loss.
func newTarget(b network.Batch, classes int, loss network.Loss) (*target, error) {
	size := b.H * b.W
	if len(b.Y) != b.N*size || len(b.Known) != b.N {
		return nil, fmt.Errorf("a batch of %d samples has %d reference pixels and %d lists of "+
			"known classes", b.N, len(b.Y), len(b.Known))
	}
	groups := 1
	if loss.Kind == network.LossCases {
		groups = b.N
	}
	t := &target{
		classes: make([]uint8, len(b.Y)),
		merge:   make([]float32, b.N*classes), weights: make([]float32, b.N*classes),
		groups: groups,
		pixels: make([]float32, groups*classes), share: make([]float32, groups*classes),
	}
	for n := range b.N {
		if err := t.sample(n, b.Y[n*size:(n+1)*size], b.Known[n], classes); err != nil {
			return nil, err
		}
	}
	t.shareOut(classes, loss.Weights)
	t.countPixels(loss.Weights)
	return t, nil
}

// sample takes over the reference of sample n, [h,w], in which these classes are known.
func (t *target) sample(n int, reference []uint8, annotated [classes.Count]bool, count int) error {
	known := func(c int) bool { return c >= classes.Count || annotated[c] }
	for c := 1; c < count; c++ {
		if !known(c) {
			t.partial = true
			continue
		}
		t.merge[n*count+c] = excluded
		t.weights[n*count+c] = 1
	}
	for i, c := range reference {
		at := n*len(reference) + i
		switch {
		case c == classes.Ignored:
			t.ignore(at)
		case int(c) >= count:
			return fmt.Errorf("the reference has class %d, the network knows %d classes", c, count)
		case c != 0 && known(int(c)):
			t.classes[at] = c
			t.pixels[n%t.groups*count+int(c)]++
		}
	}
	return nil
}

// ignore leaves a pixel out.
func (t *target) ignore(pixel int) {
	if t.valid == nil {
		t.valid = make([]float32, len(t.classes))
		for i := range t.valid {
			t.valid[i] = 1
		}
	}
	t.valid[pixel] = 0
}

// countPixels gives every pixel its share of the mean.
func (t *target) countPixels(weights []float64) {
	if weights == nil && t.valid == nil {
		return
	}
	t.count = make([]float32, len(t.classes))
	sum := 0.0
	for i, c := range t.classes {
		w := 1.0
		if weights != nil {
			w = weights[c]
		}
		if t.valid != nil {
			w *= float64(t.valid[i])
		}
		t.count[i] = float32(w)
		sum += w
	}
	for i := range t.count {
		t.count[i] /= float32(max(sum, 1e-12))
	}
}

// shareOut lets every foreground class that is present count the same in the mean, or
// as the weights say, and every sample that shows a class the same in the class's mean.
func (t *target) shareOut(classes int, weights []float64) {
	total := 0.0
	for c := range classes {
		showing := 0
		for g := range t.groups {
			if t.pixels[g*classes+c] > 0 {
				showing++
			}
		}
		if showing == 0 {
			continue
		}
		weight := 1.0
		if weights != nil {
			weight = weights[c]
		}
		total += weight
		for g := range t.groups {
			if t.pixels[g*classes+c] > 0 {
				t.share[g*classes+c] = float32(weight / float64(showing))
			}
		}
	}
	t.dice = total > 0
	for i := range t.share {
		if t.dice {
			t.share[i] /= float32(total)
		}
	}
}

// loss is what kind says of logits [n,c,h,w]. Where classes are unknown, the
// probability of background is the marginal one of background and these classes
// (Shi et al. 2021, arXiv:2007.03868); Dice is over the batch, or over each sample, and over
// known foreground classes that are present. A batch without any has no soft Dice.
func (t *target) loss(s *torch.Scope, logits *torch.Tensor, kind network.Loss) *torch.Tensor {
	if s.Err() != nil {
		return nil
	}
	shape := logits.Shape()
	n, c, h, w := shape[0], shape[1], shape[2], shape[3]
	if kind.Kind == network.LossSoftmaxCE {
		logits = s.Softmax(logits, 1)
	}
	classes := s.FromBytes(t.classes, n, 1, h, w)
	logProbs := s.LogSoftmax(logits, 1)
	dice := t.dice && slices.Contains([]string{
		network.LossBoth, network.LossCases, network.LossDice,
	}, kind.Kind)
	if dice && kind.Kind == network.LossDice {
		return t.diceLoss(s, s.Exp(logProbs), classes, shape)
	}
	picked := s.Gather(logProbs, 1, s.Int64(classes))
	if t.partial {
		merged := s.LogSumExp(s.Add(logProbs, s.FromFloats(t.merge, n, c, 1, 1)), 1)
		background := s.Equal(classes, s.FromBytes([]uint8{0}, 1))
		picked = s.Where(background, merged, picked)
	}
	if kind.Kind == network.LossFocal {
		missing := s.ReLU(s.Sub(s.FromFloats([]float32{1}, 1), s.Exp(picked)))
		picked = s.Mul(s.Pow(missing, s.FromFloats([]float32{float32(kind.Gamma)}, 1)), picked)
	}
	loss := s.Sub(s.Zeros(1), t.mean(s, picked, n, h, w))
	if !dice {
		return loss
	}
	return s.Add(loss, t.diceLoss(s, s.Exp(logProbs), classes, shape))
}

// mean is that of values [n,1,h,w] over the pixels that count.
func (t *target) mean(s *torch.Scope, values *torch.Tensor, n, h, w int64) *torch.Tensor {
	if t.count == nil {
		return s.Mean(values)
	}
	return s.Sum(s.Mul(values, s.FromFloats(t.count, n, 1, h, w)))
}

// diceLoss is 1 − the mean over classes, and samples that show them, of (2Σpt+1)/(Σp+Σt+1).
func (t *target) diceLoss(s *torch.Scope, probs, classes *torch.Tensor,
	shape []int64,
) *torch.Tensor {
	n, c := shape[0], shape[1]
	values := make([]uint8, c)
	for i := range values {
		values[i] = uint8(i)
	}
	oneHot := s.Equal(classes, s.FromBytes(values, 1, c, 1, 1))
	probs = s.Mul(probs, s.FromFloats(t.weights, n, c, 1, 1))
	if t.valid != nil {
		probs = s.Mul(probs, s.FromFloats(t.valid, n, 1, shape[2], shape[3]))
	}
	over := []int64{0, 2, 3}
	groups := int64(t.groups)
	if groups == n {
		over = over[1:]
	}
	both := s.Sum(s.Mul(probs, oneHot), over...)
	predicted := s.Sum(probs, over...)
	smooth := s.FromFloats([]float32{diceSmooth}, 1)
	one := s.FromFloats([]float32{1}, 1)
	dice := s.Div(
		s.Add(s.Add(both, both), smooth),
		s.Add(s.Add(predicted, s.FromFloats(t.pixels, groups, c)), smooth))
	mean := s.Sum(s.Mul(dice, s.FromFloats(t.share, groups, c)))
	return s.Sub(one, mean)
}
