package job

import (
	"context"
	"errors"

	"glasswork/training"
	"glasswork/training/protocol"
)

// estimate runs an Estimate: what a fine-tuning would use and how long it would take,
// from one measured step. It changes nothing.
func (j *Runner) estimate(ctx context.Context, job protocol.FinetuneJob,
	emit emitFunc,
) (*protocol.Summary, error) {
	if _, err := finetuneAugment(job); err != nil {
		return nil, badJob(err)
	}
	emit.status(protocol.Status{
		Phase: protocol.PhaseLoading, Text: "Looking at the reviewed slices",
	})
	p, err := OpenProject(ctx, job.Project)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	pl, err := newPlan(ctx, p, job, nil)
	var refused *protocol.JobError
	if errors.As(err, &refused) && refused.Code == protocol.CodeNoData {
		missing := &protocol.EstimateSummary{Missing: []string{refused.Message}}
		return &protocol.Summary{Estimate: missing}, nil
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
	step, slice, err := training.Measure(ctx, l, finetuneOptions(job, pl, info))
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
		s.Missing = append(s.Missing, "No patient can be held out: that takes two patients with "+
			"reviewed slices. Synthetic studies will be scored, and the new model cannot be "+
			"proven better.")
	case pl.chosen != "":
		s.Missing = append(s.Missing, "No patient is held out yet: "+pl.chosenAlias+
			" will be chosen and stays held out for good.")
	}
	if !pl.synthetic {
		s.HoldoutSlices = pl.holdout.Len()
	}
	return s
}
