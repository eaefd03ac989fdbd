package session

import (
	"context"
	"errors"
	"fmt"
	"image"

	"glasswork/training/augment"
	"glasswork/training/protocol"
)

// Plan is what the retrain dialog says.
type Plan struct {
	// Measuring is true until the rest is known.
	Measuring bool
	// Failure says in a sentence why nothing could be measured; Log is behind it.
	Failure string
	Log     []string
	// Estimate is what would be done; nil while measuring or after a failure.
	Estimate *protocol.EstimateSummary
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
}

// Plan is the open retrain dialog's; ok is false if there is none.
func (s *Session) Plan() (plan Plan, ok bool) {
	if s.plan == nil {
		return plan, false
	}
	return *s.plan, true
}

// PlanRetrain saves what is reviewed and finds out what a retraining would do and how
// long it would take. Plan tells; StartRetrain or DropPlan end it.
func (s *Session) PlanRetrain() {
	if s.busy() {
		return
	}
	plan := &Plan{Measuring: true, Base: s.models.current.Name, Augment: s.augmenting.text}
	s.plan = plan
	s.preview(plan)
	s.changed(TopicPlan)
	job := s.finetuneJob()
	s.run(work{
		kind: Estimating, title: "Measuring", job: protocol.Job{Estimate: &job},
		prepare: s.settle(),
		done:    func(sum *protocol.Summary) { s.planned(plan, sum) },
		failed:  func(err error) { s.unplanned(plan, err) },
	})
}

func (s *Session) planned(plan *Plan, sum *protocol.Summary) {
	plan.Measuring, plan.Estimate = false, sum.Estimate
	if s.plan == plan {
		s.changed(TopicPlan)
	}
	s.refreshStudies()
}

func (s *Session) unplanned(plan *Plan, err error) {
	if s.plan != plan {
		return
	}
	if errors.Is(err, context.Canceled) {
		s.plan = nil
	} else {
		plan.Measuring, plan.Failure = false, upperFirst(sentence(explain(err)))
		plan.Log = append(chain(err), s.trainer.log()...)
	}
	s.changed(TopicPlan)
}

// DropPlan closes the dialog without retraining.
func (s *Session) DropPlan() {
	if s.plan == nil {
		return
	}
	s.plan = nil
	if s.job != nil && s.job.Kind == Estimating {
		s.CancelJob()
	}
	s.changed(TopicPlan)
}

func (s *Session) finetuneJob() protocol.FinetuneJob {
	return protocol.FinetuneJob{Project: s.project.Dir(), Base: modelPath(s.models.current), Steps: s.config.RetrainSteps, Augment: s.augmenting.text}
}

// StartRetrain begins what the plan says.
func (s *Session) StartRetrain() {
	if s.busy() || s.plan != nil && s.plan.Wrong != nil {
		return
	}
	s.plan = nil
	s.changed(TopicPlan)
	s.retrain()
}

func (s *Session) retrain() {
	if s.busy() {
		return
	}
	job := s.finetuneJob()
	s.run(work{
		kind: Retraining, title: "Retraining", job: protocol.Job{Finetune: &job},
		prepare: s.settle(),
		done:    s.retrained,
		again:   s.retrain,
	})
}

// retrained shows the comparison.
func (s *Session) retrained(sum *protocol.Summary) {
	s.refreshModels()
	s.refreshStudies()
	if sum.Finetune == nil {
		s.fail("Retraining ended without a comparison", errors.New("the trainer sent no result"))
		return
	}
	s.verdict = &Verdict{*sum.Finetune, sum.Seconds}
	s.changed(TopicVerdict)
}

// Verdict is the comparison to be decided on; ok is false if there is none.
func (s *Session) Verdict() (v Verdict, ok bool) {
	if s.verdict == nil {
		return v, false
	}
	return *s.verdict, true
}

// UseNewModel makes the new model of the verdict the current one.
func (s *Session) UseNewModel() {
	if s.verdict == nil {
		return
	}
	id := s.verdict.Model
	s.closeVerdict()
	s.UseModel(id)
}

// KeepModel stays with the current model; the new one stays in the list.
func (s *Session) KeepModel() {
	if s.verdict == nil {
		return
	}
	name := s.verdict.BaseName
	s.closeVerdict()
	s.Toast(fmt.Sprintf("%s stays the current model", name))
}

func (s *Session) closeVerdict() {
	s.verdict = nil
	s.changed(TopicVerdict)
}
