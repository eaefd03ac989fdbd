package recipe

import (
	"slices"
	"strings"
	"testing"

	"glasswork/training"
)

func TestARecipeThatMakesNoSenseIsRefused(t *testing.T) {
	good := Default()
	good.Data, good.Out = []string{"a", "b"}, "out"
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Recipe){
		"multiple of 32": func(r *Recipe) { r.Size = 100 },
		"at least 1":     func(r *Recipe) { r.Epochs = 0 },
		"less than 0":    func(r *Recipe) { r.Steps = -1 },
		"in HU":          func(r *Recipe) { r.Window.Width = 0 },
		"1 weights":      func(r *Recipe) { r.Weights = []float64{1} },
		"checkpoints":    func(r *Recipe) { r.Keep = -1 },
		"between 0":      func(r *Recipe) { r.DensityNames = 1.5 },
		"no folder":      func(r *Recipe) { r.Out = "" },
	} {
		r := good
		spoil(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

func TestTheLoopIsSetAsTheRecipeSays(t *testing.T) {
	r := Default()
	r.Data, r.Validation = []string{"phantom:3@1", "phantom:2@2"}, []string{"phantom:1@3"}
	r.Weights, r.DensityNames = []float64{1, 3}, 0.25
	r.Batch, r.Epochs, r.Out = 2, 4, "runs/first"
	o, err := r.options(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Schedule.Steps != 4*3 || o.Schedule.Warmup != 1 || o.ValidateEvery != 1 || o.Older != 0 {
		t.Errorf("schedule %+v, validation every %d steps, %d older checkpoints",
			o.Schedule, o.ValidateEvery, o.Older)
	}
	var weights []float64
	for _, s := range o.Sources {
		weights = append(weights, s.Weight)
	}
	if !slices.Equal(weights, []float64{0.75, 0.25, 2.25, 0.75}) || o.Validation.Len() != 1 {
		t.Errorf("weights %v, %d slices to validate on", weights, o.Validation.Len())
	}
	if o.Info.Name != "first" || o.Info.Provenance["data"] != "phantom:3@1, phantom:2@2" {
		t.Errorf("the header says %+v", o.Info)
	}
	if o.Optimiser.Momentum != 0 || o.Loss.Gamma != 0 {
		t.Error("what only other optimisers and losses use is passed on")
	}
	r.Schedule.Course = "zigzag"
	if err := r.fill(&training.Options{}); err == nil {
		t.Error("a course that does not exist is taken")
	}
}

func TestShortNamesLeaveTheFoldersOfTheMachineOut(t *testing.T) {
	got := ShortNames([]string{"/home/reader/covid/train", "covid/train/", "phantom:4"})
	if !slices.Equal(got, []string{"covid/train", "covid/train", "phantom:4"}) {
		t.Errorf("ShortNames = %q", got)
	}
}
