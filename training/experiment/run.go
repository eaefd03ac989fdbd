package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training"
	"glasswork/training/inference"
	"glasswork/training/network"
	"glasswork/training/protocol"
	"glasswork/training/sampling"
	"glasswork/training/score"
)

// cacheBytes bounds the memory in which decoded slices are kept.
const cacheBytes = 2 << 30

// Runner does the runs of a plan. One goroutine owns it; any number of processes may do
// the same plan in the same folder.
type Runner struct {
	Networks network.Factory
	Plan     Plan
	Dir      string
	Data     *Data
	// Workers prepare batches beside the network.
	Workers int
	// Say, if set, is called with a line when something begins or ends; Emit with what
	// happens in between.
	Say  func(line string)
	Emit func(protocol.Event)

	arrays map[int]*arrays // by size
	cached example.Set
}

// Outcome is what a call of Run came to.
type Outcome struct {
	// Done runs were finished by this call, Before were finished already, Busy are other
	// processes'.
	Done, Before, Busy int
	// Failed says of which runs why.
	Failed []error
}

// Run does the runs of these columns (numbers from 1; none means all) that nobody has done or
// is doing. It goes on after a run that fails. When ctx ends, Run returns its error, and the
// next call goes on from the last checkpoint.
func (r *Runner) Run(ctx context.Context, columns []int) (Outcome, error) {
	var out Outcome
	for _, n := range columns {
		if n < 1 || n > len(r.Plan.Columns) {
			return out, fmt.Errorf("there is no column %d; the suite has %d", n,
				len(r.Plan.Columns))
		}
	}
	if err := r.check(); err != nil {
		return out, err
	}
	for _, run := range r.Plan.Runs(r.Dir) {
		if len(columns) > 0 && !slices.Contains(columns, run.Number) {
			continue
		}
		switch done, err := r.claim(ctx, run); {
		case ctx.Err() != nil:
			return out, ctx.Err()
		case errors.Is(err, errBusy):
			out.Busy++
			r.say("%s: another process is working on it", run)
		case err != nil:
			out.Failed = append(out.Failed, fmt.Errorf("%s: %w", run, err))
			r.say("%s failed: %s", run, training.Sentence(err))
		case done:
			out.Done++
		default:
			out.Before++
		}
	}
	return out, nil
}

// check builds every network once, so that an unknown name is found now and not after hours.
func (r *Runner) check() error {
	built := map[Settings]bool{}
	for i, c := range r.Plan.Columns {
		kind := Settings{
			Arch: c.Arch, Encoder: c.Encoder, EncoderWeights: c.EncoderWeights, Classes: c.Classes,
		}
		if built[kind] {
			continue
		}
		built[kind] = true
		spec := Run{Number: i + 1, Column: c}.info(r.Plan.Protocol).Spec
		l, err := r.network(c.Settings, spec, 1)
		if err != nil {
			return fmt.Errorf("column %d, %s: %w", i+1, c.Name, err)
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

// String names the run for people.
func (r Run) String() string {
	return fmt.Sprintf("column %d, %s, seed %d", r.Number, r.Column.Name, r.Seed)
}

func (r *Runner) say(format string, args ...any) {
	if r.Say != nil {
		r.Say(fmt.Sprintf(format, args...))
	}
}

// claim does a run unless it is finished or another process's; done says that it did.
func (r *Runner) claim(ctx context.Context, run Run) (done bool, err error) {
	if _, finished, err := run.Result(); finished || err != nil {
		return false, err
	}
	if err := os.MkdirAll(run.Dir, 0o755); err != nil {
		return false, fmt.Errorf("cannot make the folder %s: %w", run.Dir, plain(err))
	}
	release, err := lock(run.Dir)
	if err != nil {
		return false, err
	}
	defer release()
	if _, finished, err := run.Result(); finished || err != nil {
		return false, err // by a process that had the lock until now
	}
	if err := os.RemoveAll(filepath.Join(run.Dir, failedName)); err != nil {
		return false, err
	}
	result, err := r.do(ctx, run)
	if err != nil {
		if ctx.Err() == nil {
			_ = writeText(filepath.Join(run.Dir, failedName), training.Sentence(err)) // said anyway
		}
		return false, err
	}
	if err := writeJSON(filepath.Join(run.Dir, resultName), result); err != nil {
		return false, err
	}
	r.say("%s: finished after %d epochs", run, result.Epochs)
	return true, run.tidy()
}

// tidy removes what only an unfinished run needs.
func (r Run) tidy() error {
	old, err := filepath.Glob(filepath.Join(r.Dir, "checkpoint-*"))
	if err != nil {
		return err
	}
	for _, name := range []string{"state.json", "best.safetensors"} {
		old = append(old, filepath.Join(r.Dir, name))
	}
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// do trains and scores one run.
func (r *Runner) do(ctx context.Context, run Run) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s, err := r.sources(ctx, run.Column.Settings)
	if err != nil {
		return Result{}, err
	}
	o, pass, err := run.options(r.Plan.Protocol, s, r.Workers)
	if err != nil {
		return Result{}, err
	}
	l, err := r.learner(run, o.Info.Spec)
	if err != nil {
		return Result{}, err
	}
	defer l.Close()
	c, err := openCurve(run.Dir)
	if err != nil {
		return Result{}, err
	}
	r.watch(&o, c, pass, cancel)
	trained, err := training.Train(ctx, l, o)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // such as a curve that could not be written
		}
		return Result{}, err
	}
	if err := l.Save(filepath.Join(run.Dir, training.ModelFile), o.Info); err != nil {
		return Result{}, err
	}
	result := Result{
		Number: run.Number, Column: run.Column, Seed: run.Seed, Machine: r.machine(),
		Epochs: (trained.Steps + pass - 1) / pass, Best: (trained.BestStep + pass - 1) / pass,
		Loss: trained.Loss, Curve: c.points, Seconds: c.seconds(),
	}
	return result, r.score(ctx, l, o, s.test, &result)
}

// learner makes the run's network, or loads the one of its last checkpoint.
func (r *Runner) learner(run Run, spec network.Spec) (l network.Learner, err error) {
	last, err := training.LastCheckpoint(run.Dir)
	switch {
	case err != nil:
		return nil, err
	case last != "":
		if l, _, err = r.Networks.Load(last); err == nil {
			r.say("%s: goes on from %s", run, filepath.Base(filepath.Dir(last)))
		}
	default:
		if l, err = r.network(run.Column.Settings, spec, run.Seed); err == nil {
			r.say("%s: begins", run)
		}
	}
	if err != nil {
		return nil, err
	}
	if run.Column.Classes == 2 {
		l = &twoClass{Learner: l}
	}
	return l, nil
}

// network makes a new network for a column.
func (r *Runner) network(c Settings, spec network.Spec, seed uint64) (network.Learner, error) {
	if c.EncoderWeights == "" {
		return r.Networks.New(spec, seed)
	}
	starter, ok := r.Networks.(network.Starter)
	if !ok {
		return nil, errors.New("encoders cannot start from a file here")
	}
	l, info, err := starter.Start(c.EncoderWeights, spec, seed)
	if err != nil {
		return nil, err
	}
	if has := info.Spec; has.Arch != spec.Arch || has.Encoder != spec.Encoder ||
		has.Classes != spec.Classes || has.InChannels != spec.InChannels {
		_ = l.Close()
		return nil, fmt.Errorf("%s holds a whole %s with %s, not the weights of a %s encoder",
			c.EncoderWeights, has.Arch, has.Encoder, spec.Encoder)
	}
	return l, nil
}

// watch keeps the run's curve as it trains; fail ends the run where it cannot be written.
func (r *Runner) watch(o *training.Options, c *curve, pass int, fail context.CancelCauseFunc) {
	if r.Emit != nil {
		training.ReportTo(o, "", r.Emit)
	}
	report, started, before := o.OnEpoch, time.Now(), c.seconds()
	o.OnEpoch = func(epoch, step int, loss float64, scores score.Report) {
		p := Point{
			Epoch: epoch, Step: step, Loss: loss, Seconds: before + time.Since(started).Seconds(),
		}
		if r.Plan.Protocol == Published {
			p.Loss *= float64(pass)
			p.IoU = iouOf(scores, func(c score.ClassScore) *float64 { return c.IoUBatches })
		} else {
			p.IoU = iouOf(scores, func(c score.ClassScore) *float64 { return c.IoUPooled })
		}
		if err := c.add(p); err != nil {
			fail(err)
		}
		if report != nil {
			report(epoch, step, loss, scores)
		}
	}
}

// iouOf takes a score of every class from a report.
func iouOf(r score.Report, of func(c score.ClassScore) *float64) (iou [classes.Count]*float64) {
	iou[classes.Background] = of(r.Background)
	for i, c := range r.Classes {
		iou[i+1] = of(c)
	}
	return iou
}

func (r *Runner) machine() string {
	libtorch, device, threads := r.Networks.Describe()
	return fmt.Sprintf("libtorch %s on %s, threads: %d", libtorch, device, threads)
}

// score scores the network on the test slices.
func (r *Runner) score(ctx context.Context, l network.Learner, o training.Options,
	test sampling.Source, result *Result,
) error {
	ev, err := inference.Evaluate(ctx, l, o.Info.Spec, test.Examples,
		inference.EvaluateOptions{Options: o.Evaluate.Options, Keep: true})
	if err != nil {
		return err
	}
	if r.Plan.Protocol == Published {
		report := ev.Set.Report()
		result.Accuracy = report.Accuracy
		result.IoU = iouOf(report, func(c score.ClassScore) *float64 { return c.IoUBatches })
		if i := slices.IndexFunc(result.Curve, func(p Point) bool {
			return p.Epoch == result.Best
		}); i >= 0 {
			result.Loss = result.Curve[i].Loss
		}
	} else {
		result.Cases = ev.Set.Counted()
	}
	result.Examples, err = samples(ctx, test.Examples, ev.Labels)
	return err
}

// sources are the slices of a run as its protocol wants them.
func (r *Runner) sources(ctx context.Context, c Settings) (sources, error) {
	all, err := r.examples(ctx, c.Size)
	if err != nil {
		return sources{}, err
	}
	learned := all
	switch {
	case c.Classes == 2:
		all = lungs{all}
		learned = all
	case r.Plan.Protocol == Published:
		learned = allKnown{all}
	}
	part := func(name string, e example.Set, at []int) sampling.Source {
		return sampling.Source{Name: name, Examples: sampling.Pick(e, at), Weight: 1}
	}
	s := r.Plan.Split
	return sources{
		train:      part("the training slices", learned, s.Train),
		validation: part("the validation slices", all, s.Validation),
		test:       part("the test slices", all, s.Test),
	}, nil
}

// examples are all slices; for the published protocol they are made once a size.
func (r *Runner) examples(ctx context.Context, size int) (example.Set, error) {
	if r.Plan.Protocol != Published {
		if r.cached == nil {
			r.cached = sampling.Cache(r.Data.Pool, cacheBytes)
		}
		return r.cached, nil
	}
	a := r.arrays[size]
	if a == nil {
		r.say("%d slices are resized to %d × %d", r.Data.Pool.Len(), size, size)
		var err error
		if a, err = prepare(ctx, r.Data.Pool, size); err != nil {
			return nil, err
		}
		r.arrays = map[int]*arrays{size: a} // one size at a time: they can be large
	}
	return prepared{r.Data.Pool, a}, nil
}
