package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"glasswork/dataset"
	"glasswork/training/score"
)

// ErrDiverged is a training loss that is no number any more. No checkpoint is written
// after it.
var ErrDiverged = errors.New("the training diverged: its loss is no longer a number; try a lower learning rate")

// Options say how Train trains.
type Options struct {
	Sources []Source
	// Validation is scored every ValidateEvery steps (0: only at the end) to remember
	// the best weights; nil keeps the last weights.
	Validation    dataset.Examples
	ValidateEvery int
	// KeepLast scores the validation set but keeps the last weights, whatever it says:
	// for a holdout that must not choose what it judges.
	KeepLast bool
	// Patience stops after so many validations without improvement; 0 never.
	Patience int

	// Info describes the network that is trained; its Spec says what it is fed.
	Info      ModelInfo
	Schedule  Schedule
	BatchSize int
	Seed      uint64
	// Workers prepare batches beside the network.
	Workers int
	// Average is the decay of a moving average of the weights, for learners that offer
	// one; 0 for none.
	Average float64

	// Dir receives checkpoints every CheckpointEvery steps and the best weights; empty
	// for none. Resume goes on from the last checkpoint in Dir if there is one.
	Dir             string
	CheckpointEvery int
	Resume          bool

	// OnStep, OnEpoch and OnCheckpoint, if set, are called as training goes on.
	OnStep       func(Progress)
	OnEpoch      func(epoch, step int, loss float64, r score.Report)
	OnCheckpoint func(path string)
}

// Progress is how far training is.
type Progress struct {
	Step, Steps int
	// Epoch counts validations.
	Epoch, Epochs int
	// Loss is a running mean over about 20 steps.
	Loss            float64
	SlicesPerSecond float64
	Left            time.Duration
}

// Result is how training ended. The learner holds the best weights.
type Result struct {
	Steps    int
	BestStep int
	// Loss is the running mean at the end.
	Loss float64
	// Report is the best validation, nil without one.
	Report *score.Report
}

// Train trains l and leaves it with the best weights. If ctx ends, it returns ctx's error;
// with a Dir, a later call with Resume goes on from the last checkpoint.
func Train(ctx context.Context, l Learner, o Options) (Result, error) {
	s, err := newSampler(o.Sources, o.Seed)
	if err != nil {
		return Result{}, err
	}
	if a, ok := l.(Averager); ok && o.Average > 0 {
		if err := a.Average(o.Average); err != nil {
			return Result{}, err
		}
	}
	t := &trainer{learner: l, o: o, started: time.Now()}
	if o.Resume && o.Dir != "" {
		if err := t.resume(); err != nil {
			return Result{}, err
		}
	}
	t.first = t.state.Step
	for range t.state.Step {
		s.next(o.BatchSize) // the plan goes on where the stopped run left it
	}
	f := newFeeder(ctx, s, o.Info.Spec, o.BatchSize, o.Workers, 2*max(o.Workers, 1))
	defer f.close()
	if err := t.run(ctx, f); err != nil {
		return Result{}, err
	}
	return t.finish()
}

// trainer is one call of Train.
type trainer struct {
	learner Learner
	o       Options
	state   state
	started time.Time
	first   int
	// remembered says that the best weights are in the learner's memory.
	remembered bool
	stale      int
	best       *score.Report
}

func (t *trainer) run(ctx context.Context, f *feeder) error {
	for t.state.Step < t.o.Schedule.Steps {
		b, err := f.next(ctx)
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
		t.stepped(loss)
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
		if t.o.Patience > 0 && t.stale >= t.o.Patience {
			break
		}
	}
	if t.o.ValidateEvery <= 0 || t.state.ValidatedAt != t.state.Step {
		return t.validate(ctx)
	}
	return nil
}

// due says whether something done every n steps is to be done now.
func (t *trainer) due(n int) bool { return n > 0 && t.state.Step%n == 0 }

func (t *trainer) stepped(loss float64) {
	t.state.Step++
	if t.state.Loss == 0 {
		t.state.Loss = loss
	}
	t.state.Loss += (loss - t.state.Loss) / 20
	if t.o.OnStep == nil {
		return
	}
	spent := time.Since(t.started)
	made := t.state.Step - t.first
	p := Progress{
		Step: t.state.Step, Steps: t.o.Schedule.Steps, Epoch: t.state.Epoch, Loss: t.state.Loss,
		SlicesPerSecond: float64(made*t.o.BatchSize) / spent.Seconds(),
		Left:            spent / time.Duration(made) * time.Duration(t.o.Schedule.Steps-t.state.Step),
	}
	if t.o.ValidateEvery > 0 {
		p.Epochs = (t.o.Schedule.Steps + t.o.ValidateEvery - 1) / t.o.ValidateEvery
	}
	t.o.OnStep(p)
}

// validate scores the validation set and remembers the weights if they are the best yet.
func (t *trainer) validate(ctx context.Context) error {
	t.state.Epoch++
	t.state.ValidatedAt = t.state.Step
	if t.o.Validation == nil || t.o.Validation.Len() == 0 {
		if t.o.OnEpoch != nil {
			t.o.OnEpoch(t.state.Epoch, t.state.Step, t.state.Loss, score.Report{})
		}
		return nil
	}
	ev, err := Evaluate(ctx, t.learner, t.o.Info.Spec, t.o.Validation, EvaluateOptions{})
	if err != nil {
		return err
	}
	r := ev.Set.Report()
	if t.o.OnEpoch != nil {
		t.o.OnEpoch(t.state.Epoch, t.state.Step, t.state.Loss, r)
	}
	merit, ok := Merit(r)
	if t.o.KeepLast {
		return nil
	}
	if !ok || t.state.BestStep > 0 && merit <= t.state.BestMerit {
		t.stale++
		return nil
	}
	t.stale, t.best, t.remembered = 0, &r, true
	t.state.BestMerit, t.state.BestStep = merit, t.state.Step
	if t.o.Dir != "" {
		if err := t.learner.Save(filepath.Join(t.o.Dir, bestName), t.o.Info); err != nil {
			return err
		}
	}
	return t.learner.Remember()
}

// finish leaves the learner with the best weights. If those were found before a resume,
// they are in Dir's best.safetensors only, and BestStep says so.
func (t *trainer) finish() (Result, error) {
	r := Result{Steps: t.state.Step, BestStep: t.state.Step, Loss: t.state.Loss, Report: t.best}
	if t.remembered {
		r.BestStep = t.state.BestStep
		return r, t.learner.Recall()
	}
	if t.state.BestStep > 0 {
		r.BestStep = t.state.BestStep
	}
	return r, nil
}

// Final is the file in dir that holds the best weights of a finished run: the learner's
// own, or the best found before a resume.
func Final(dir string, l Learner, r Result, info ModelInfo) (string, error) {
	path := filepath.Join(dir, "model.safetensors")
	if r.Report == nil && r.BestStep < r.Steps {
		return path, copyFile(path, filepath.Join(dir, bestName))
	}
	return path, l.Save(path, info)
}
