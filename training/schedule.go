package training

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Courses of the learning rate after its warm-up.
const (
	Cosine = "cosine" // falls to 0 on half a cosine
	Poly   = "poly"   // falls to 0 as (1−t)^Power
	// OneCycle rises and falls (Smith and Topin 2018, arXiv:1708.07120), with PyTorch's
	// default numbers.
	OneCycle = "onecycle"
	Constant = "constant"
)

// Courses are all of them.
func Courses() []string { return []string{Cosine, Poly, OneCycle, Constant} }

// Schedule is the course of the learning rate.
type Schedule struct {
	// Peak is the highest learning rate.
	Peak float64
	// Course is one of Courses; empty means Cosine.
	Course string
	// Warmup steps rise linearly to Peak; from there Course goes on to Steps. OneCycle
	// has a rise of its own instead.
	Warmup, Steps int
	// Power is Poly's exponent; 0 means 0.9, which nnU-Net uses.
	Power float64
}

// One-cycle's numbers, as torch.optim.lr_scheduler.OneCycleLR has them.
const (
	cycleRise  = 0.3
	cycleStart = 1.0 / 25
	cycleEnd   = 1.0 / 25 / 1e4
)

// At is the learning rate of step (0 is the first).
func (s Schedule) At(step int) float64 {
	switch {
	case s.Course == OneCycle:
		return s.Peak * s.cycle(step)
	case step < s.Warmup:
		return s.Peak * float64(step+1) / float64(s.Warmup)
	}
	t := float64(step-s.Warmup) / float64(max(s.Steps-s.Warmup, 1))
	t = min(max(t, 0), 1)
	switch s.Course {
	case Constant:
		return s.Peak
	case Poly:
		power := s.Power
		if power == 0 {
			power = 0.9
		}
		return s.Peak * math.Pow(1-t, power)
	}
	return s.Peak * ease(1, 0, t)
}

// cycle is one-cycle's share of the peak.
func (s Schedule) cycle(step int) float64 {
	last := float64(max(s.Steps-1, 1))
	top := cycleRise*float64(s.Steps) - 1
	at := min(float64(step), last)
	if at <= top {
		return ease(cycleStart, 1, at/top)
	}
	return ease(1, cycleEnd, (at-top)/(last-top))
}

// ease goes from a to b on half a cosine as t goes from 0 to 1.
func ease(a, b, t float64) float64 { return b + (a-b)*(1+math.Cos(math.Pi*t))/2 }

// Validate says what is wrong with the schedule.
func (s Schedule) Validate() error {
	switch {
	case !(s.Peak > 0) || math.IsInf(s.Peak, 0):
		return fmt.Errorf("a learning rate of %g cannot train: it must be greater than 0", s.Peak)
	case s.Course != "" && !slices.Contains(Courses(), s.Course):
		return fmt.Errorf("the learning rate's course %q is none of %s", s.Course,
			strings.Join(Courses(), ", "))
	case s.Steps < 1 || s.Warmup < 0:
		return fmt.Errorf("%d steps with a warm-up of %d cannot be trained", s.Steps, s.Warmup)
	case s.Power < 0:
		return fmt.Errorf("the exponent %g of the learning rate's course is less than 0", s.Power)
	}
	return nil
}
