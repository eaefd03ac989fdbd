package score

import (
	"math/rand/v2"
	"slices"
)

// resamples is the number of bootstrap draws: the 95 % ends are then good to about
// a tenth of the interval's width.
const resamples = 2000

// interval is the percentile bootstrap of a pooled score over patients (Efron and
// Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3). outcomes holds
// one entry a patient.
func interval(outcomes []outcome, of func(outcome) *float64) *Interval {
	return bootstrap(len(outcomes), func(draw []int) *float64 {
		var o outcome
		for _, i := range draw {
			o = o.plus(outcomes[i])
		}
		return of(o)
	})
}

// meanInterval is the same for the mean of a score over cases; cases holds one list a patient.
func meanInterval(cases [][]outcome, of func(outcome) *float64) *Interval {
	return bootstrap(len(cases), func(draw []int) *float64 {
		total, n := 0.0, 0
		for _, i := range draw {
			for _, o := range cases[i] {
				if v := of(o); v != nil {
					total += *v
					n++
				}
			}
		}
		if n == 0 {
			return nil
		}
		total /= float64(n)
		return &total
	})
}

// pairedInterval is the same as interval for the difference of two models scored on the same
// patients.
func pairedInterval(current, next []outcome, of func(outcome) *float64) *Interval {
	if len(current) != len(next) {
		return nil // not the same patients: nothing is paired
	}
	return bootstrap(len(current), func(draw []int) *float64 {
		var a, b outcome
		for _, i := range draw {
			a, b = a.plus(current[i]), b.plus(next[i])
		}
		return minus(of(b), of(a))
	})
}

// bootstrap draws n of n patients with replacement and returns the middle 95 % of what
// statistic says of the draws. The same input gives the same interval. nil if n < 2 or if
// the statistic is undefined on more than half of the draws.
func bootstrap(n int, statistic func(draw []int) *float64) *Interval {
	if n < 2 {
		return nil
	}
	rng := rand.New(rand.NewPCG(uint64(n), resamples))
	draw := make([]int, n)
	values := make([]float64, 0, resamples)
	for range resamples {
		for i := range draw {
			draw[i] = rng.IntN(n)
		}
		if v := statistic(draw); v != nil {
			values = append(values, *v)
		}
	}
	if len(values) < resamples/2 {
		return nil
	}
	slices.Sort(values)
	cut := len(values) / 40
	return &Interval{Low: values[cut], High: values[len(values)-1-cut]}
}

// minus is a − b, nil if either is undefined.
func minus(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	d := *a - *b
	return &d
}
