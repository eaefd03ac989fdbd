package training

import (
	"math"
	"testing"
)

func TestSchedule(t *testing.T) {
	cosine := Schedule{Peak: 1, Warmup: 10, Steps: 110}
	poly := Schedule{Peak: 1, Steps: 100, Course: Poly}
	linear := Schedule{Peak: 2, Steps: 100, Course: Poly, Power: 1}
	constant := Schedule{Peak: 0.5, Warmup: 4, Steps: 100, Course: Constant}
	// numbers of torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=100)
	cycle := Schedule{Peak: 1, Steps: 100, Course: OneCycle, Warmup: 50}
	for _, c := range []struct {
		s    Schedule
		step int
		want float64
	}{
		{cosine, 0, 0.1},
		{cosine, 9, 1},
		{cosine, 10, 1},
		{cosine, 60, 0.5},
		{cosine, 110, 0},
		{cosine, 500, 0},
		{poly, 0, 1},
		{poly, 50, math.Pow(0.5, 0.9)},
		{poly, 100, 0},
		{linear, 25, 1.5},
		{constant, 0, 0.125},
		{constant, 4, 0.5},
		{constant, 99, 0.5},
		{cycle, 0, 0.04},
		{cycle, 10, 0.295163948464},
		{cycle, 29, 1},
		{cycle, 60, 0.589280090286},
		{cycle, 99, 4e-6},
		{cycle, 500, 4e-6},
	} {
		if got := c.s.At(c.step); math.Abs(got-c.want) > 1e-11 {
			t.Errorf("%+v at %d = %g, want %g", c.s, c.step, got, c.want)
		}
	}
}

func TestScheduleValidate(t *testing.T) {
	for name, s := range map[string]Schedule{
		"no rate":      {Steps: 1},
		"rate NaN":     {Peak: math.NaN(), Steps: 1},
		"no step":      {Peak: 1},
		"other course": {Peak: 1, Steps: 1, Course: "linear"},
		"exponent":     {Peak: 1, Steps: 1, Power: -1},
		"warm-up":      {Peak: 1, Steps: 1, Warmup: -1},
	} {
		if s.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
