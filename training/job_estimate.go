package training

import (
	"context"
	"errors"
	"time"

	"glasswork/training/protocol"
)

// estimate runs an Estimate: what a fine-tuning would use and how long it would take,
// from one measured step. It changes nothing.
func (j *Jobs) estimate(ctx context.Context, job protocol.FinetuneJob, emit emitFunc) (*protocol.Summary, error) {
	if _, err := finetuneAugment(job); err != nil {
		return nil, badJob(err)
	}
	emit.status(protocol.Status{Phase: protocol.PhaseLoading, Text: "Looking at the reviewed slices"})
	p, err := OpenProject(ctx, job.Project)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	pl, err := newPlan(ctx, p, job, nil)
	var refused *protocol.JobError
	if errors.As(err, &refused) && refused.Code == protocol.CodeNoData {
		return &protocol.Summary{Estimate: &protocol.EstimateSummary{Missing: []string{refused.Message}}}, nil
	}
	if err != nil {
		return nil, err
	}
	s := pl.estimate(job)
	l, info, err := j.load(job.Base)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	emit.status(protocol.Status{Phase: protocol.PhaseMeasuring, Text: "Measuring one step"})
	step, slice, err := measure(ctx, l, finetuneOptions(job, pl, info))
	if err != nil {
		return nil, err
	}
	scored := pl.holdout.Len() * (2 + finetuneScores)
	s.SecondsPerStep = step.Seconds()
	s.Seconds = float64(s.Steps)*step.Seconds() + float64(scored)*slice.Seconds()
	return &protocol.Summary{Estimate: s}, nil
}

// estimate is the part of the answer that needs no measuring.
func (pl *plan) estimate(job protocol.FinetuneJob) *protocol.EstimateSummary {
	s := &protocol.EstimateSummary{
		Studies: pl.uses, TrainSlices: pl.train.Len(), ReplaySlices: pl.replay.Len(),
		Ready: true, Steps: finetuneSteps(job, pl.train.Len()), ChosenHoldout: pl.chosenAlias,
	}
	switch {
	case pl.synthetic:
		s.Missing = append(s.Missing, "No patient can be held out: that takes two patients with reviewed slices. Generated studies will be scored, and the new model cannot be proven better.")
	case pl.chosen != "":
		s.Missing = append(s.Missing, "No patient is held out yet: "+pl.chosenAlias+" will be chosen and stays held out for good.")
	}
	if !pl.synthetic {
		s.HoldoutSlices = pl.holdout.Len()
	}
	return s
}

// measure times one training step and one predicted slice, after one of each to warm up.
// It spoils the learner's weights.
func measure(ctx context.Context, l Learner, o Options) (step, slice time.Duration, err error) {
	s, err := newSampler(o)
	if err != nil {
		return 0, 0, err
	}
	if err := o.prepare(l); err != nil {
		return 0, 0, err
	}
	first := o.Validation
	if first.Len() > 1+predictBatch {
		first = pick{Examples: first, at: []int{0, 1, 2, 3, 4}}
	}
	for range 2 {
		b, err := s.batch(ctx, s.next(o.BatchSize), o.Info.Spec)
		if err != nil {
			return 0, 0, err
		}
		started := time.Now()
		if _, err := l.Step(ctx, b, o.Schedule.Peak/100); err != nil {
			return 0, 0, err
		}
		step = time.Since(started)
	}
	started := time.Now()
	if _, err := Evaluate(ctx, l, o.Info.Spec, first, EvaluateOptions{}); err != nil {
		return 0, 0, err
	}
	return step, time.Since(started) / time.Duration(first.Len()), nil
}
