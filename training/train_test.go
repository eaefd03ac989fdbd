package training

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/training/inference"
	"glasswork/training/internal/fake"
	"glasswork/training/sampling"
	"glasswork/training/score"
)

func testOptions(steps int) Options {
	return Options{
		Sources: []sampling.Source{{Name: "bands", Examples: fake.Bands(12), Weight: 1}},
		Info:    fake.Info(), Schedule: Schedule{Peak: 0.05, Warmup: 5, Steps: steps},
		BatchSize: 2, Seed: 7, Workers: 2,
	}
}

func TestTrainLearns(t *testing.T) {
	o := testOptions(150)
	o.Validation, o.ValidateEvery = fake.Bands(4), 50
	var merits []float64
	o.OnEpoch = func(_, _ int, _ float64, r score.Report) {
		m, ok := Merit(r)
		if !ok {
			t.Fatal("the validation has no merit")
		}
		merits = append(merits, m)
	}
	l := &fake.Learner{}
	r, err := Train(t.Context(), l, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps != 150 || len(merits) != 3 {
		t.Errorf("%d steps, %d validations; want 150 and 3", r.Steps, len(merits))
	}
	best := slices.Max(merits)
	if got, _ := Merit(*r.Report); got != best || best < 0.5 {
		t.Errorf("best merit %.3f, reported %.3f; want the best, and at least 0.5", best, got)
	}
	ev, err := inference.Evaluate(t.Context(), l, o.Info.Spec, o.Validation,
		inference.EvaluateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := Merit(ev.Set.Report()); got != best {
		t.Errorf("the learner was left with weights of merit %.3f, the best were %.3f", got, best)
	}
}

func TestTrainKeepsTheLastWeightsIfTold(t *testing.T) {
	o := testOptions(20)
	o.Validation, o.ValidateEvery, o.KeepLast = fake.Bands(4), 5, true
	l := &fake.Learner{}
	if r, err := Train(t.Context(), l, o); err != nil || r.Report != nil {
		t.Fatalf("report %v, error %v; want neither", r.Report, err)
	}
	if l.Remembered != (fake.Learner{}).Remembered {
		t.Error("weights were chosen by the holdout")
	}
}

func TestTrainStopsEarly(t *testing.T) {
	o := testOptions(1000)
	o.Validation, o.ValidateEvery, o.Patience = fake.Bands(4), 5, 2
	o.Schedule = Schedule{Peak: 1e-12, Steps: 1000}
	r, err := Train(t.Context(), &fake.Learner{}, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps != 15 || r.BestStep != 5 {
		t.Errorf("stopped after %d steps with the weights of step %d, want 15 and 5", r.Steps,
			r.BestStep)
	}
}

// A run that is stopped and resumed ends with the very weights of one that was not.
func TestResumeIsExact(t *testing.T) {
	whole := &fake.Learner{}
	if _, err := Train(t.Context(), whole, testOptions(30)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	first := &fake.Learner{}
	o := testOptions(30)
	o.Dir, o.CheckpointEvery = dir, 10
	o.OnStep = func(p Progress) {
		if p.Step == 17 {
			cancel()
		}
	}
	if _, err := Train(ctx, first, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want cancelled", err)
	}
	path, err := LastCheckpoint(dir)
	if err != nil || filepath.Base(filepath.Dir(path)) != "checkpoint-000010" {
		t.Fatalf("last checkpoint %s, %v; want step 10", path, err)
	}
	second, _, err := fake.Factory{}.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	o.Resume, o.OnStep, o.Workers = true, nil, 1
	r, err := Train(t.Context(), second, o)
	if err != nil {
		t.Fatal(err)
	}
	if second.(*fake.Learner).W != whole.W || second.(*fake.Learner).Steps != 20 || r.Steps != 30 {
		t.Errorf("after %d more steps the weights differ from those of an undisturbed run",
			second.(*fake.Learner).Steps)
	}
	if old, _ := filepath.Glob(filepath.Join(dir, "checkpoint-*")); len(old) != 1 {
		t.Errorf("%d checkpoints left, want the last", len(old))
	}
	o.Seed = 8
	if _, err := Train(t.Context(), second, o); err == nil {
		t.Error("a run was resumed with another seed")
	}
}

func TestADivergedLossWritesNothing(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		o := testOptions(20)
		o.Dir, o.CheckpointEvery, o.ValidateEvery = t.TempDir(), 5, 5
		l := &fake.Learner{LossAt: func(step int, loss float64) float64 {
			if step == 9 { // its checkpoint would be the second
				return bad
			}
			return loss
		}}
		if _, err := Train(t.Context(), l, o); !errors.Is(err, ErrDiverged) {
			t.Fatalf("error %v, want ErrDiverged", err)
		}
		path, err := LastCheckpoint(o.Dir)
		if err != nil || filepath.Base(filepath.Dir(path)) != "checkpoint-000005" {
			t.Errorf("last checkpoint %s, %v; want that of step 5", path, err)
		}
	}
}

// A resumed run goes back to the best weights although they were found before the resume.
func TestTheBestWeightsOutliveAResume(t *testing.T) {
	dir := t.TempDir()
	o := testOptions(60)
	o.Dir, o.CheckpointEvery, o.ValidateEvery = dir, 10, 10
	o.StopOn, _ = ParseCriterion("loss")
	best := func(step int, loss float64) float64 {
		return []float64{3, 1}[min(step/10, 1)] + float64(step/20)
	}
	l := &fake.Learner{LossAt: best}
	ctx, cancel := context.WithCancel(t.Context())
	o.OnStep = func(p Progress) {
		if p.Step == 35 {
			cancel()
		}
	}
	if _, err := Train(ctx, l, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want cancelled", err)
	}
	path, err := LastCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	resumed, _, err := fake.Factory{LossAt: func(int, float64) float64 { return 9 }}.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	o.Resume, o.OnStep = true, nil
	r, err := Train(t.Context(), resumed, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps != 60 || r.BestStep != 20 || resumed.(*fake.Learner).W != l.Remembered {
		t.Errorf("after %d steps the learner has not the weights of step 20 (%d)", r.Steps,
			r.BestStep)
	}
}

// A run that used what Glasswork no longer has is not silently gone on with without it.
func TestRunsOfRemovedLeversAreNotResumed(t *testing.T) {
	for lever, settings := range map[string]string{
		"a moving average": `{"average":0.99}`, "mixed samples": `{"average":0,"mix":0.5}`,
		"teachers": `{"method":{"loss":{"kind":"ce","teachers":0.5}}}`,
	} {
		dir := t.TempDir()
		state := `{"step":10,"settings":` + settings + `}`
		if err := os.WriteFile(filepath.Join(dir, stateName), []byte(state), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := LastCheckpoint(dir); err == nil || !strings.Contains(err.Error(), lever) {
			t.Errorf("%s: %v", lever, err)
		}
	}
}

func TestTrainRefusesWhatItCannotLearnFrom(t *testing.T) {
	for name, sources := range map[string][]sampling.Source{
		"no source":  nil,
		"no slice":   {{Name: "empty", Examples: fake.Bands(0), Weight: 1}},
		"weight 0":   {{Name: "bands", Examples: fake.Bands(1)}},
		"weight NaN": {{Name: "bands", Examples: fake.Bands(1), Weight: math.NaN()}},
		"one of a two": {
			{Name: "bands", Examples: fake.Bands(1), Weight: 1},
			{Name: "empty", Examples: fake.Bands(0), Weight: 1},
		},
	} {
		o := testOptions(2)
		o.Sources = sources
		if _, err := Train(t.Context(), &fake.Learner{}, o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The study's way to stop: by the training loss, without a validation set.
func TestStopOnTheTrainingLoss(t *testing.T) {
	o := testOptions(1000)
	o.ValidateEvery, o.Patience = 5, 2
	o.StopOn, _ = ParseCriterion("loss")
	l := &fake.Learner{LossAt: func(step int, _ float64) float64 {
		return []float64{3, 2, 1, 1.5, 2, 9}[min(step/5, 5)]
	}}
	var losses []float64
	o.OnEpoch = func(_, _ int, loss float64, _ score.Report) { losses = append(losses, loss) }
	r, err := Train(t.Context(), l, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps != 25 || r.BestStep != 15 || !slices.Equal(losses, []float64{3, 2, 1, 1.5, 2}) {
		t.Errorf("stopped after %d steps with the weights of %d, losses %v; want 25, 15 and 3 2 "+
			"1 1.5 2", r.Steps, r.BestStep, losses)
	}
}
