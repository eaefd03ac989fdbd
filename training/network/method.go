package network

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Losses. Means of cross-entropy are over pixels, means of Dice over the foreground classes
// that are present.
const (
	// LossBoth is the sum of LossCE and LossDice.
	LossBoth = "ce+dice"
	// LossCases is LossBoth with soft Dice of each sample, mean over those that show a class.
	LossCases = "ce+case-dice"
	// LossCE is cross-entropy.
	LossCE = "ce"
	// LossDice is 1 − soft Dice over the batch.
	LossDice = "dice"
	// LossFocal is cross-entropy × (1−p)^Gamma (Lin et al. 2017, arXiv:1708.02002).
	LossFocal = "focal"
	// LossSoftmaxCE is the reference study's: cross-entropy of probabilities as if they were
	// logits. With four classes it is at least 0.7437.
	LossSoftmaxCE = "softmax-ce"
)

// Losses are all of them.
func Losses() []string {
	return []string{LossBoth, LossCases, LossCE, LossDice, LossFocal, LossSoftmaxCE}
}

// Loss is what a training step makes smaller.
type Loss struct {
	// Kind is one of Losses; empty means LossBoth.
	Kind string `json:"kind"`
	// Weights are the classes' in the mean over pixels (as PyTorch's: divided by the sum
	// of the weights of all pixels) and in the mean of Dice; nil means 1 for each.
	Weights []float64 `json:"weights,omitempty"`
	// Gamma is the focal loss's exponent, 1 to 10; 0 means 2.
	Gamma float64 `json:"gamma,omitempty"`
}

// Optimisers.
const (
	AdamW = "adamw" // Adam, weights decaying apart from the gradient
	Adam  = "adam"  // decay is added to the gradient
	SGD   = "sgd"
)

// Optimisers are all of them.
func Optimisers() []string { return []string{AdamW, Adam, SGD} }

// Optimiser says how a gradient becomes a step.
type Optimiser struct {
	// Kind is one of Optimisers; empty means AdamW with a Decay of 0.01.
	Kind string `json:"kind"`
	// Decay shrinks convolutions' weights, not biases or batch norm.
	Decay float64 `json:"decay,omitempty"`
	// Momentum and Nesterov are SGD's.
	Momentum float64 `json:"momentum,omitempty"`
	Nesterov bool    `json:"nesterov,omitempty"`
	// Clip scales gradients down to this norm, all parameters together; 0 leaves them.
	Clip float64 `json:"clip,omitempty"`
}

// Precisions of a training step. Prediction always computes in float32.
const (
	// PrecisionAuto is mixed where that is faster: on a GPU, or on a processor with
	// instructions for it.
	PrecisionAuto = "auto"
	// PrecisionFull is float32.
	PrecisionFull = "full"
	// PrecisionMixed computes in 16 bits where that is precise enough, as PyTorch's autocast.
	PrecisionMixed = "mixed"
)

// Precisions are all of them.
func Precisions() []string { return []string{PrecisionAuto, PrecisionFull, PrecisionMixed} }

// Method is how a learner trains: set before the first step.
type Method struct {
	Loss      Loss      `json:"loss"`
	Optimiser Optimiser `json:"optimiser"`
	// Seed fixes what a network draws itself, such as dropout.
	Seed uint64 `json:"seed"`
	// Precision is one of Precisions; empty means PrecisionFull.
	Precision string `json:"precision,omitempty"`
}

// WithDefaults is m with what is not said filled in.
func (m Method) WithDefaults() Method {
	if m.Loss.Kind == "" {
		m.Loss.Kind = LossBoth
	}
	if m.Loss.Kind == LossFocal && m.Loss.Gamma == 0 {
		m.Loss.Gamma = 2
	}
	if m.Optimiser.Kind == "" {
		m.Optimiser.Kind, m.Optimiser.Decay = AdamW, 0.01
	}
	return m
}

// Validate says what is wrong with the method for a network of so many classes.
func (m Method) Validate(classes int) error {
	l, o := m.Loss, m.Optimiser
	switch {
	case l.Kind != "" && !slices.Contains(Losses(), l.Kind):
		return fmt.Errorf("the loss %q is none of %s", l.Kind, strings.Join(Losses(), ", "))
	case l.Weights != nil && len(l.Weights) != classes:
		return fmt.Errorf("%d class weights do not fit %d classes", len(l.Weights), classes)
	case slices.ContainsFunc(l.Weights, unusable), l.Weights != nil && slices.Max(l.Weights) == 0:
		return fmt.Errorf("class weights must be at least 0, and one of them more")
	case l.Gamma != 0 && !(l.Gamma >= 1 && l.Gamma <= 10):
		return fmt.Errorf("the focal loss's exponent %g is not between 1 and 10", l.Gamma)
	case o.Kind != "" && !slices.Contains(Optimisers(), o.Kind):
		return fmt.Errorf("the optimiser %q is none of %s", o.Kind,
			strings.Join(Optimisers(), ", "))
	case m.Precision != "" && !slices.Contains(Precisions(), m.Precision):
		return fmt.Errorf("the precision %q is none of %s", m.Precision,
			strings.Join(Precisions(), ", "))
	case !(o.Decay >= 0) || !(o.Clip >= 0):
		return fmt.Errorf("weight decay and the gradients' norm cannot be less than 0")
	case !(o.Momentum >= 0 && o.Momentum < 1):
		return fmt.Errorf("a momentum of %g is not at least 0 and less than 1", o.Momentum)
	case o.Nesterov && o.Momentum == 0:
		return fmt.Errorf("nesterov needs a momentum")
	}
	return nil
}

// unusable says whether w cannot weigh anything.
func unusable(w float64) bool { return !(w >= 0) || math.IsInf(w, 0) }
