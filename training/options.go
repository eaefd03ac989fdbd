// Package training is the loop that trains networks: steps, validations, checkpoints from
// which a run goes on, and the choice of the best weights. What it trains is a
// network.Learner; package sampling makes the samples, package job the trainer's work.
package training

import (
	"errors"
	"time"

	"glasswork/dataset/example"
	"glasswork/training/augment"
	"glasswork/training/inference"
	"glasswork/training/network"
	"glasswork/training/sampling"
	"glasswork/training/score"
)

// Options say how Train trains.
type Options struct {
	Sources []sampling.Source
	// InOrder takes the samples of a single source in its own order, pass after pass; the
	// last batch of a pass is smaller where the source is no multiple of BatchSize.
	InOrder bool
	// Augment varies the samples; nil is the usual chain for CT or pictures, an empty
	// chain leaves them as they are.
	Augment augment.Chain
	// Paste is the probability with which lesions of another sample of the same source, turned
	// and moved as the sample is, are laid into its aerated lung.
	Paste float64
	// Validation is scored every ValidateEvery steps (0: only at the end) to remember
	// the best weights; nil keeps the last weights, unless StopOn is the training loss.
	Validation    example.Set
	ValidateEvery int
	// Evaluate says how the validation set is scored.
	Evaluate inference.EvaluateOptions
	// StopOn is the score by which weights are the best.
	StopOn Criterion
	// KeepLast scores the validation set but always keeps the last weights: for a holdout that
	// must not choose the weights that it judges.
	KeepLast bool
	// Patience stops after so many validations without improvement; 0 never.
	Patience int

	// Info describes the network that is trained; its Spec says what it is fed.
	Info      network.Info
	Schedule  Schedule
	Loss      network.Loss
	Optimiser network.Optimiser
	Precision string // one of network.Precisions; empty means full
	BatchSize int
	Seed      uint64
	// Workers prepare batches beside the network.
	Workers int
	// BatchNormalised lets validation normalise by its batches, as training does. The
	// learner goes on to do so.
	BatchNormalised bool

	// Dir receives checkpoints every CheckpointEvery steps and the best weights; empty means
	// neither is written. Older is the number of checkpoints kept beside the newest; a negative
	// number keeps all. Resume continues from the last checkpoint in Dir, if there is one, or
	// from that of step ResumeAt.
	Dir             string
	CheckpointEvery int
	Older           int
	Resume          bool
	ResumeAt        int

	// OnStep, OnEpoch and OnCheckpoint, if set, are called as training goes on. OnEpoch's
	// loss is the mean of the steps since the last call.
	OnStep       func(Progress)
	OnEpoch      func(epoch, step int, loss float64, r score.Report)
	OnCheckpoint func(path string)
}

// Progress is how far training is.
type Progress struct {
	Step, Steps int
	// Epoch counts validations.
	Epoch, Epochs int
	// Loss is a running mean over about 20 steps, StepLoss that of the last step.
	Loss, StepLoss  float64
	SlicesPerSecond float64
	Left            time.Duration
}

// Result is how training ended.
type Result struct {
	Steps int
	// BestStep is the step of the best weights, which the learner has.
	BestStep int
	// Loss is the running mean at the end.
	Loss float64
	// Report is the best validation, nil without one.
	Report *score.Report
}

// method is what the learner is told.
func (o Options) method() network.Method {
	return network.Method{
		Loss: o.Loss, Optimiser: o.Optimiser, Seed: o.Seed, Precision: o.Precision,
	}.WithDefaults()
}

// samples are what package sampling is told.
func (o Options) samples() sampling.Options {
	return sampling.Options{
		Sources: o.Sources, InOrder: o.InOrder, Augment: o.Augment, Paste: o.Paste, Seed: o.Seed,
	}
}

func (o Options) validate() error {
	return errors.Join(o.Schedule.Validate(), o.method().Validate(o.Info.Spec.Classes))
}

// prepare makes l train as the options say.
func (o Options) prepare(l network.Learner) error {
	if err := l.Configure(o.method()); err != nil || !o.BatchNormalised {
		return err
	}
	return l.NormaliseByBatch(true)
}
