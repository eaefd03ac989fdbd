package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"glasswork/training/inference"
	"glasswork/training/network"
	"glasswork/training/sampling"
	"glasswork/training/score"
)

// ErrDiverged is a training loss that is no longer a number. No checkpoint is written after
// it.
var ErrDiverged = errors.New("the training diverged: its loss is no longer a number; try a lower " +
	"learning rate")

// Train trains l and leaves it with the best weights. If ctx ends, it returns ctx's error;
// with a Dir, a later call with Resume goes on from the last checkpoint.
func Train(ctx context.Context, l network.Learner, o Options) (Result, error) {
	if err := o.validate(); err != nil {
		return Result{}, err
	}
	s, err := sampling.New(o.samples())
	if err != nil {
		return Result{}, err
	}
	if err := o.prepare(l); err != nil {
		return Result{}, err
	}
	t := &trainer{learner: l, o: o, started: time.Now()}
	if o.Resume && o.Dir != "" {
		if err := t.resume(); err != nil {
			return Result{}, err
		}
	}
	t.first = t.state.Step
	s.Skip(t.state.Step, o.BatchSize) // samples go on where the stopped run left them
	f := sampling.Feed(ctx, s, o.Info.Spec, o.BatchSize, o.Workers)
	defer f.Close()
	if err := t.run(ctx, f); err != nil {
		return Result{}, err
	}
	return t.finish()
}

// trainer is one call of Train.
type trainer struct {
	learner network.Learner
	o       Options
	state   state
	started time.Time
	// first is the step at which this call began, made the samples it has trained on.
	first, made int
}

func (t *trainer) run(ctx context.Context, f *sampling.Feeder) error {
	for t.state.Step < t.o.Schedule.Steps && !t.stale() {
		b, err := f.Next(ctx)
		if err != nil {
			return err
		}
		loss, err := t.learner.Step(ctx, b, t.o.Schedule.At(t.state.Step))
		if err != nil {
			return err
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return fmt.Errorf("step %d: %w", t.state.Step+1, ErrDiverged)
		}
		t.stepped(loss, b.N)
		if t.due(t.o.ValidateEvery) {
			if err := t.validate(ctx); err != nil {
				return err
			}
		}
		if t.o.Dir != "" && t.due(t.o.CheckpointEvery) {
			if err := t.checkpoint(); err != nil {
				return err
			}
		}
	}
	if t.o.ValidateEvery <= 0 || t.state.ValidatedAt != t.state.Step {
		return t.validate(ctx)
	}
	return nil
}

// due says whether something done every n steps is to be done now.
func (t *trainer) due(n int) bool { return n > 0 && t.state.Step%n == 0 }

// stale says that too many validations have passed without better weights.
func (t *trainer) stale() bool { return t.o.Patience > 0 && t.state.Stale >= t.o.Patience }

func (t *trainer) stepped(loss float64, samples int) {
	t.state.Step++
	t.made += samples
	if t.state.Step == 1 {
		t.state.Loss = loss
	}
	t.state.Loss += (loss - t.state.Loss) / 20
	t.state.Losses += loss
	if t.o.OnStep == nil {
		return
	}
	spent := time.Since(t.started)
	left := t.o.Schedule.Steps - t.state.Step
	p := Progress{
		Step: t.state.Step, Steps: t.o.Schedule.Steps, Epoch: t.state.Epoch,
		Loss: t.state.Loss, StepLoss: loss,
		SlicesPerSecond: float64(t.made) / spent.Seconds(),
		Left:            spent / time.Duration(t.state.Step-t.first) * time.Duration(left),
	}
	if t.o.ValidateEvery > 0 {
		p.Epochs = (t.o.Schedule.Steps + t.o.ValidateEvery - 1) / t.o.ValidateEvery
	}
	t.o.OnStep(p)
}

// validate scores the validation set and remembers the weights if they are the best yet.
func (t *trainer) validate(ctx context.Context) error {
	loss := t.state.Losses / float64(max(t.state.Step-t.state.ValidatedAt, 1))
	t.state.Epoch++
	t.state.ValidatedAt, t.state.Losses = t.state.Step, 0
	var r score.Report
	validated := t.o.Validation != nil && t.o.Validation.Len() > 0
	if validated {
		ev, err := inference.Evaluate(ctx, t.learner, t.o.Info.Spec, t.o.Validation, t.o.Evaluate)
		if err != nil {
			return err
		}
		r = ev.Set.Report()
	}
	if t.o.OnEpoch != nil {
		t.o.OnEpoch(t.state.Epoch, t.state.Step, loss, r)
	}
	if t.o.KeepLast || !validated && t.o.StopOn.needsScores() {
		return nil
	}
	merit, ok := t.o.StopOn.value(r, loss)
	if !ok || t.state.BestStep > 0 && merit <= t.state.BestMerit {
		t.state.Stale++
		return nil
	}
	t.state.BestMerit, t.state.BestStep, t.state.Stale = merit, t.state.Step, 0
	t.state.Best = nil
	if validated {
		t.state.Best = &r
	}
	if t.o.Dir != "" {
		if err := t.learner.Save(filepath.Join(t.o.Dir, bestName), t.o.Info); err != nil {
			return err
		}
	}
	return t.learner.Remember()
}

// finish leaves the learner with the best weights.
func (t *trainer) finish() (Result, error) {
	r := Result{
		Steps: t.state.Step, BestStep: t.state.Step, Loss: t.state.Loss, Report: t.state.Best,
	}
	if t.state.BestStep == 0 {
		return r, nil
	}
	r.BestStep = t.state.BestStep
	return r, t.learner.Recall()
}
