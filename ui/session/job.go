package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"glasswork/dataset/volume"
	"glasswork/training/protocol"
)

// JobKind says what the trainer does.
type JobKind int

// The jobs.
const (
	Proposing  JobKind = iota + 1
	Estimating         // measures a step for the retrain dialog
	Retraining
	Exporting // the only one that needs no trainer
)

// CurvePoint is one point of a curve over optimiser steps.
type CurvePoint struct {
	Step  int
	Value float64
}

// Job is work that takes a while: the trainer's, or an export.
type Job struct {
	Kind JobKind
	// Title names it ("Proposing", "Retraining"), Text says what it does right now.
	Title, Text string
	// Fraction is done, 0 to 1, NaN while unknown; Left is the time left, 0 while unknown.
	Fraction float64
	Left     time.Duration
	Started  time.Time
	// Loss is the training loss over steps, IoU the held-out one per class after each epoch.
	Loss []CurvePoint
	IoU  [volume.NumClasses][]CurvePoint
	// Cancelling is set once Cancel was asked for.
	Cancelling bool
}

type runningJob struct {
	Job
	cancel context.CancelFunc
	series string // the series that is proposed for, "" in other jobs
}

// work is one job: what has to happen before it, what to send, whom to tell.
type work struct {
	kind    JobKind
	title   string
	series  string                          // of a proposal
	prepare func(ctx context.Context) error // may be nil
	job     protocol.Job
	event   func(protocol.Event) // on the job's goroutine; may be nil
	done    func(*protocol.Summary)
	// failed, if not nil, is told instead of a banner.
	failed func(err error)
	again  func()
}

// Job is what is being worked on; ok is false if nothing is. The curves' arrays are
// only ever appended to.
func (s *Session) Job() (job Job, ok bool) {
	if s.job == nil {
		return job, false
	}
	return s.job.Job, true
}

// CancelJob ends the job; what it has done so far stays.
func (s *Session) CancelJob() {
	if s.job != nil && !s.job.Cancelling {
		s.job.Cancelling, s.job.Text = true, "Stopping"
		s.job.cancel()
		s.changed(TopicJob)
	}
}

// TrainerText is the status line's, such as "trainer: idle".
func (s *Session) TrainerText() string {
	if s.job == nil {
		return "trainer: idle"
	}
	if s.job.Kind == Exporting {
		return "exporting"
	}
	text := "trainer: " + s.job.Title
	if s.job.Left > 0 {
		text += ", " + leftText(s.job.Left)
	}
	return text
}

// leftText is a time left as people say it.
func leftText(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%d s left", int(math.Ceil(d.Seconds())))
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min left", int(math.Round(d.Minutes())))
	}
	return fmt.Sprintf("%d h %d min left", int(d.Hours()), int(d.Minutes())%60)
}

// busy tells that something else is being worked on, if so.
func (s *Session) busy() bool {
	if s.job == nil {
		return false
	}
	text := "Still busy (" + s.job.Title
	if s.job.Left > 0 {
		text += ", " + leftText(s.job.Left)
	}
	s.Toast(text + "). Wait for it or cancel it.")
	return true
}

// beginJob makes a job the one that runs until endJob. Only one runs at a time.
func (s *Session) beginJob(kind JobKind, title string) (*runningJob, context.Context) {
	ctx, cancel := context.WithCancel(s.ctx)
	s.job = &runningJob{Job: Job{Kind: kind, Title: title, Text: "Starting", Fraction: math.NaN(), Started: time.Now()}, cancel: cancel}
	s.changed(TopicJob)
	return s.job, ctx
}

func (s *Session) endJob(j *runningJob) {
	j.cancel()
	s.job = nil
	s.changed(TopicJob)
}

// run starts a job of the trainer's.
func (s *Session) run(w work) {
	j, ctx := s.beginJob(w.kind, w.title)
	j.series = w.series
	background(s, ctx, func(ctx context.Context) (*protocol.Summary, error) {
		if w.prepare != nil {
			if err := w.prepare(ctx); err != nil {
				return nil, err
			}
		}
		trainer, err := s.trainer.get(s.ctx)
		if err != nil {
			return nil, err
		}
		return trainer.Run(ctx, w.job, func(e protocol.Event) {
			if w.event != nil {
				w.event(e)
			}
			if e.Slice == nil {
				s.poster.post(func() { s.follow(j, e) })
			}
		})
	}, func(sum *protocol.Summary, err error) {
		s.endJob(j)
		s.finished(w, sum, err)
	})
}

// finished tells how a job ended.
func (s *Session) finished(w work, sum *protocol.Summary, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		s.Toast(w.title + " was cancelled.")
		if w.failed != nil {
			w.failed(err)
		}
	case err == nil:
		w.done(sum)
	case w.failed != nil:
		w.failed(err)
	default:
		s.jobFailed(w.title, err, w.again)
	}
}

// jobFailed is a banner with the log behind it and a button to try again.
func (s *Session) jobFailed(title string, err error, again func()) {
	log := append(chain(err), s.trainer.log()...)
	s.banner(Failure, title+" stopped: "+sentence(explain(err))+" Nothing is lost.", log, Action{"Try again", again})
}

// explain turns a death of the trainer into what a person can do about it.
func explain(err error) error {
	if died, ok := errors.AsType[*protocol.DiedError](err); ok && died.Status == "signal: killed" {
		return errors.New("the trainer was killed by the system, most likely because memory ran out")
	}
	return err
}

// follow brings the job's state up to date with an event of it.
func (s *Session) follow(j *runningJob, e protocol.Event) {
	if s.job != j {
		return
	}
	switch {
	case e.Hello != nil:
		s.hello(*e.Hello)
	case e.Status != nil:
		j.status(*e.Status)
	case e.Epoch != nil:
		j.epoch(*e.Epoch)
	default:
		return
	}
	s.changed(TopicJob)
}

// hello says so once if there is a GPU backend and the trainer has to do without it.
func (s *Session) hello(h protocol.Hello) {
	if s.models.device == "" && gpuBackend() && !strings.Contains(strings.ToLower(h.Device), "cuda") {
		s.Toast("No GPU answers; the trainer computes on the CPU, which is slower.")
	}
	s.models.device = h.Device
}

func (j *runningJob) status(st protocol.Status) {
	if !j.Cancelling {
		j.Text = st.Text
	}
	j.Left = time.Duration(st.ETASeconds * float64(time.Second))
	j.Fraction = math.NaN()
	if st.Steps > 0 {
		j.Fraction = float64(st.Step) / float64(st.Steps)
	}
	if n := len(j.Loss); st.Loss > 0 && st.Phase == protocol.PhaseTraining && (n == 0 || j.Loss[n-1].Step < st.Step) {
		j.Loss = append(j.Loss, CurvePoint{st.Step, st.Loss})
	}
}

func (j *runningJob) epoch(e protocol.Epoch) {
	names := volume.ClassNames()
	for _, c := range e.Scores.Classes {
		if i := slices.Index(names[:], c.Name); i > 0 && c.IoUPooled != nil {
			j.IoU[i] = append(j.IoU[i], CurvePoint{e.Step, *c.IoUPooled})
		}
	}
}

// MayClose reports whether the window may be closed without asking; if not, the question
// to ask.
func (s *Session) MayClose() (question string, ok bool) {
	if s.job == nil {
		return "", true
	}
	text := s.job.Title + " is not finished"
	if s.job.Left > 0 {
		text += " (" + leftText(s.job.Left) + ")"
	}
	return text + ". Closing ends it; your strokes are saved. Close anyway?", false
}
