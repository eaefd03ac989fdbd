package training

import "math"

// Schedule is the course of the learning rate.
type Schedule struct {
	// Peak is the highest learning rate.
	Peak float64
	// Warmup steps rise linearly to Peak; from there it falls to 0 at Steps.
	Warmup, Steps int
	// Poly is the exponent of a polynomial decay (nnU-Net uses 0.9); 0 means a cosine.
	Poly float64
}

// At is the learning rate of step (0 is the first).
func (s Schedule) At(step int) float64 {
	if step < s.Warmup {
		return s.Peak * float64(step+1) / float64(s.Warmup)
	}
	t := float64(step-s.Warmup) / float64(max(s.Steps-s.Warmup, 1))
	t = min(max(t, 0), 1)
	if s.Poly > 0 {
		return s.Peak * math.Pow(1-t, s.Poly)
	}
	return s.Peak * (1 + math.Cos(math.Pi*t)) / 2
}
