package experiment

import (
	"fmt"
	"time"

	"glasswork/dataset/classes"
	"glasswork/training"
	"glasswork/training/augment"
	"glasswork/training/network"
	"glasswork/training/sampling"
)

// checkpointSlices is the number of slices after which a checkpoint is due, rounded up to whole
// passes. A stopped run loses no more than that.
const checkpointSlices = 300

// sources are what one run learns from, chooses on and is scored on.
type sources struct {
	train, validation, test sampling.Source
}

// options say how a run trains; pass is the number of steps in a pass over the training
// slices.
func (r Run) options(p Protocol, s sources, workers int) (o training.Options, pass int, err error) {
	c := r.Column
	n := s.train.Examples.Len()
	pass = (n + c.Batch - 1) / c.Batch
	o = training.Options{
		Sources: []sampling.Source{s.train}, BatchSize: c.Batch, Seed: r.Seed, Workers: workers,
		Precision: c.Precision, Info: r.info(p),
		Loss: network.Loss{Kind: c.Loss}, Optimiser: optimiser(c.Optimiser),
		Schedule:      training.Schedule{Peak: c.Rate, Course: c.Schedule, Steps: c.Epochs * pass},
		ValidateEvery: pass, Patience: c.Patience,
		Dir: r.Dir, CheckpointEvery: pass * ((checkpointSlices + n - 1) / n), Resume: true,
	}
	if o.Augment, err = augment.Parse(c.Augment); err != nil {
		return o, pass, err
	}
	if p == Published {
		// The test slices are scored after every pass for the curves; the loss chooses.
		o.InOrder, o.BatchNormalised = true, true
		o.Validation, o.Evaluate.Batch = s.test.Examples, c.Batch
		o.StopOn, err = training.ParseCriterion("loss")
		return o, pass, err
	}
	o.Validation = s.validation.Examples
	if c.Schedule != training.Constant {
		o.Schedule.Warmup = min(100, max(o.Schedule.Steps/20, 1))
	}
	return o, pass, nil
}

// optimiser is the optimiser of a kind with its default settings.
func optimiser(kind string) network.Optimiser {
	switch kind {
	case network.AdamW:
		return network.Optimiser{Kind: kind, Decay: 0.01}
	case network.SGD:
		return network.Optimiser{Kind: kind, Decay: 1e-4, Momentum: 0.9, Nesterov: true}
	}
	return network.Optimiser{Kind: kind}
}

// info is what stands in the run's model.
func (r Run) info(p Protocol) network.Info {
	c := r.Column
	all := classes.Names()
	names := all[:]
	if c.Classes == 2 {
		names = []string{"background", "lung"}
	}
	return network.Info{
		Spec: network.Spec{
			Arch: c.Arch, Encoder: c.Encoder, InChannels: 1, Classes: c.Classes, Size: c.Size,
			Window: network.DefaultWindow,
		},
		Name: c.Name, Created: time.Now().UTC().Format(time.RFC3339), Classes: names,
		Provenance: map[string]string{
			"experiment": fmt.Sprintf("%s protocol, column %d, seed %d", p, r.Number, r.Seed),
			"augment":    c.Augment, "loss": c.Loss, "terms": "research only; not a medical device",
		},
	}
}
