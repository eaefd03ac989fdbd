package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"glasswork/dataset/example"
	"glasswork/dataset/project"
	"glasswork/training"
	"glasswork/training/augment"
	"glasswork/training/inference"
	"glasswork/training/network"
	"glasswork/training/protocol"
	"glasswork/training/score"
)

// Defaults of a fine-tuning.
const (
	finetuneBatch    = 4
	finetuneRate     = 2e-4
	finetuneMinSteps = 60
	finetuneMaxSteps = 300
	// finetunePasses is how often each reviewed slice is seen, if that fits the limits.
	finetunePasses = 8
	// finetuneScores is how often the held-out slices are scored on the way.
	finetuneScores = 4
)

// finetuneSteps is the number of steps for so many reviewed slices.
func finetuneSteps(job protocol.FinetuneJob, reviewed int) int {
	if job.Steps > 0 {
		return job.Steps
	}
	return min(max(2*reviewed*finetunePasses/finetuneBatch, finetuneMinSteps), finetuneMaxSteps)
}

// finetuneAugment is how the job's samples are varied, nil for the usual way. The error
// points at what is wrong with the job.
func finetuneAugment(job protocol.FinetuneJob) (augment.Chain, error) {
	if job.Steps < 0 || !(job.LearningRate >= 0) {
		return nil, errors.New("steps and learning rate cannot be negative")
	}
	if job.Augment == "" {
		return nil, nil
	}
	return augment.Parse(job.Augment)
}

// finetuneOptions are the training's options. The job's augmentation has been read before.
func finetuneOptions(job protocol.FinetuneJob, pl *plan, info network.Info) training.Options {
	chain, _ := finetuneAugment(job)
	steps := finetuneSteps(job, pl.train.Len())
	rate := job.LearningRate
	if rate <= 0 {
		rate = finetuneRate
	}
	return training.Options{
		Sources: pl.sources(), Augment: chain, Validation: pl.holdout, KeepLast: true,
		ValidateEvery: max((steps+finetuneScores-1)/finetuneScores, 1),
		Info:          info,
		Schedule:      training.Schedule{Peak: rate, Warmup: max(steps/10, 1), Steps: steps},
		BatchSize:     finetuneBatch, Precision: network.PrecisionAuto, Seed: job.Seed, Workers: 1,
	}
}

// finetuning is one running FinetuneJob.
type finetuning struct {
	jobs    *Runner
	job     protocol.FinetuneJob
	emit    emitFunc
	project *project.Project
	plan    *plan
	learner network.Learner
	info    network.Info
	// scoring is how long scoring the held-out slices took. They are scored once more after
	// training.
	scoring time.Duration
}

// finetune runs a FinetuneJob: score the base model, train it on reviewed slices, score
// it again, register the candidate.
func (j *Runner) finetune(ctx context.Context, job protocol.FinetuneJob,
	emit emitFunc,
) (*protocol.Summary, error) {
	if _, err := finetuneAugment(job); err != nil {
		return nil, badJob(err)
	}
	p, err := OpenProject(ctx, job.Project)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	f := &finetuning{jobs: j, job: job, emit: emit, project: p}
	emit.status(protocol.Status{Phase: protocol.PhaseLoading, Text: "Loading the reviewed slices"})
	if f.learner, f.info, err = j.load(job.Base); err != nil {
		return nil, err
	}
	defer f.learner.Close()
	if f.plan, err = pinnedPlan(ctx, p, job); err != nil {
		return nil, err
	}
	return f.run(ctx)
}

func (f *finetuning) run(ctx context.Context) (*protocol.Summary, error) {
	started := time.Now()
	before, err := f.score(ctx, "Scoring the current model")
	if err != nil {
		return nil, err
	}
	f.scoring = time.Since(started)
	o := finetuneOptions(f.job, f.plan, f.info)
	training.ReportTo(&o, "", f.withScoring)
	result, err := training.Train(ctx, f.learner, o)
	if err != nil {
		return nil, err
	}
	after, err := f.score(ctx, "Scoring the new model")
	if err != nil {
		return nil, err
	}
	f.emit.status(protocol.Status{Phase: protocol.PhaseSaving, Text: "Saving the new model"})
	s := &protocol.FinetuneSummary{
		BaseName: f.info.Name, Steps: result.Steps,
		Before: before.Set.Report(), After: after.Set.Report(),
		Comparison: score.Compare(&before.Set, &after.Set, f.plan.synthetic),
		Studies:    f.plan.uses, Synthetic: f.plan.synthetic, Note: f.plan.note(),
	}
	if s.Samples, err = samples(ctx, f.plan, before.Labels, after.Labels); err != nil {
		return nil, err
	}
	if err := f.register(ctx, s); err != nil {
		return nil, err
	}
	return &protocol.Summary{Finetune: s}, nil
}

// withScoring adds the time of the scoring that follows to the time left of training.
func (f *finetuning) withScoring(e protocol.Event) {
	if e.Status != nil {
		e.Status.ETASeconds += f.scoring.Seconds()
	}
	f.emit(e)
}

func (f *finetuning) score(ctx context.Context, text string) (*inference.Evaluation, error) {
	return inference.Evaluate(ctx, f.learner, f.info.Spec, f.plan.holdout,
		inference.EvaluateOptions{
			VoxelML: f.plan.voxelML, Keep: true,
			Progress: progress(f.emit, protocol.PhaseEvaluating, text),
		})
}

// register saves the candidate in the project and completes the summary with its name and ID. If
// another training takes the same name at the same moment, the next one is taken.
func (f *finetuning) register(ctx context.Context, s *protocol.FinetuneSummary) error {
	for {
		models, err := f.project.Models(ctx)
		if err != nil {
			return err
		}
		err = f.registerAs(ctx, nextName(models), f.parent(models), s)
		if !errors.Is(err, project.ErrNameTaken) {
			return err
		}
	}
}

func (f *finetuning) registerAs(
	ctx context.Context, name, parent string, s *protocol.FinetuneSummary,
) error {
	m := project.Model{
		Name: name, Parent: parent, TrainedOn: f.plan.trainedOn,
		Created: time.Now(), Trained: f.plan.trainKeys,
	}
	if !f.plan.synthetic {
		m.Scored = f.plan.holdoutKeys
	}
	s.ModelName = m.Name
	brief := *s
	brief.Samples = nil
	var err error
	if m.Report, err = json.Marshal(brief); err != nil {
		return err
	}
	dir, done, err := f.project.WorkFolder()
	if err != nil {
		return fmt.Errorf("the new model cannot be saved: %w", err)
	}
	defer done()
	info := f.info
	info.Name, info.Parent, info.Half = m.Name, m.Parent, false
	info.Created = m.Created.UTC().Format(time.RFC3339)
	info.Provenance = map[string]string{
		"base": f.info.Name, "reviewed slices": strconv.Itoa(f.plan.train.Len()),
		"steps": strconv.Itoa(s.Steps), "seed": strconv.FormatUint(f.job.Seed, 10),
		"augmentation": cmp.Or(f.job.Augment, "the usual"), "terms": f.info.Provenance["terms"],
	}
	file := filepath.Join(dir, "candidate.safetensors")
	if err := f.learner.Save(file, info); err != nil {
		return err
	}
	m, err = f.project.AddModel(ctx, m, file)
	s.Model = m.ID
	return err
}

// parent is the base model's ID in the project, or "baseline".
func (f *finetuning) parent(models []project.Model) string {
	for _, m := range models {
		if m.Path != "" && filepath.Base(m.Path) == filepath.Base(f.job.Base) ||
			m.Path == "" && f.job.Base == BaselineModel {
			return m.ID
		}
	}
	return project.Baseline
}

// nextName numbers the project's own models.
func nextName(models []project.Model) string {
	n, taken := 1, map[string]bool{}
	for _, m := range models {
		taken[m.Name] = true
		if m.Path != "" {
			n++
		}
	}
	for taken["retrained-"+strconv.Itoa(n)] {
		n++
	}
	return "retrained-" + strconv.Itoa(n)
}

// evaluateProject scores a model on a project's held-out slices.
func (j *Runner) evaluateProject(ctx context.Context, job protocol.EvaluateJob, l network.Learner,
	info network.Info, o inference.EvaluateOptions,
) (*protocol.Summary, error) {
	p, err := OpenProject(ctx, job.Project)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	examples, err := p.Examples(ctx, true)
	if err != nil {
		return nil, err
	}
	if examples.Len() == 0 {
		return nil, &protocol.JobError{
			Code: protocol.CodeNoData, Message: "no held-out patient has reviewed slices to score",
		}
	}
	keys := map[string]bool{}
	for i := range examples.Len() {
		key, _, _ := examples.Key(i)
		keys[key] = true
	}
	for key := range keys {
		if err := p.MarkUsed(ctx, project.Scored, key); err != nil {
			return nil, err
		}
	}
	studies, err := p.Studies(ctx)
	if err != nil {
		return nil, err
	}
	known := byAlias(studies)
	o.VoxelML = func(e example.Example) float64 {
		if s := known[e.Case]; s.Measurable {
			return s.Geometry.VoxelML()
		}
		return 0
	}
	ev, err := inference.Evaluate(ctx, l, info.Spec, calibrated{examples, known}, o)
	if err != nil {
		return nil, err
	}
	return &protocol.Summary{Evaluate: &protocol.EvaluateSummary{
		ModelName: info.Name, Report: ev.Set.Report(),
	}}, nil
}
