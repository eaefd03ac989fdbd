package model

import (
	"slices"

	"glasswork/dataset/classes"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// diceSmooth keeps soft Dice defined and its gradient bounded for tiny lesions.
const diceSmooth = 1.0

// loss is what kind says of logits [n,c,h,w]. A label that can be several classes has the
// probability of all of them together (Shi et al. 2021, arXiv:2007.03868). Dice is over the
// batch, or over each sample, and over the columns that are present. A batch without any has
// no soft Dice.
func (t *target) loss(s *torch.Scope, logits *torch.Tensor, kind network.Loss) *torch.Tensor {
	if s.Err() != nil {
		return nil
	}
	shape := logits.Shape()
	n, h, w := shape[0], shape[2], shape[3]
	if kind.Kind == network.LossSoftmaxCE {
		logits = s.Softmax(logits, 1)
	}
	labels := s.FromBytes(t.labels, n, 1, h, w)
	logProbs := s.LogSoftmax(logits, 1)
	dice := t.dice && slices.Contains([]string{
		network.LossBoth, network.LossCases, network.LossDice,
	}, kind.Kind)
	if dice && kind.Kind == network.LossDice {
		return t.diceLoss(s, s.Exp(logProbs), labels, shape)
	}
	picked := t.picked(s, logProbs, labels, shape)
	if kind.Kind == network.LossFocal {
		missing := s.ReLU(s.Sub(s.FromFloats([]float32{1}, 1), s.Exp(picked)))
		picked = s.Mul(s.Pow(missing, s.FromFloats([]float32{float32(kind.Gamma)}, 1)), picked)
	}
	loss := s.Sub(s.Zeros(1), t.mean(s, picked, n, h, w))
	if !dice {
		return loss
	}
	return s.Add(loss, t.diceLoss(s, s.Exp(logProbs), labels, shape))
}

// picked is the log-probability of what each pixel is, [n,1,h,w].
func (t *target) picked(s *torch.Scope, logProbs, labels *torch.Tensor,
	shape []int64,
) *torch.Tensor {
	n, c, h, w := shape[0], shape[1], shape[2], shape[3]
	index := labels
	if slices.Contains(t.labels, uint8(t.classes)) { // no channel of its own: replaced below
		channels := make([]uint8, len(t.labels))
		for i, label := range t.labels {
			channels[i] = min(label, uint8(t.classes-1))
		}
		index = s.FromBytes(channels, n, 1, h, w)
	}
	picked := s.Gather(logProbs, 1, s.Int64(index))
	for _, j := range t.joint {
		together := s.LogSumExp(s.Add(logProbs, s.FromFloats(j.mask, n, c, 1, 1)), 1)
		picked = s.Where(s.Equal(labels, s.FromBytes([]uint8{j.label}, 1)), together, picked)
	}
	return picked
}

// mean is that of values [n,1,h,w] over the pixels that count.
func (t *target) mean(s *torch.Scope, values *torch.Tensor, n, h, w int64) *torch.Tensor {
	if t.count == nil {
		return s.Mean(values)
	}
	return s.Sum(s.Mul(values, s.FromFloats(t.count, n, 1, h, w)))
}

// diceLoss is 1 − the mean over columns, and samples that show them, of (2Σpt+1)/(Σp+Σt+1).
func (t *target) diceLoss(s *torch.Scope, probs, labels *torch.Tensor,
	shape []int64,
) *torch.Tensor {
	n, columns := shape[0], int64(t.columns)
	values := make([]uint8, t.classes)
	for i := range values {
		values[i] = uint8(i)
	}
	hot := s.Equal(labels, s.FromBytes(values, 1, int64(t.classes), 1, 1))
	if t.columns > t.classes {
		probs, hot = t.wholes(s, probs, hot, shape)
	}
	probs = s.Mul(probs, s.FromFloats(t.weights, n, columns, 1, 1))
	if t.valid != nil {
		probs = s.Mul(probs, s.FromFloats(t.valid, n, 1, shape[2], shape[3]))
	}
	over := []int64{0, 2, 3}
	groups := int64(t.groups)
	if groups == n {
		over = over[1:]
	}
	both := s.Sum(s.Mul(probs, hot), over...)
	predicted := s.Sum(probs, over...)
	smooth := s.FromFloats([]float32{diceSmooth}, 1)
	one := s.FromFloats([]float32{1}, 1)
	dice := s.Div(
		s.Add(s.Add(both, both), smooth),
		s.Add(s.Add(predicted, s.FromFloats(t.pixels, groups, columns)), smooth))
	mean := s.Sum(s.Mul(dice, s.FromFloats(t.share, groups, columns)))
	return s.Sub(one, mean)
}

// wholes adds the columns of lesion as a whole and of the whole lung to the probabilities and
// to what is marked. The whole lung is marked as lungs other.
func (t *target) wholes(s *torch.Scope, probs, hot *torch.Tensor,
	shape []int64,
) (allProbs, allHot *torch.Tensor) {
	marked := make([]uint8, len(t.labels))
	for i, label := range t.labels {
		if classes.IsLesion(label) {
			marked[i] = 1
		}
	}
	lesion := s.Equal(s.FromBytes(marked, shape[0], 1, shape[2], shape[3]),
		s.FromBytes([]uint8{1}, 1))
	at := func(x *torch.Tensor, c classes.Class) *torch.Tensor {
		return s.Narrow(x, 1, int64(c), 1)
	}
	kinds := s.Add(at(probs, classes.GroundGlass), at(probs, classes.Consolidation))
	lung := s.Add(kinds, at(probs, classes.LungsOther))
	return s.Cat(1, probs, kinds, lung), s.Cat(1, hot, lesion, at(hot, classes.LungsOther))
}
