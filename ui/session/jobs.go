package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"glasswork/dataset/classes"
	"glasswork/training/protocol"
)

// JobKind says what the trainer does.
type JobKind int

// The jobs.
const (
	JobPropose  JobKind = iota + 1
	JobEstimate         // measures a step for the retrain dialog
	JobRetrain
	JobExport // the only one that needs no trainer
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
	IoU  [classes.Count][]CurvePoint
	// Cancelling is set once Cancel was asked for.
	Cancelling bool
}

type runningJob struct {
	Job
	cancel context.CancelFunc
	series string // the series that is proposed for, "" in other jobs
}

// Jobs is the work that takes a while, one at a time, and the trainer that does it.
type Jobs struct {
	*hub
	trainer starter
	running *runningJob // nil: nothing
	device  string      // the trainer's, once it has said hello
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

// Current is what is being worked on; ok is false if nothing is. The curves' arrays are
// only ever appended to.
func (j *Jobs) Current() (job Job, ok bool) {
	if j.running == nil {
		return job, false
	}
	return j.running.Job, true
}

// Idle reports whether nothing is being worked on.
func (j *Jobs) Idle() bool { return j.running == nil }

// Cancel ends the job; what it has done so far stays.
func (j *Jobs) Cancel() {
	if r := j.running; r != nil && !r.Cancelling {
		r.Cancelling, r.Text = true, "Stopping"
		r.cancel()
		j.changed(TopicJob)
	}
}

// cancelFor ends the job if it proposes for a series.
func (j *Jobs) cancelFor(series string) {
	if j.running != nil && j.running.series == series {
		j.Cancel()
	}
}

// cancelKind ends the job if it is of a kind.
func (j *Jobs) cancelKind(kind JobKind) {
	if j.running != nil && j.running.Kind == kind {
		j.Cancel()
	}
}

// Text is the status line's, such as "trainer: idle".
func (j *Jobs) Text() string {
	switch {
	case j.running == nil:
		return "trainer: idle"
	case j.running.Kind == JobExport:
		return "exporting"
	}
	return "trainer: " + j.running.titled(", ")
}

// Log is what the trainer has said, oldest first.
func (j *Jobs) Log() []string { return j.trainer.log() }

// Device is what the trainer computes on, "" before it has been started.
func (j *Jobs) Device() string { return j.device }

// MayClose reports whether the window may be closed without asking; if not, the question
// to ask.
func (j *Jobs) MayClose() (question string, ok bool) {
	if j.running == nil {
		return "", true
	}
	text := j.running.Title + " is not finished"
	if j.running.Left > 0 {
		text += " (" + leftText(j.running.Left) + ")"
	}
	return text + ". Closing ends it; your strokes are saved. Close anyway?", false
}

// titled is a job's title, and the time it still takes where that is known.
func (r *runningJob) titled(between string) string {
	if r.Left > 0 {
		return r.Title + between + leftText(r.Left)
	}
	return r.Title
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
func (j *Jobs) busy() bool {
	if j.running == nil {
		return false
	}
	j.messages.Toast("Still busy (" + j.running.titled(", ") + "). Wait for it or cancel it.")
	return true
}

// begin makes a job the one that runs until end. Only one runs at a time.
func (j *Jobs) begin(kind JobKind, title string) (*runningJob, context.Context) {
	ctx, cancel := context.WithCancel(j.ctx)
	j.running = &runningJob{cancel: cancel, Job: Job{
		Kind: kind, Title: title, Text: "Starting", Fraction: math.NaN(), Started: time.Now(),
	}}
	j.changed(TopicJob)
	return j.running, ctx
}

func (j *Jobs) end(r *runningJob) {
	r.cancel()
	j.running = nil
	j.changed(TopicJob)
}

// run starts a job of the trainer's.
func (j *Jobs) run(w work) {
	r, ctx := j.begin(w.kind, w.title)
	r.series = w.series
	background(j.hub, ctx, func(ctx context.Context) (*protocol.Summary, error) {
		if w.prepare != nil {
			if err := w.prepare(ctx); err != nil {
				return nil, err
			}
		}
		trainer, err := j.trainer.get(j.ctx)
		if err != nil {
			return nil, err
		}
		return trainer.Run(ctx, w.job, func(e protocol.Event) {
			if w.event != nil {
				w.event(e)
			}
			if e.Slice == nil {
				j.poster.post(func() { j.follow(r, e) })
			}
		})
	}, func(sum *protocol.Summary, err error) {
		j.end(r)
		j.finished(w, sum, err)
	})
}

// finished tells how a job ended.
func (j *Jobs) finished(w work, sum *protocol.Summary, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		j.messages.Toast(w.title + " was cancelled.")
		if w.failed != nil {
			w.failed(err)
		}
	case err == nil:
		w.done(sum)
	case w.failed != nil:
		w.failed(err)
	default:
		j.messages.tell(Message{
			Severity: Failure, Log: append(chain(err), j.Log()...),
			Text:    w.title + " stopped: " + sentence(explain(err)) + " Nothing is lost.",
			Actions: []Action{{"Try again", w.again}},
		})
	}
}

// explain turns a death of the trainer into what a person can do about it.
func explain(err error) error {
	died, ok := errors.AsType[*protocol.DiedError](err)
	if ok && died.Status == "signal: killed" {
		return errors.New("the trainer was killed by the system, " +
			"most likely because memory ran out")
	}
	return err
}

// follow brings the job's state up to date with an event of it.
func (j *Jobs) follow(r *runningJob, e protocol.Event) {
	if j.running != r {
		return
	}
	switch {
	case e.Hello != nil:
		j.hello(*e.Hello)
	case e.Status != nil:
		r.status(*e.Status)
	case e.Epoch != nil:
		r.epoch(*e.Epoch)
	default:
		return
	}
	j.changed(TopicJob)
}

// hello says so once if there is a GPU backend and the trainer has to do without it.
func (j *Jobs) hello(h protocol.Hello) {
	onGPU := strings.Contains(strings.ToLower(h.Device), "cuda")
	if j.device == "" && gpuBackend() && !onGPU {
		j.messages.Toast("No GPU answers; the trainer computes on the CPU, which is slower.")
	}
	j.device = h.Device
}

func (r *runningJob) status(st protocol.Status) {
	if !r.Cancelling {
		r.Text = st.Text
	}
	r.Left = time.Duration(st.ETASeconds * float64(time.Second))
	r.Fraction = math.NaN()
	// Only the training itself fills the bar of a retraining: what comes before and after it
	// would fill it once more.
	if st.Steps > 0 && (r.Kind != JobRetrain || st.Phase == protocol.PhaseTraining) {
		r.Fraction = float64(st.Step) / float64(st.Steps)
	}
	learns := st.Loss > 0 && st.Phase == protocol.PhaseTraining
	if n := len(r.Loss); learns && (n == 0 || r.Loss[n-1].Step < st.Step) {
		r.Loss = append(r.Loss, CurvePoint{st.Step, st.Loss})
	}
}

func (r *runningJob) epoch(e protocol.Epoch) {
	names := classes.Names()
	for _, c := range e.Scores.Classes {
		if i := slices.Index(names[:], c.Name); i > 0 && c.IoUPooled != nil {
			r.IoU[i] = append(r.IoU[i], CurvePoint{e.Step, *c.IoUPooled})
		}
	}
}
