package session

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/training/protocol"
	"glasswork/training/score"
)

// predicts answers with slices full of one class; before each it asks gate, if there is one.
func predicts(class classes.Class, gate chan int) *fakeTrainer {
	return &fakeTrainer{play: func(ctx context.Context, job protocol.Job,
		on func(protocol.Event),
	) (*protocol.Summary, error) {
		on(protocol.Event{Type: protocol.TypeHello, Hello: &protocol.Hello{Device: "CPU"}})
		for i, z := range job.Predict.Slices {
			if gate != nil {
				select {
				case gate <- z:
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			on(protocol.Event{Type: protocol.TypeStatus, Status: &protocol.Status{
				Phase: protocol.PhasePredicting, Text: "Predicting", Step: i + 1,
				Steps: len(job.Predict.Slices), ETASeconds: 3,
			}})
			on(protocol.Event{Type: protocol.TypeSlice, Slice: &protocol.Slice{
				Z: z, Labels: bytes.Repeat([]byte{class}, 24*32), Uncertainty: 0.25,
			}})
		}
		return &protocol.Summary{Predict: &protocol.PredictSummary{
			ModelName: "baseline",
			Slices:    len(job.Predict.Slices),
		}}, nil
	}}
}

func TestProposalsComeOutwardAndNeverOverAPersonsSlices(t *testing.T) {
	gate := make(chan int)
	trainer := predicts(classes.LungsOther, gate)
	w := newWindow(t, t.TempDir(), trainer)
	w.openTest("one")
	w.Tools.Take(Brush)
	w.Reading.GoTo(5)
	w.stroke(8, 8)
	w.Reading.GoTo(2)
	mine := w.labels().Slice(5)
	w.Proposing.Study()
	if _, ok := w.Jobs.Current(); !ok {
		t.Fatal("no job runs")
	}
	w.Proposing.Slice()
	if !w.said("busy")() {
		t.Error("a second job was not refused")
	}
	var order []int
	for range 5 {
		order = append(order, <-gate)
	}
	// While the last two are on their way, the person paints on one of them.
	w.Reading.GoTo(6)
	w.stroke(8, 8)
	painted := w.labels().Slice(6)
	order = append(order, <-gate)
	w.until("done", func() bool { _, ok := w.Jobs.Current(); return !ok })
	if want := []int{2, 3, 1, 4, 0, 6}; !equal(order, want) {
		t.Errorf("slices came in the order %v, want %v", order, want)
	}
	after := w.labels()
	if !bytes.Equal(after.Slice(5), mine) || !bytes.Equal(after.Slice(6), painted) {
		t.Error("a proposal went over a slice that a person had touched")
	}
	if after.Slice(0)[0] != classes.LungsOther {
		t.Error("untouched slices were not proposed")
	}
	w.agrees("after the proposal")
	if u := w.Measuring.Survey().Uncertainty; u[0] != 0.25 || !math.IsNaN(u[5]) {
		t.Errorf("uncertainty %v", u)
	}
	if _, who := w.Reading.Captions(); who != "drawn by hand" {
		t.Errorf("slice 7 is said to be %q", who)
	}
	w.Reviewing.Accept()
	if !bytes.Equal(w.labels().Slice(6), painted) {
		t.Error("A changed what a person had painted")
	}
	w.Reviewing.Reset() // takes the withheld prediction of slice 7
	if w.labels().Slice(6)[0] != classes.LungsOther || !w.said("as baseline proposed it")() {
		t.Errorf("the prediction was not taken aloud: %v", w.texts())
	}
	w.agrees("after the reset")
	w.Editing.Undo()
	if !bytes.Equal(w.labels().Slice(6), painted) || w.Reviewing.Reviewed(6) {
		t.Error("the reset was not undone as one")
	}
	w.Reading.GoTo(0)
	w.Reviewing.Accept()
	if !w.Reviewing.Reviewed(0) {
		t.Error("A did not accept the proposal that stands there")
	}
	w.agrees("at the end")
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestRedoAfterAProposalKeepsBoth(t *testing.T) {
	w := newWindow(t, t.TempDir(), predicts(classes.LungsOther, nil))
	w.openTest("one")
	w.Tools.SetClass(classes.GroundGlass)
	w.stroke(8, 8)
	w.Editing.Undo()
	w.Proposing.Slice()
	w.until("done", func() bool { _, ok := w.Jobs.Current(); return !ok })
	w.Editing.Redo()
	w.agrees("after redo")
	_, labels := w.Reading.Voxels(w.Reading.Slice())
	if labels[8*32+8] != classes.GroundGlass || labels[20*32+20] != classes.LungsOther {
		t.Error("redo lost the stroke or the proposal")
	}
	w.Editing.Undo()
	w.agrees("after undo")
	if _, labels = w.Reading.Voxels(w.Reading.Slice()); labels[8*32+8] != classes.LungsOther {
		t.Error("undo did not leave the proposal")
	}
}

func TestJobsThatFailSaySoAndTheSameClickWorksAgain(t *testing.T) {
	trainer := predicts(classes.LungsOther, nil)
	works := trainer.play
	failures := []struct {
		err  error
		says string
	}{
		{&protocol.DiedError{Status: "signal: killed", Lines: []string{"x"}}, "memory ran out"},
		{
			&protocol.JobError{Code: protocol.CodeDiskFull, Message: "The disk is full"},
			"The disk is full",
		},
		{&protocol.JobError{
			Code:    protocol.CodeModel,
			Message: "the model file m is damaged\nstack trace",
		}, "the model file m is damaged."},
	}
	w := newWindow(t, t.TempDir(), trainer)
	w.openTest("one")
	for _, f := range failures {
		trainer.play = func(context.Context, protocol.Job, func(protocol.Event)) (*protocol.Summary,
			error,
		) {
			return nil, f.err
		}
		w.Proposing.Slice()
		w.until(f.says, w.said(f.says))
		last := w.Messages.All()[len(w.Messages.All())-1]
		if last.Severity != Failure || strings.Contains(last.Text, "stack trace") ||
			last.Log[len(last.Log)-1] != "trainer's log" {
			t.Errorf("message %+v", last)
		}
		trainer.play = works
		last.Actions[0].Do() // Try again
		w.until("again", func() bool { _, ok := w.Jobs.Current(); return !ok })
		if w.said(f.says)() {
			t.Error("the banner is still there after its button was used")
		}
	}
	w.agrees("after failures")
}

func TestCancelledJobKeepsWhatCame(t *testing.T) {
	gate := make(chan int)
	w := newWindow(t, t.TempDir(), predicts(classes.LungsOther, gate))
	w.openTest("one")
	w.Proposing.Study()
	<-gate
	w.until("a slice", func() bool { return w.Reading.open.labels.Slices[3].Model != "" })
	if q, ok := w.Jobs.MayClose(); ok || !strings.Contains(q, "Proposing") {
		t.Errorf("MayClose = %q, %v", q, ok)
	}
	w.Jobs.Cancel()
	w.until("cancelled", w.said("cancelled"))
	if _, ok := w.Jobs.MayClose(); !ok {
		t.Error("an idle session may not be closed")
	}
	w.agrees("after cancelling")
}

func TestRetrainPlansTrainsAndIsDecided(t *testing.T) {
	dir := t.TempDir()
	iou := 0.5
	var w *window
	trainer := &fakeTrainer{}
	trainer.play = func(ctx context.Context, job protocol.Job,
		on func(protocol.Event),
	) (*protocol.Summary, error) {
		if job.Estimate != nil {
			return &protocol.Summary{Estimate: &protocol.EstimateSummary{
				Ready:       true,
				TrainSlices: 1, Seconds: 60,
			}}, nil
		}
		for step := 1; step <= 3; step++ {
			on(protocol.Event{Status: &protocol.Status{
				Phase: protocol.PhaseTraining,
				Text:  "Training", Step: step, Steps: 3, Loss: 1 / float64(step),
			}})
		}
		on(protocol.Event{Epoch: &protocol.Epoch{
			Epoch: 1, Step: 3,
			Scores: score.Report{Classes: []score.ClassScore{{
				Name:      "ground glass",
				IoUPooled: &iou,
			}}},
		}})
		return &protocol.Summary{
			Seconds: 1,
			Finetune: &protocol.FinetuneSummary{
				Model: project.Baseline, ModelName: "new",
				BaseName: "old",
			},
		}, nil
	}
	w = newWindow(t, dir, trainer)
	w.openTest("one")
	w.Tools.Take(Brush)
	w.stroke(8, 8)
	w.review()
	w.Retraining.Prepare()
	if p, ok := w.Retraining.Plan(); !ok || !p.Measuring {
		t.Errorf("Plan = %+v, %v", p, ok)
	}
	w.until("planned", func() bool {
		p, _ := w.Retraining.Plan()
		_, runs := w.Jobs.Current()
		return p.Estimate != nil && !runs
	})
	revisions, err := w.hub.project.Revisions(t.Context(), w.Reading.open.ID)
	if err != nil || len(revisions) != 1 || !revisions[0].Reviewed[3] ||
		revisions[0].Author != "reader" {
		t.Fatalf("what was reviewed was not saved before the estimate: %+v, %v", revisions, err)
	}
	w.Retraining.Start()
	var loss, epochs int
	w.Observe(TopicJob, func() {
		if j, ok := w.Jobs.Current(); ok {
			loss, epochs = len(j.Loss), len(j.IoU[classes.GroundGlass])
		}
	})
	w.until("verdict", func() bool { _, ok := w.Retraining.Verdict(); return ok })
	if loss != 3 || epochs != 1 {
		t.Errorf("curves have %d and %d points", loss, epochs)
	}
	if all := w.Models.All(); len(all) != 1 || !all[0].Current {
		t.Errorf("models %+v; the shipped one must be there to go back to", all)
	}
	w.Retraining.KeepCurrent()
	if _, ok := w.Retraining.Verdict(); ok {
		t.Error("the verdict is still open")
	}
	if got := trainer.jobs[1].Finetune; got.Project != w.ProjectDir() ||
		got.Base != project.Baseline {
		t.Errorf("job %+v", got)
	}
}

func TestAPlanThatCannotBeMadeSaysWhy(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Retraining.Prepare()
	w.until("failure", func() bool { p, _ := w.Retraining.Plan(); return p.Failure != "" })
	if p, _ := w.Retraining.Plan(); p.Failure != "The trainer is missing." {
		t.Errorf("Failure = %q", p.Failure)
	}
	w.Retraining.Drop()
	if _, ok := w.Retraining.Plan(); ok {
		t.Error("the plan is still there")
	}
}

func TestClosingEndsARunningJob(t *testing.T) {
	ended, started := false, make(chan struct{})
	trainer := &fakeTrainer{play: func(ctx context.Context, _ protocol.Job,
		_ func(protocol.Event),
	) (*protocol.Summary, error) {
		close(started)
		<-ctx.Done()
		ended = true
		return nil, ctx.Err()
	}}
	w := newWindow(t, t.TempDir(), trainer)
	w.openTest("one")
	w.Proposing.Slice()
	<-started
	w.shut()
	if !ended {
		t.Error("Close did not wait for the job")
	}
}

func TestSentencesAreShortAndPlain(t *testing.T) {
	wrapped := errors.Join(errors.New("the file a is damaged"), errors.New("at line 3"))
	if got := sentence(wrapped); got != "the file a is damaged." {
		t.Errorf("sentence = %q", got)
	}
	if got := chain(wrapped); len(got) != 2 {
		t.Errorf("chain = %q", got)
	}
}

func TestTakingAModelOverAndGoingBack(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "new.safetensors")
	if err := os.WriteFile(file, []byte("weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := newWindow(t, dir, nil)
	shipped := w.Models.Current()
	added, err := w.hub.project.AddModel(t.Context(), project.Model{Name: "retrained-1"}, file)
	if err != nil {
		t.Fatal(err)
	}
	w.Retraining.verdict = &Verdict{FinetuneSummary: protocol.FinetuneSummary{
		Model:     added.ID,
		ModelName: added.Name, BaseName: shipped,
	}}
	w.Retraining.UseNew()
	w.until("the new model", func() bool { return w.Models.Current() == "retrained-1" })
	if got := w.Retraining.job().Base; got != added.Path {
		t.Errorf("jobs use %s, want %s", got, added.Path)
	}
	all := w.Models.All()
	if len(all) != 2 || !all[0].Current || all[1].Name != shipped {
		t.Fatalf("models %+v", all)
	}
	w.Models.Use(all[1].ID)
	w.until("the old model", func() bool { return w.Models.Current() == shipped })
	if got := w.Retraining.job().Base; got != project.Baseline {
		t.Errorf("jobs use %s after going back", got)
	}
	if err := os.WriteFile(added.Path, []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.Models.Use(added.ID)
	w.until("refusal", w.said("damaged"))
	if w.Models.Current() != shipped {
		t.Error("a damaged model was taken over")
	}
}

func TestANewProgramsShippedModelTakesTheOldOnesPlace(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"baseline-1", "baseline-2"} {
		s, err := New(t.Context(),
			Config{Project: dir, Shipped: project.Model{ID: "sha of " + name, Name: name}})
		if err != nil {
			t.Fatal(err)
		}
		if s.Models.Current() != name || len(s.Models.All()) != 1 {
			t.Errorf("current %q of %d models, want %q alone", s.Models.Current(),
				len(s.Models.All()), name)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A study without lungs is proposed on only when the person asks for it again.
func TestNoLungIsAsked(t *testing.T) {
	trainer := &fakeTrainer{play: func(_ context.Context, job protocol.Job,
		on func(protocol.Event),
	) (*protocol.Summary, error) {
		if !job.Predict.Anywhere {
			return &protocol.Summary{Predict: &protocol.PredictSummary{NoLung: true}}, nil
		}
		on(protocol.Event{Type: protocol.TypeSlice, Slice: &protocol.Slice{
			Z: job.Predict.Slices[0], Labels: bytes.Repeat([]byte{classes.LungsOther}, 24*32),
		}})
		return &protocol.Summary{Predict: &protocol.PredictSummary{Slices: 1}}, nil
	}}
	w := newWindow(t, t.TempDir(), trainer)
	w.openTest("one")
	w.Reading.GoTo(2)
	w.Proposing.Slice()
	w.until("asked", w.said("shows no lung"))
	var anyway func()
	for _, m := range w.Messages.All() {
		for _, a := range m.Actions {
			if a.Label == "Propose anyway" {
				anyway = a.Do
			}
		}
	}
	if anyway == nil {
		t.Fatal("there is no way to propose anyway")
	}
	if labels := w.labels(); slices.Contains(labels.Slice(2), classes.LungsOther) {
		t.Error("something was proposed before anybody asked for it")
	}
	anyway()
	w.until("proposed", func() bool {
		labels := w.labels()
		return slices.Contains(labels.Slice(2), classes.LungsOther)
	})
}

func TestRetrainingNeedNotWaitForMeasuring(t *testing.T) {
	trainer := &fakeTrainer{play: func(ctx context.Context, job protocol.Job,
		_ func(protocol.Event),
	) (*protocol.Summary, error) {
		if job.Estimate != nil {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return &protocol.Summary{Finetune: &protocol.FinetuneSummary{ModelName: "new"}}, nil
	}}
	w := newWindow(t, t.TempDir(), trainer)
	w.openTest("one")
	w.review()
	w.Retraining.Prepare()
	plan, ok := w.Retraining.Plan()
	if !ok || !plan.Measuring || len(plan.Reviewed) != 1 || plan.Reviewed[0].Slices != 1 {
		t.Fatalf("plan %+v", plan)
	}
	w.until("the trainer is asked", func() bool {
		trainer.mu.Lock()
		defer trainer.mu.Unlock()
		return len(trainer.jobs) == 1
	})
	w.Retraining.Start()
	w.until("the verdict", func() bool { _, ok := w.Retraining.Verdict(); return ok })
	if !w.Jobs.Idle() {
		t.Error("a job still runs")
	}
}

func TestTheVerdictKnowsWhatItIsScoredAgainst(t *testing.T) {
	trainer := predicts(classes.LungsOther, nil)
	propose := trainer.play
	trainer.play = func(ctx context.Context, job protocol.Job,
		on func(protocol.Event),
	) (*protocol.Summary, error) {
		if job.Predict != nil {
			return propose(ctx, job, on)
		}
		return &protocol.Summary{Finetune: &protocol.FinetuneSummary{BaseName: "baseline"}}, nil
	}
	w := newWindow(t, t.TempDir(), trainer)
	w.openTest("one")
	w.Studies.SetHoldout(w.Reading.StudyID(), true)
	w.until("held out", func() bool { return w.Studies.All()[0].Holdout })
	w.Proposing.Study()
	w.until("proposed", w.Jobs.Idle)
	for z := range 3 {
		w.Reading.GoTo(z)
		w.review()
	}
	w.Reading.GoTo(4)
	w.Tools.SetClass(classes.GroundGlass)
	w.stroke(8, 8)
	w.review()
	w.Retraining.Start()
	w.until("the verdict", func() bool { _, ok := w.Retraining.Verdict(); return ok })
	if v, _ := w.Retraining.Verdict(); v.Own != 3 || v.References != 4 || !v.Circular() {
		t.Errorf("%d of %d slices are the model's own", v.Own, v.References)
	}
}
