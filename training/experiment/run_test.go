package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"glasswork/dataset/classes"
)

// testRunner is a runner of a small suite in dir.
func testRunner(t *testing.T, dir string, p Protocol, suite string,
	seeds int,
) (*Runner, *fakeNetworks) {
	t.Helper()
	s, err := ParseSuite([]byte(suite))
	if err != nil {
		t.Fatal(err)
	}
	s.Name = "test"
	d := &Data{Names: []string{"bands"}, Pool: bands(40), TestFrom: 40}
	plan, err := NewPlan(s, p, Settings{Size: 32, Batch: 8, Epochs: 16, Rate: 0.01}, seeds, d)
	if err != nil {
		t.Fatal(err)
	}
	if plan, err = plan.Open(dir); err != nil {
		t.Fatal(err)
	}
	nets := &fakeNetworks{}
	return &Runner{Networks: nets, Plan: plan, Dir: dir, Data: d, Workers: 2}, nets
}

const twoColumns = `[{"name": "E"}, {"name": "V", "augment": "V{0.5}"}]`

func results(t *testing.T, r *Runner) []Result {
	t.Helper()
	var all []Result
	for _, run := range r.Plan.Runs(r.Dir) {
		result, ok, err := run.Result()
		if !ok || err != nil {
			t.Fatalf("%s: %v, %v", run, ok, err)
		}
		result.Seconds = 0
		for i := range result.Curve {
			result.Curve[i].Seconds = 0
		}
		all = append(all, result)
	}
	return all
}

func TestRunByBothProtocols(t *testing.T) {
	for _, p := range []Protocol{Published, Patient} {
		r, _ := testRunner(t, t.TempDir(), p, twoColumns, 2)
		out, err := r.Run(t.Context(), nil)
		if err != nil || out.Done != 4 || len(out.Failed) > 0 {
			t.Fatalf("%s: %+v, %v", p, out, err)
		}
		for _, result := range results(t, r) {
			if result.Epochs < 1 || result.Epochs > 16 || len(result.Curve) != result.Epochs ||
				result.Best < 1 || len(result.Examples) != maxSamples {
				t.Errorf("%s: %d epochs, best %d, %d points, %d examples", p, result.Epochs,
					result.Best, len(result.Curve), len(result.Examples))
			}
			if p == Published && (result.IoU[classes.GroundGlass] == nil ||
				result.Accuracy == nil || result.Loss != result.Curve[result.Best-1].Loss ||
				result.Cases != nil) {
				t.Errorf("published: %+v", result)
			}
			if p == Patient && (len(result.Cases) == 0 || result.Accuracy != nil) {
				t.Errorf("patient: %d cases", len(result.Cases))
			}
		}
		left, _ := filepath.Glob(filepath.Join(r.Dir, "runs", "*", "checkpoint-*"))
		if len(left) > 0 {
			t.Errorf("%s: finished runs keep %v", p, left)
		}
	}
}

// The study's protocol: the loss is a sum over a pass's batches, and the network is told to
// learn and to predict as the study did.
func TestPublishedOptions(t *testing.T) {
	r, _ := testRunner(t, t.TempDir(), Published, `[{"name": "E"}]`, 1)
	run := r.Plan.Runs(r.Dir)[0]
	s, err := r.sources(t.Context(), run.Column.Settings)
	if err != nil {
		t.Fatal(err)
	}
	o, pass, err := run.options(Published, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if pass != 4 || s.train.Examples.Len() != 32 || s.test.Examples.Len() != 8 {
		t.Errorf("%d steps a pass over %d slices, %d for the test", pass, s.train.Examples.Len(),
			s.test.Examples.Len())
	}
	if !o.InOrder || !o.BatchNormalised || o.StopOn.String() != "loss" || o.Evaluate.Batch != 8 ||
		o.Patience != 5 ||
		o.Loss.Kind != "softmax-ce" || o.Optimiser.Kind != "adam" || o.Schedule.At(0) != 0.01 ||
		o.Schedule.At(20) != 0.01 || len(o.Augment) != 0 || o.Augment == nil {
		t.Errorf("options %+v", o)
	}
}

// A run that is stopped goes on from its checkpoint and ends as if it had not been; what
// is finished is not done again.
func TestStoppedRunsGoOn(t *testing.T) {
	for _, p := range []Protocol{Published, Patient} {
		whole, _ := testRunner(t, t.TempDir(), p, twoColumns, 1)
		if _, err := whole.Run(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		want := results(t, whole)

		dir := t.TempDir()
		r, nets := testRunner(t, dir, p, twoColumns, 1)
		ctx, cancel := context.WithCancel(t.Context())
		first := int64(want[0].Curve[len(want[0].Curve)-1].Step)
		nets.onStep = func(step int64) error {
			if step == first+42 { // after the first checkpoint
				cancel()
			}
			return nil
		}
		out, err := r.Run(ctx, nil)
		if !errors.Is(err, context.Canceled) || out.Done != 1 {
			t.Fatalf("%s: %+v, %v", p, out, err)
		}
		second := r.Plan.Runs(dir)[1]
		if s := second.State(); s != "stopped" {
			t.Errorf("%s: the second run is %s", p, s)
		}
		r, nets = testRunner(t, dir, p, twoColumns, 1)
		out, err = r.Run(t.Context(), nil)
		// made to check the names
		if err != nil || out.Before != 1 || out.Done != 1 || nets.made.Load() != 1 ||
			nets.loaded.Load() != 1 {
			t.Fatalf("%s: %+v, %d made, %d loaded, %v", p, out, nets.made.Load(),
				nets.loaded.Load(), err)
		}
		if got := results(t, r); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: a stopped run ends otherwise:\n%+v\nwant\n%+v", p, got[1].Curve,
				want[1].Curve)
		}
	}
}

// Two processes share the runs of an experiment: none is done twice.
func TestRunsAreShared(t *testing.T) {
	dir := t.TempDir()
	a, _ := testRunner(t, dir, Patient, twoColumns, 3)
	b, _ := testRunner(t, dir, Patient, twoColumns, 3)
	var outs [2]Outcome
	var wait sync.WaitGroup
	for i, r := range []*Runner{a, b} {
		wait.Go(func() {
			var err error
			if outs[i], err = r.Run(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if outs[0].Done+outs[1].Done != 6 {
		t.Errorf("%+v", outs)
	}
	results(t, a)
}

func TestARunInUseIsLeftAlone(t *testing.T) {
	r, nets := testRunner(t, t.TempDir(), Patient, twoColumns, 1)
	first := r.Plan.Runs(r.Dir)[0]
	if err := os.MkdirAll(first.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	release, err := lock(first.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if s := first.State(); s != "running" {
		t.Errorf("state %q", s)
	}
	out, err := r.Run(t.Context(), []int{1})
	if err != nil || out.Busy != 1 || nets.steps.Load() != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	release()
	if out, err = r.Run(t.Context(), []int{1}); err != nil || out.Done != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	if s := r.Plan.Runs(r.Dir)[1].State(); s != "not begun" {
		t.Errorf("the other column is %s", s)
	}
}

// A column that fails is named, the others are done.
func TestFailuresLeaveTheOthers(t *testing.T) {
	r, nets := testRunner(t, t.TempDir(), Published, twoColumns, 1)
	nets.onStep = func(step int64) error {
		if step == 2 {
			return errors.New("not enough memory")
		}
		return nil
	}
	out, err := r.Run(t.Context(), nil)
	if err != nil || len(out.Failed) != 1 || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if !strings.Contains(out.Failed[0].Error(), "column 1, E, seed 1: not enough memory") {
		t.Errorf("failed with %v", out.Failed[0])
	}
	if s := r.Plan.Runs(r.Dir)[0].State(); s != "failed" {
		t.Errorf("state %q", s)
	}
	nets.onStep = nil
	if out, err = r.Run(t.Context(), nil); err != nil || out.Done != 1 || out.Before != 1 {
		t.Errorf("tried again: %+v, %v", out, err)
	}
}

func TestTwoClasses(t *testing.T) {
	for _, p := range []Protocol{Published, Patient} {
		r, _ := testRunner(t, t.TempDir(), p, `[{"name": "lung", "classes": 2}]`, 1)
		if out, err := r.Run(t.Context(), nil); err != nil || out.Done != 1 {
			t.Fatalf("%s: %+v, %v", p, out, err)
		}
		result := results(t, r)[0]
		if p == Published && (result.IoU[classes.GroundGlass] != nil ||
			result.IoU[classes.LungsOther] == nil || *result.IoU[classes.LungsOther] < 0.9) {
			t.Errorf("IoU %v", result.IoU)
		}
		for _, c := range result.Cases {
			if c.Confusion[1] != [classes.Count]int64{} || c.Confusion[3][3] == 0 {
				t.Errorf("confusion %v", c.Confusion)
			}
		}
	}
}

func TestNoSuchColumn(t *testing.T) {
	r, _ := testRunner(t, t.TempDir(), Patient, twoColumns, 1)
	if _, err := r.Run(t.Context(), []int{3}); err == nil ||
		err.Error() != "there is no column 3; the suite has 2" {
		t.Error(err)
	}
}
