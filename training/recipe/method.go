package recipe

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"glasswork/dataset/classes"
	"glasswork/training"
	"glasswork/training/augment"
	"glasswork/training/network"
)

// Method is how samples are varied and how a network learns from them.
type Method struct {
	// Augment is how samples are varied, in augment's notation; empty: the default way.
	Augment string
	// Paste is how often lesions of another sample are laid into a sample's aerated lung.
	Paste float64

	Loss      network.Loss
	Optimiser network.Optimiser
	// Schedule's Steps are not used; a Warmup of −1 is a twentieth of the steps, at most 100.
	Schedule  training.Schedule
	Precision string // one of network.Precisions
	// StopOn is the score by which the best weights are chosen, in training's notation.
	StopOn string
}

func defaultMethod() Method {
	return Method{
		Loss:      network.Loss{Kind: network.LossBoth, Gamma: 2},
		Optimiser: network.Optimiser{Kind: network.AdamW, Decay: 0.01, Momentum: 0.9},
		Schedule:  training.Schedule{Peak: 1e-3, Course: training.Cosine, Warmup: -1},
		Precision: network.PrecisionAuto,
		StopOn:    "merit",
	}
}

// fill sets what the method says in o, all but the number of steps.
func (m Method) fill(o *training.Options) error {
	if !(m.Schedule.Peak > 0) || math.IsInf(m.Schedule.Peak, 0) {
		return errors.New("the learning rate must be greater than 0")
	}
	var err error
	if m.Augment != "" {
		if o.Augment, err = augment.Parse(m.Augment); err != nil {
			return err
		}
	}
	o.Schedule, o.Loss, o.Optimiser, o.Precision = m.Schedule, m.Loss, m.Optimiser, m.Precision
	o.Paste = m.Paste
	if m.Optimiser.Kind != network.SGD {
		o.Optimiser.Momentum = 0
	}
	if m.Loss.Kind != network.LossFocal {
		o.Loss.Gamma = 0
	}
	if o.StopOn, err = training.ParseCriterion(m.StopOn); err != nil {
		return err
	}
	planned := m.Schedule
	planned.Steps, planned.Warmup = 1, max(planned.Warmup, 0)
	if err := planned.Validate(); err != nil {
		return err
	}
	method := network.Method{Loss: o.Loss, Optimiser: o.Optimiser, Precision: o.Precision}
	return method.Validate(classes.Count)
}

// provenance says in a model's header how it was trained.
func (m Method) provenance(to map[string]string) {
	to["learning rate"] = fmt.Sprintf("%g, %s", m.Schedule.Peak, m.Schedule.Course)
	if m.Paste > 0 {
		to["pasted lesions"] = fmt.Sprint(m.Paste)
	}
	to["loss"], to["optimiser"] = m.Loss.Kind, m.Optimiser.Kind
	to["augmentation"] = cmp.Or(m.Augment, "the usual")
}

// warmUp sets the warm-up of a schedule that leaves it open.
func warmUp(s *training.Schedule) {
	if s.Warmup < 0 {
		s.Warmup = min(100, max(s.Steps/20, 1))
	}
}
