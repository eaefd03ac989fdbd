package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/spf13/pflag"

	"glasswork/dataset/classes"
	"glasswork/training"
	"glasswork/training/augment"
	"glasswork/training/network"
)

// methodFlags are those flags of train that say how samples are varied and how a network
// learns from them.
type methodFlags struct {
	augment, stopOn, precision string
	mix, paste                 float64
	schedule                   training.Schedule
	loss                       network.Loss
	optimiser                  network.Optimiser
}

func (f *methodFlags) register(s *pflag.FlagSet) {
	s.StringVar(&f.augment, "augment", "", "how samples are varied, such as V{0.5}B{0.5}(S{0.5}|G{0.5}[0.37]){0.3}, or E for not at all; glasswork-trainer augment --help lists the letters (default: CT or PICTURE, or LEVELLED for a model that sees pictures so)")
	s.Float64Var(&f.paste, "paste", 0, "how often lesions of another sample of its dataset are laid into a sample's aerated lung, such as 0.5")
	s.Float64Var(&f.mix, "mix", 0, "how often a rectangle of a sample is replaced by that of another sample of its dataset, such as 0.5")
	s.StringVar(&f.loss.Kind, "loss", network.LossBoth, "what is made smaller: ce+dice, ce+case-dice (Dice of each sample), ce, dice, focal or softmax-ce")
	s.Float64SliceVar(&f.loss.Weights, "class-weights", nil, "weight of each class in the loss, such as 0.5,1,2,1")
	s.Float64Var(&f.loss.Gamma, "focal-gamma", 2, "exponent of the focal loss")
	s.StringVar(&f.optimiser.Kind, "optimiser", network.AdamW, "adamw, adam or sgd")
	s.Float64Var(&f.optimiser.Decay, "weight-decay", 0.01, "decay of convolutions' weights")
	s.Float64Var(&f.optimiser.Momentum, "momentum", 0.9, "momentum of sgd")
	s.BoolVar(&f.optimiser.Nesterov, "nesterov", false, "Nesterov's momentum for sgd")
	s.Float64Var(&f.optimiser.Clip, "clip", 0, "largest norm of all gradients together (0: any)")
	s.StringVar(&f.precision, "precision", network.PrecisionAuto, "of training steps: full (float32), mixed (16 bits where that is precise enough), or auto (mixed where it is faster)")
	s.Float64Var(&f.schedule.Peak, "lr", 1e-3, "highest learning rate")
	s.StringVar(&f.schedule.Course, "schedule", training.Cosine, "course of the learning rate: cosine, poly, onecycle or constant")
	s.StringVar(&f.schedule.Course, "decay", training.Cosine, "course of the learning rate")
	_ = s.MarkDeprecated("decay", "use --schedule")
	s.IntVar(&f.schedule.Warmup, "warmup", -1, "steps in which the learning rate rises (-1: a twentieth, at most 100)")
	s.StringVar(&f.stopOn, "stop-on", "merit", "score by which the best weights are chosen: merit (mean Dice of the lesions), loss, or dice, iou, accuracy, precision, recall, alone or of a class as in dice:consolidation")
}

// fill sets what the flags say in o, all but the number of steps.
func (f *methodFlags) fill(o *training.Options) error {
	if !(f.schedule.Peak > 0) || math.IsInf(f.schedule.Peak, 0) {
		return errors.New("--lr must be greater than 0")
	}
	var err error
	if f.augment != "" {
		if o.Augment, err = augment.Parse(f.augment); err != nil {
			return err
		}
	}
	o.Schedule, o.Loss, o.Optimiser, o.Mix, o.Paste, o.Precision = f.schedule, f.loss, f.optimiser, f.mix, f.paste, f.precision
	if f.optimiser.Kind != network.SGD {
		o.Optimiser.Momentum = 0
	}
	if f.loss.Kind != network.LossFocal {
		o.Loss.Gamma = 0
	}
	if o.StopOn, err = training.ParseCriterion(f.stopOn); err != nil {
		return err
	}
	planned := f.schedule
	planned.Steps, planned.Warmup = 1, max(planned.Warmup, 0)
	if err := planned.Validate(); err != nil {
		return err
	}
	return network.Method{Loss: o.Loss, Optimiser: o.Optimiser, Precision: o.Precision}.Validate(classes.Count)
}

// provenance says in a model's header how it was trained.
func (f *methodFlags) provenance(m map[string]string) {
	m["learning rate"] = fmt.Sprintf("%g, %s", f.schedule.Peak, f.schedule.Course)
	if f.paste > 0 {
		m["pasted lesions"] = fmt.Sprint(f.paste)
	}
	if f.mix > 0 {
		m["mixed samples"] = fmt.Sprint(f.mix)
	}
	m["loss"], m["optimiser"], m["augmentation"] = f.loss.Kind, f.optimiser.Kind, cmp.Or(f.augment, "the usual")
}

// warmUp sets the usual warm-up of a schedule that has none.
func (f *methodFlags) warmUp(s *training.Schedule) {
	if s.Warmup < 0 {
		s.Warmup = min(100, max(s.Steps/20, 1))
	}
}
