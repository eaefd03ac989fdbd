package job

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"glasswork/dataset/project"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
	"glasswork/training"
	"glasswork/training/internal/fake"
	"glasswork/training/protocol"
)

// memorySource serves the voxels of a volume.
type memorySource struct{ v *volume.Volume }

func (s memorySource) ReadSlice(_ context.Context, z int, hu []int16) error {
	copy(hu, s.v.Slice(z))
	return nil
}
func (memorySource) Close() error { return nil }

// bandsStudy is a study of n pictures of bands, with the labels that belong to it.
func bandsStudy(t *testing.T, patient string, n int) (*series.Series, *volume.LabelMap) {
	t.Helper()
	g := volume.NewGeometry([3]int{n, 48, 48}, [3]float64{5, 2, 2}, volume.Point{})
	v, l := volume.New(g), volume.NewLabelMap(g)
	for z := range n {
		e, err := fake.Bands(n).At(t.Context(), z)
		if err != nil {
			t.Fatal(err)
		}
		copy(v.Slice(z), e.HU)
		copy(l.Slice(z), e.Labels)
	}
	return &series.Series{
		ID: "series of " + patient, PatientID: patient, Geometry: g, Measurable: true,
		Source: memorySource{v},
	}, l
}

// annotated makes a project with one study a patient, the first reviewed[i] slices of
// which are labelled and reviewed.
func annotated(t *testing.T, reviewed ...int) *project.Project {
	t.Helper()
	ctx := t.Context()
	p, err := project.Open(ctx, filepath.Join(t.TempDir(), "project"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	for i, n := range reviewed {
		series, labels := bandsStudy(t, fmt.Sprint("patient ", i), 6)
		study, err := p.AddStudy(ctx, series)
		if err != nil {
			t.Fatal(err)
		}
		v, err := series.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.StoreVoxels(ctx, study.ID, v); err != nil {
			t.Fatal(err)
		}
		review(t, p, study.ID, labels, n)
	}
	return p
}

func review(t *testing.T, p *project.Project, id string, labels *volume.LabelMap, n int) {
	t.Helper()
	a, err := p.Annotation(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for z := range n {
		patch, ok := volume.Diff(z, labels.Size[2], a.Labels.Slice(z), labels.Slice(z))
		if !ok {
			t.Fatal("nothing to label")
		}
		if err := p.Append(t.Context(), id, a, a.Stroke(patch)); err != nil {
			t.Fatal(err)
		}
		if err := p.Append(t.Context(), id, a, a.Review(z, true)); err != nil {
			t.Fatal(err)
		}
	}
	if n > 0 {
		if _, err := p.Save(t.Context(), id, "tester"); err != nil {
			t.Fatal(err)
		}
	}
}

func fakeRunner() *Runner { return &Runner{Networks: fake.Factory{}, Baseline: fake.Baseline} }

// Jobs that say something senseless are refused before anything is read.
func TestSenselessJobs(t *testing.T) {
	for name, job := range map[string]protocol.Job{
		"augmentation of a fine-tuning": {Finetune: &protocol.FinetuneJob{
			Project: "none", Base: BaselineModel, Augment: "V{2}",
		}},
		"augmentation of an estimate": {Estimate: &protocol.FinetuneJob{
			Project: "none", Base: BaselineModel, Augment: "V",
		}},
		"flips of a prediction": {Predict: &protocol.PredictJob{
			Path: "none", Model: BaselineModel, Flips: "v",
		}},
		"flips of an evaluation": {Evaluate: &protocol.EvaluateJob{
			Data: "none", Model: BaselineModel, Flips: "x",
		}},
		"fewer steps than none": {Finetune: &protocol.FinetuneJob{
			Project: "none", Base: BaselineModel, Steps: -1,
		}},
		"a negative rate": {Finetune: &protocol.FinetuneJob{
			Project: "none", Base: BaselineModel, LearningRate: -1,
		}},
		"two jobs": {
			Predict: &protocol.PredictJob{}, Evaluate: &protocol.EvaluateJob{},
		},
	} {
		_, err := fakeRunner().Run(t.Context(), job, func(protocol.Event) {})
		var refused *protocol.JobError
		if !errors.As(err, &refused) || refused.Code != protocol.CodeBadJob {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFinetuneRegistersACandidateThatLearnt(t *testing.T) {
	p := annotated(t, 5, 3)
	studies, err := p.Studies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	job := protocol.FinetuneJob{
		Project: p.Dir(), Base: BaselineModel, Steps: 200, LearningRate: 0.1,
	}
	var phases []string
	var epochs int
	s, err := fakeRunner().Run(t.Context(), protocol.Job{Finetune: &job}, func(e protocol.Event) {
		if e.Status != nil && (len(phases) == 0 || phases[len(phases)-1] != e.Status.Phase) {
			phases = append(phases, e.Status.Phase)
		}
		if e.Epoch != nil {
			epochs++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	f := s.Finetune
	if want := []string{
		"loading", "evaluating", "training", "evaluating", "saving",
	}; !reflect.DeepEqual(phases, want) || epochs != 4 {
		t.Errorf("phases %v with %d epochs, want %v with 4", phases, epochs, want)
	}
	before, _ := training.Merit(f.Before)
	after, _ := training.Merit(f.After)
	if !(after > before+0.15) {
		t.Errorf("merit %.3f before and %.3f after", before, after)
	}
	if f.Before.Cases != 1 || f.After.Classes[0].VolumeErrorML == nil || f.Comparison.Better ||
		!strings.Contains(f.Comparison.Verdict, "1 held-out patient is too few") {
		t.Errorf("%d cases, verdict %q", f.Before.Cases, f.Comparison.Verdict)
	}
	if f.Synthetic || !strings.Contains(f.Note, studies[1].Alias) || len(f.Samples) != 3 {
		t.Errorf("synthetic %v, note %q, %d samples", f.Synthetic, f.Note, len(f.Samples))
	}
	for _, sample := range f.Samples {
		if sample.Study != studies[1].ID || sample.Differing == 0 || len(sample.Grey) != 48*48 ||
			differing(sample.Current, sample.New) != sample.Differing {
			t.Errorf("sample of %s, slice %d: %d differing", sample.Study, sample.Z,
				sample.Differing)
		}
	}
	checkCandidate(t, p, f, studies)
}

func checkCandidate(t *testing.T, p *project.Project, f *protocol.FinetuneSummary,
	studies []project.Study,
) {
	t.Helper()
	models, err := p.Models(t.Context())
	if err != nil || len(models) != 1 {
		t.Fatalf("models %v, %v", models, err)
	}
	m := models[0]
	if m.ID != f.Model || m.Name != "retrained-1" || m.Parent != project.Baseline ||
		m.State != project.Candidate {
		t.Errorf("model %+v", m)
	}
	if want := []string{fmt.Sprintf("%s@%d", studies[0].ID,
		studies[0].Revision)}; !reflect.DeepEqual(m.TrainedOn, want) {
		t.Errorf("trained on %v, want %v", m.TrainedOn, want)
	}
	var report protocol.FinetuneSummary
	if err := json.Unmarshal(m.Report, &report); err != nil || report.ModelName != m.Name ||
		report.Samples != nil {
		t.Errorf("report %s: %v", m.Report, err)
	}
	if _, info, err := (fake.Factory{}).Load(m.Path); err != nil || info.Name != "retrained-1" ||
		info.Size != 64 {
		t.Errorf("candidate %+v, %v", info, err)
	}
	content, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.Path, append(content, ' '), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fakeRunner().load(m.Path); err == nil ||
		!strings.Contains(err.Error(), "damaged") {
		t.Errorf("a model that is not what was stored: %v", err)
	}
	if err := os.WriteFile(m.Path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if now, err := p.CurrentModel(t.Context()); err != nil || now.ID == m.ID {
		t.Errorf("the candidate became the current model: %v", err)
	}
	if err := p.SetHoldout(t.Context(), studies[1].PatientKey, false); !errors.Is(err,
		project.ErrPinned) {
		t.Errorf("the scored patient can be trained on: %v", err)
	}
	if err := p.SetHoldout(t.Context(), studies[0].PatientKey, true); !errors.Is(err,
		project.ErrPinned) {
		t.Errorf("the patient trained on can be held out: %v", err)
	}
}

func TestFinetuneOfOnePatientScoresSyntheticStudies(t *testing.T) {
	p := annotated(t, 2)
	job := protocol.FinetuneJob{Project: p.Dir(), Base: BaselineModel, Steps: 3}
	s, err := fakeRunner().Run(t.Context(), protocol.Job{Finetune: &job}, func(protocol.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	f := s.Finetune
	if !f.Synthetic || f.Comparison.Better || f.Comparison.Patients != 0 || f.Note == "" ||
		f.Before.Cases == 0 {
		t.Errorf("synthetic %v, %d cases, verdict %q", f.Synthetic, f.Before.Cases,
			f.Comparison.Verdict)
	}
}

func TestATrainedPatientIsNeverHeldOut(t *testing.T) {
	p := annotated(t, 2, 0)
	job := protocol.FinetuneJob{Project: p.Dir(), Base: BaselineModel, Steps: 2}
	run := func() *protocol.FinetuneSummary {
		s, err := fakeRunner().Run(t.Context(), protocol.Job{Finetune: &job},
			func(protocol.Event) {})
		if err != nil {
			t.Fatal(err)
		}
		return s.Finetune
	}
	run()
	studies, err := p.Studies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, labels := bandsStudy(t, "patient 1", 6)
	// more slices than the first patient's: not the first choice
	review(t, p, studies[1].ID, labels, 6)
	f := run()
	if f.Synthetic || len(f.Studies) != 2 || f.Studies[0].Holdout || !f.Studies[1].Holdout {
		t.Errorf("studies %+v", f.Studies)
	}
	if f.ModelName != "retrained-2" {
		t.Errorf("named %s", f.ModelName)
	}
}

func TestATrainingWithoutAModelBindsNobody(t *testing.T) {
	p := annotated(t, 5, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	job := protocol.FinetuneJob{Project: p.Dir(), Base: BaselineModel, Steps: 200}
	_, err := fakeRunner().Run(ctx, protocol.Job{Finetune: &job}, func(e protocol.Event) {
		if e.Status != nil && e.Status.Phase == protocol.PhaseTraining {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the training ended with %v", err)
	}
	studies, err := p.Studies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range studies {
		if err := p.SetHoldout(t.Context(), s.PatientKey, !s.Holdout); err != nil {
			t.Errorf("%s is bound by a training of which no model came: %v", s.Alias, err)
		}
	}
}

func TestEstimateSaysWhatWillHappenAndChangesNothing(t *testing.T) {
	p := annotated(t, 5, 3)
	job := protocol.Job{Estimate: &protocol.FinetuneJob{
		Project: p.Dir(), Base: BaselineModel, Steps: 40,
	}}
	s, err := fakeRunner().Run(t.Context(), job, func(protocol.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	e := s.Estimate
	if !e.Ready || e.TrainSlices != 5 || e.HoldoutSlices != 3 || e.Steps != 40 ||
		e.ReplaySlices == 0 || len(e.Missing) != 1 {
		t.Errorf("estimate %+v", e)
	}
	if !(e.SecondsPerStep > 0 && e.Seconds >= 40*e.SecondsPerStep) {
		t.Errorf("%g s a step, %g s in all", e.SecondsPerStep, e.Seconds)
	}
	studies, err := p.Studies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range studies {
		if s.Holdout {
			t.Errorf("%s is held out by an estimate", s.Alias)
		}
		if err := p.SetHoldout(t.Context(), s.PatientKey, true); err != nil {
			t.Errorf("%s was pinned by an estimate: %v", s.Alias, err)
		}
	}
}

func TestNothingReviewed(t *testing.T) {
	p := annotated(t, 0)
	job := protocol.FinetuneJob{Project: p.Dir(), Base: BaselineModel}
	s, err := fakeRunner().Run(t.Context(), protocol.Job{Estimate: &job}, func(protocol.Event) {})
	if err != nil || s.Estimate.Ready || len(s.Estimate.Missing) != 1 {
		t.Errorf("estimate %+v, %v", s, err)
	}
	_, err = fakeRunner().Run(t.Context(), protocol.Job{Finetune: &job}, func(protocol.Event) {})
	var refused *protocol.JobError
	if !errors.As(err, &refused) || refused.Code != protocol.CodeNoData {
		t.Errorf("error %v", err)
	}
}

func TestMissingAndDamagedModels(t *testing.T) {
	p := annotated(t, 1)
	damaged := filepath.Join(t.TempDir(), "m.safetensors")
	if err := os.WriteFile(damaged, []byte("no model"), 0o644); err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]string{filepath.Join(t.TempDir(),
		"gone.safetensors"): "missing", damaged: "damaged"} {
		studies, err := p.Studies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		job := protocol.Job{Predict: &protocol.PredictJob{
			Project: p.Dir(), Study: studies[0].ID, Model: model,
		}}
		_, err = fakeRunner().Run(t.Context(), job, func(protocol.Event) {})
		var refused *protocol.JobError
		if !errors.As(err, &refused) || refused.Code != protocol.CodeModel ||
			!strings.Contains(refused.Message, want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
}

func TestPredictInTheOrderAskedFor(t *testing.T) {
	p := annotated(t, 1)
	studies, err := p.Studies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []int{4, 5, 3, 2, 0, 1}
	for _, order := range [][]int{want, nil, {6}} {
		job := protocol.Job{Predict: &protocol.PredictJob{
			Project: p.Dir(), Study: studies[0].ID, Model: BaselineModel, Slices: order,
		}}
		var got []int
		s, err := fakeRunner().Run(t.Context(), job, func(e protocol.Event) {
			if e.Slice != nil {
				got = append(got, e.Slice.Z)
				if len(e.Slice.Labels) != 48*48 {
					t.Errorf("slice %d has %d labels", e.Slice.Z, len(e.Slice.Labels))
				}
			}
		})
		switch {
		case len(order) == 1:
			if err == nil {
				t.Error("a slice that does not exist was predicted")
			}
		case err != nil || s.Predict.Slices != 6 || len(got) != 6:
			t.Errorf("slices %v, summary %+v, %v", got, s, err)
		case order != nil && !reflect.DeepEqual(got, order):
			t.Errorf("predicted in the order %v, want %v", got, order)
		}
	}
}

func TestEvaluateAProjectsHoldout(t *testing.T) {
	p := annotated(t, 2, 2)
	job := protocol.Job{Evaluate: &protocol.EvaluateJob{Project: p.Dir(), Model: BaselineModel}}
	if _, err := fakeRunner().Run(t.Context(), job, func(protocol.Event) {}); err == nil {
		t.Error("a project without held-out patients was scored")
	}
	studies, err := p.Studies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SetHoldout(t.Context(), studies[0].PatientKey, true); err != nil {
		t.Fatal(err)
	}
	s, err := fakeRunner().Run(t.Context(), job, func(protocol.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	r := s.Evaluate.Report
	// Five voxels of 0.02 ml … the reference volume is that of two slices' ground glass.
	if r.Cases != 1 || r.Classes[0].ReferenceML == nil || *r.Classes[0].ReferenceML < 1 {
		t.Errorf("report %+v", r)
	}
}

// A CT that cannot be measured is framed in training as it is in prediction: by its body.
func TestUnmeasurableCTIsNoPicture(t *testing.T) {
	g := volume.NewGeometry([3]int{6, 48, 48}, [3]float64{5, 2, 2}, volume.Point{})
	for _, c := range []struct{ calibrated, whole bool }{{true, false}, {false, true}} {
		x := calibrated{fake.Bands(6), map[string]project.Study{"a": {
			Alias: "a", Geometry: g, Calibrated: c.calibrated,
		}}}
		e, err := x.At(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if e.IsPicture() != c.whole {
			t.Errorf("calibrated %v: taken for a picture %v", c.calibrated, e.IsPicture())
		}
	}
}

// serve runs Serve on a pipe and returns its input and its decoded output.
func serve(t *testing.T, j *Runner) (io.WriteCloser, <-chan protocol.Event, <-chan error) {
	t.Helper()
	inRead, in := io.Pipe()
	outRead, out := io.Pipe()
	events, ended := make(chan protocol.Event, 100), make(chan error, 1)
	go func() {
		ended <- j.Serve(t.Context(), inRead, out)
		_ = out.Close()
	}()
	go func() {
		defer close(events)
		lines := bufio.NewReader(outRead)
		for {
			line, err := lines.ReadBytes('\n')
			if len(bytes.TrimSpace(line)) > 0 {
				var e protocol.Event
				if err := json.Unmarshal(line, &e); err != nil {
					t.Errorf("%s: %v", line, err)
				}
				events <- e
			}
			if err != nil {
				return
			}
		}
	}()
	return in, events, ended
}

// ending reads events until the one that ends a job.
func ending(t *testing.T, events <-chan protocol.Event) protocol.Event {
	t.Helper()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatal("the trainer ended without an answer")
			}
			if e.Summary != nil || e.Error != nil {
				return e
			}
		case <-time.After(20 * time.Second):
			t.Fatal("no answer")
		}
	}
}

func TestServe(t *testing.T) {
	p := annotated(t, 2, 2)
	steps := make(chan struct{}, 1000)
	nets := fake.Factory{OnStep: func() { steps <- struct{}{}; time.Sleep(time.Millisecond) }}
	j := &Runner{Networks: nets, Baseline: fake.Baseline}
	in, events, ended := serve(t, j)
	send := func(r protocol.Request) {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write(append(b, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	if e := <-events; e.Hello == nil || e.Hello.Device != "fake" {
		t.Errorf("the first message is %+v, want hello", e)
	}
	long := &protocol.Job{Finetune: &protocol.FinetuneJob{
		Project: p.Dir(), Base: BaselineModel, Steps: 900,
	}}
	send(protocol.Request{Type: protocol.TypeStart, ID: "1", Job: long})
	<-steps
	send(protocol.Request{Type: protocol.TypeStart, ID: "2", Job: long})
	if e := ending(t, events); e.ID != "2" || e.Error == nil || e.Error.Code != protocol.CodeBusy {
		t.Errorf("a second job is answered with %+v", e)
	}
	send(protocol.Request{Type: protocol.TypeStop, ID: "other"})
	send(protocol.Request{Type: protocol.TypeStop, ID: "1"})
	if e := ending(t, events); e.ID != "1" || e.Error == nil ||
		e.Error.Code != protocol.CodeCancelled {
		t.Errorf("a stopped job is answered with %+v", e)
	}
	if _, err := io.WriteString(in, "nonsense\n\n"); err != nil {
		t.Fatal(err)
	}
	if e := ending(t, events); e.Error == nil || e.Error.Code != protocol.CodeBadJob {
		t.Errorf("nonsense is answered with %+v", e)
	}
	send(protocol.Request{
		Type: protocol.TypeStart, ID: "3", Job: &protocol.Job{Estimate: long.Finetune},
	})
	if e := ending(t, events); e.ID != "3" || e.Summary == nil || e.Summary.Estimate == nil {
		t.Errorf("an estimate is answered with %+v", e)
	}
	send(protocol.Request{Type: protocol.TypeStart, ID: "4", Job: long})
	for len(steps) > 0 {
		<-steps
	}
	<-steps
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if e := ending(t, events); e.ID != "4" || e.Error == nil ||
		e.Error.Code != protocol.CodeCancelled {
		t.Errorf("the end of stdin ends a job with %+v", e)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
