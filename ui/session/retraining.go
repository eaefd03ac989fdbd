package session

import (
	"context"
	"errors"
	"image"

	"glasswork/dataset/project"
	"glasswork/dataset/words"
	"glasswork/training/augment"
	"glasswork/training/protocol"
)

// Retraining makes a new model from what was reviewed: a plan first, then the training, at
// last a verdict.
type Retraining struct {
	*hub
	reading *Reading
	display *Display
	saving  *Saving
	studies *Studies
	jobs    *Jobs
	models  *Models

	plan    *Plan    // of the open dialog; nil: none
	verdict *Verdict // to be decided on; nil: none
	augment string   // how samples are varied, understood; empty: the default way
	preview context.CancelFunc
	next    bool // a retraining begins as soon as measuring has ended
}

// Plan is what the retrain dialog says.
type Plan struct {
	// Measuring is true until the rest is known.
	Measuring bool
	// Failure says in a sentence why nothing could be measured; Log is behind it.
	Failure string
	Log     []string
	// Estimate is what would be done; nil while measuring or after a failure.
	Estimate *protocol.EstimateSummary
	// Reviewed is what the list of studies knows of reviewed slices, before anything is measured.
	Reviewed []protocol.StudyUse
	// Base is the model that would be trained further.
	Base string
	// Augment is how samples are varied, as it was written; Wrong says what is wrong with it.
	Augment string
	Wrong   *augment.SyntaxError
	// Preview shows samples of a slice; nil until they are drawn.
	Preview *image.RGBA
}

// Verdict is how a new model compares with the current one.
type Verdict struct {
	protocol.FinetuneSummary
	Seconds float64
	// Own is how many of the References, the held-out slices that were scored, are the current
	// model's own proposal, accepted without a change: there it agrees with itself.
	Own, References int
}

// Circular reports whether the comparison says little because the reference is mostly the
// current model's own proposal.
func (v Verdict) Circular() bool { return v.Own > 0 && 2*v.Own >= v.References }

// Plan is the open retrain dialog's; ok is false if there is none.
func (r *Retraining) Plan() (plan Plan, ok bool) {
	if r.plan == nil {
		return plan, false
	}
	return *r.plan, true
}

// Prepare saves what is reviewed and finds out what a retraining would do and how long it
// would take. Plan tells; Start or Drop end it.
func (r *Retraining) Prepare() {
	if r.jobs.busy() {
		return
	}
	plan := &Plan{
		Measuring: true, Base: r.models.current.Name, Augment: r.augment, Reviewed: r.reviewed(),
	}
	r.plan = plan
	r.drawPreview(plan)
	r.changed(TopicPlan)
	job := r.job()
	r.jobs.run(work{
		kind: JobEstimate, title: "Measuring", job: protocol.Job{Estimate: &job},
		prepare: r.saving.settle(),
		done:    func(sum *protocol.Summary) { r.planned(plan, sum) },
		failed:  func(err error) { r.unplanned(plan, err) },
	})
}

// reviewed lists the studies with reviewed slices.
func (r *Retraining) reviewed() (all []protocol.StudyUse) {
	for _, st := range r.studies.All() {
		if st.Reviewed > 0 {
			all = append(all, protocol.StudyUse{
				Alias: st.Alias, Slices: st.Reviewed, Holdout: st.Holdout,
			})
		}
	}
	return all
}

func (r *Retraining) planned(plan *Plan, sum *protocol.Summary) {
	if r.begins() {
		return
	}
	plan.Measuring, plan.Estimate = false, sum.Estimate
	if r.plan == plan {
		r.changed(TopicPlan)
	}
	r.studies.refresh()
}

func (r *Retraining) unplanned(plan *Plan, err error) {
	if r.plan != plan {
		r.begins()
		return
	}
	if errors.Is(err, context.Canceled) {
		r.plan = nil
	} else {
		plan.Measuring, plan.Failure = false, words.UpperFirst(sentence(explain(err)))
		plan.Log = append(chain(err), r.jobs.Log()...)
	}
	r.changed(TopicPlan)
}

// begins begins the retraining that has waited for the end of measuring, if one has.
func (r *Retraining) begins() bool {
	if !r.next {
		return false
	}
	r.next = false
	r.retrain()
	return true
}

// Drop closes the dialog without retraining.
func (r *Retraining) Drop() {
	if r.plan == nil {
		return
	}
	r.plan = nil
	r.jobs.cancelKind(JobEstimate)
	r.changed(TopicPlan)
}

// job is what the trainer is asked to do.
func (r *Retraining) job() protocol.FinetuneJob {
	return protocol.FinetuneJob{
		Project: r.project.Dir(), Base: modelPath(r.models.current),
		Steps: r.config.RetrainSteps, Augment: r.augment,
	}
}

// Start begins what the plan says. Measuring is given up if it has not ended.
func (r *Retraining) Start() {
	plan := r.plan
	switch {
	case plan != nil && plan.Wrong != nil:
		return
	case plan != nil && plan.Measuring:
		r.plan, r.next = nil, true
		r.changed(TopicPlan)
		r.jobs.cancelKind(JobEstimate)
		return
	case r.jobs.busy():
		return
	}
	r.plan = nil
	r.changed(TopicPlan)
	r.retrain()
}

func (r *Retraining) retrain() {
	if r.jobs.busy() {
		return
	}
	job := r.job()
	r.jobs.run(work{
		kind: JobRetrain, title: "Retraining", job: protocol.Job{Finetune: &job},
		prepare: r.saving.settle(),
		done:    r.retrained,
		again:   r.retrain,
	})
}

// retrained shows the comparison.
func (r *Retraining) retrained(sum *protocol.Summary) {
	r.models.refresh()
	r.studies.refresh()
	if sum.Finetune == nil {
		r.messages.fail("Retraining ended without a comparison",
			errors.New("the trainer sent no result"))
		return
	}
	v := &Verdict{FinetuneSummary: *sum.Finetune, Seconds: sum.Seconds}
	background(r.hub, r.ctx, func(ctx context.Context) (struct{}, error) {
		if v.Synthetic {
			return struct{}{}, nil
		}
		return struct{}{}, v.count(ctx, r.project)
	}, func(_ struct{}, err error) {
		if err != nil {
			r.messages.fail("What the comparison rests on could not be counted", err)
		}
		r.verdict = v
		r.changed(TopicVerdict)
	})
}

// count fills in how much of the reference is the current model's own proposal.
func (v *Verdict) count(ctx context.Context, p *project.Project) error {
	studies, err := p.Studies(ctx)
	if err != nil {
		return err
	}
	for _, st := range studies {
		if !st.Holdout || st.Revision == 0 {
			continue
		}
		revisions, err := p.Revisions(ctx, st.ID)
		if err != nil {
			return err
		}
		for _, state := range revisions[len(revisions)-1].Slices {
			if !state.Reviewed {
				continue
			}
			v.References++
			if !state.Touched && state.Source == "" && state.Model == v.BaseName {
				v.Own++
			}
		}
	}
	return nil
}

// Verdict is the comparison to be decided on; ok is false if there is none.
func (r *Retraining) Verdict() (v Verdict, ok bool) {
	if r.verdict == nil {
		return v, false
	}
	return *r.verdict, true
}

// UseNew makes the new model of the verdict the current one.
func (r *Retraining) UseNew() {
	if r.verdict == nil {
		return
	}
	id := r.verdict.Model
	r.closeVerdict()
	r.models.Use(id)
}

// KeepCurrent stays with the current model; the new one stays in the list.
func (r *Retraining) KeepCurrent() {
	if r.verdict == nil {
		return
	}
	name := r.verdict.BaseName
	r.closeVerdict()
	r.messages.Toast(name + " stays the current model")
}

func (r *Retraining) closeVerdict() {
	r.verdict = nil
	r.changed(TopicVerdict)
}
