package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/dataset/project"
	"glasswork/training"
	"glasswork/training/inference"
	"glasswork/training/network"
	"glasswork/training/protocol"
)

// BaselineModel names the shipped model where a job asks for a model file.
const BaselineModel = "baseline"

// Runner runs the jobs of the protocol.
type Runner struct {
	Networks network.Factory
	// Baseline returns the shipped checkpoint.
	Baseline func() ([]byte, error)
}

// emitFunc sends an event of the running job.
type emitFunc func(protocol.Event)

// status sends a status.
func (emit emitFunc) status(s protocol.Status) {
	emit(protocol.Event{Type: protocol.TypeStatus, Status: &s})
}

// Run runs one job to its end and calls emit with its events, except for the last one, which Run
// returns. training.Sentence has its errors in plain words.
func (j *Runner) Run(ctx context.Context, job protocol.Job,
	emit func(protocol.Event),
) (*protocol.Summary, error) {
	if err := job.Validate(); err != nil {
		return nil, badJob(err)
	}
	started := time.Now()
	var s *protocol.Summary
	var err error
	switch {
	case job.Predict != nil:
		s, err = j.predict(ctx, *job.Predict, emit)
	case job.Evaluate != nil:
		s, err = j.evaluate(ctx, *job.Evaluate, emit)
	case job.Estimate != nil:
		s, err = j.estimate(ctx, *job.Estimate, emit)
	default:
		s, err = j.finetune(ctx, *job.Finetune, emit)
	}
	if err != nil {
		return nil, err
	}
	s.Seconds = time.Since(started).Seconds()
	return s, nil
}

// badJob is the error for a job that makes no sense.
func badJob(err error) error {
	return &protocol.JobError{Code: protocol.CodeBadJob, Message: err.Error()}
}

// load reads a model file or the shipped model.
func (j *Runner) load(model string) (network.Learner, network.Info, error) {
	l, info, err := j.loadAny(model)
	if err == nil {
		if err = fits(info.Spec); err == nil {
			return l, info, nil
		}
		_ = l.Close()
	}
	message := training.Sentence(err)
	if errors.Is(err, fs.ErrNotExist) {
		message = fmt.Sprintf("the model file %s is missing; choose another model",
			filepath.Base(model))
	}
	return nil, network.Info{}, &protocol.JobError{Code: protocol.CodeModel, Message: message}
}

// fits says whether a network of spec can label slices: others can be loaded, too.
func fits(spec network.Spec) error {
	if spec.InChannels != 1 || spec.Classes != classes.Count {
		return fmt.Errorf("the model takes %d channels and makes %d classes; labelling slices "+
			"takes a model of 1 channel and %d classes",
			spec.InChannels, spec.Classes, classes.Count)
	}
	return nil
}

func (j *Runner) loadAny(model string) (network.Learner, network.Info, error) {
	if model != BaselineModel {
		if err := project.CheckModelFile(model); errors.Is(err, project.ErrDamaged) {
			return nil, network.Info{}, err
		}
		return j.Networks.Load(model)
	}
	b, err := j.Baseline()
	if err != nil {
		return nil, network.Info{}, err
	}
	return j.Networks.LoadBytes("the shipped model", b)
}

// evaluate scores a model on a labelled dataset or on a project's held-out slices.
func (j *Runner) evaluate(ctx context.Context, job protocol.EvaluateJob,
	emit emitFunc,
) (*protocol.Summary, error) {
	o := inference.EvaluateOptions{Options: inference.Options{Flips: inference.Flips(job.Flips)}}
	if err := o.Flips.Validate(); err != nil {
		return nil, badJob(err)
	}
	emit.status(protocol.Status{Phase: protocol.PhaseLoading, Text: "Loading"})
	l, info, err := j.load(job.Model)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	var examples example.Set
	o.Progress = progress(emit, protocol.PhaseEvaluating, "Scoring")
	if job.Project != "" {
		return j.evaluateProject(ctx, job, l, info, o)
	}
	if examples, err = example.Open(ctx, job.Data); err != nil {
		return nil, err
	}
	ev, err := inference.Evaluate(ctx, l, info.Spec, examples, o)
	if err != nil {
		return nil, err
	}
	return &protocol.Summary{Evaluate: &protocol.EvaluateSummary{
		ModelName: info.Name, Report: ev.Set.Report(),
	}}, nil
}

// progress reports slices done, with speed and time left.
func progress(emit emitFunc, phase, text string) func(done, total int) {
	started := time.Now()
	return func(done, total int) {
		spent := time.Since(started).Seconds()
		emit.status(protocol.Status{
			Phase: phase, Text: text, Step: done, Steps: total,
			SlicesPerSecond: float64(done) / spent,
			ETASeconds:      spent / float64(done) * float64(total-done),
		})
	}
}
