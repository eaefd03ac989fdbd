package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

func TestChooseDevice(t *testing.T) {
	tests := []struct {
		name string
		gpus int
		want torch.Device
		err  string
	}{
		{"", 0, torch.CPU, ""},
		{"auto", 0, torch.CPU, ""},
		{"auto", 2, 0, ""},
		{"cpu", 2, torch.CPU, ""},
		{"cuda", 1, 0, ""},
		{"cuda:1", 2, 1, ""},
		{"cuda:2", 2, 0, "no cuda:2: 2 GPUs answer"},
		{"cuda:0", 0, 0, "no GPU answers"},
		{"cuda:-1", 2, 0, "none of"},
		{"cuda:x", 2, 0, "none of"},
		{"tpu", 2, 0, "none of"},
	}
	for _, tt := range tests {
		got, err := chooseDevice(tt.name, func() int { return tt.gpus })
		if tt.err == "" && (err != nil || got != tt.want) || tt.err != "" && (err == nil ||
			!strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%q with %d GPUs: %v, %v; want %v, %q", tt.name, tt.gpus, got, err, tt.want,
				tt.err)
		}
	}
	if deviceName(torch.CPU) != "cpu" || deviceName(1) != "cuda:1" {
		t.Error("devices have other names")
	}
}

// TestUntilItFits gives a fake memory of three samples.
func TestUntilItFits(t *testing.T) {
	var tried []int
	limit := 0
	try := func(part int) error {
		tried = append(tried, part)
		if part > 3 {
			return fmt.Errorf("convolution: %w", network.ErrMemory)
		}
		return nil
	}
	for range 2 {
		if err := untilItFits(16, &limit, try); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{16, 8, 4, 2, 2}; !slices.Equal(tried, want) {
		t.Errorf("tried %v, want %v", tried, want)
	}
	limit = 0
	if err := untilItFits(4, &limit, func(int) error {
		return network.ErrMemory
	}); !errors.Is(err, network.ErrMemory) {
		t.Errorf("memory for nothing: %v", err)
	}
	other := errors.New("other")
	if err := untilItFits(4, &limit, func(int) error { return other }); !errors.Is(err, other) {
		t.Errorf("another error: %v", err)
	}
}

// TestStepInParts holds that parts of a batch give a step like the whole: the loss is that
// of the parts, which differs only by what batch norm sees.
func TestStepInParts(t *testing.T) {
	whole, parts := newLearner(t, 3), newLearner(t, 3)
	parts.limit = 2
	b := quarters(4, 5)
	want, got := step(t, whole, b), step(t, parts, b)
	if math.Abs(got-want) > 0.1*want {
		t.Errorf("the loss in parts is %g, of the whole %g", got, want)
	}
	for range 30 {
		got = step(t, parts, b)
	}
	if got > want/2 {
		t.Errorf("the loss went from %g to %g in 30 steps in parts", want, got)
	}
}

func TestLossScale(t *testing.T) {
	var s lossScale
	f := s.factor()
	if s.fits([][]float32{{1, float32(math.Inf(1))}}) || s.factor() != f/2 {
		t.Errorf("after an overflow the factor is %g, was %g", s.factor(), f)
	}
	g := [][]float32{{s.factor(), 2 * s.factor()}}
	if !s.fits(g) || !slices.Equal(g[0], []float32{1, 2}) {
		t.Errorf("gradients are %v", g)
	}
	for range scaleGrows {
		s.fits(g)
	}
	if s.factor() != f {
		t.Errorf("after %d good steps the factor is %g, want %g", scaleGrows, s.factor(), f)
	}
}

// TestDoubleWhileFaster gives fake times and a fake memory.
func TestDoubleWhileFaster(t *testing.T) {
	tests := []struct {
		name   string
		limit  int
		fits   int
		each   func(n int) float64 // seconds a picture
		want   int
		failed bool
	}{
		{"memory ends", 64, 20, func(n int) float64 { return 1 / float64(n) }, 16, false},
		{"limit", 8, 99, func(n int) float64 { return 1 / float64(n) }, 8, false},
		{"no faster", 64, 99, func(n int) float64 { return max(1, 8/float64(n)) }, 8, false},
		{"nothing fits", 64, 1, func(n int) float64 { return 1 }, 0, true},
	}
	for _, tt := range tests {
		got, err := doubleWhileFaster(t.Context(), tt.limit, func(n int) (time.Duration, error) {
			if n > tt.fits {
				return 0, network.ErrMemory
			}
			return time.Duration(tt.each(n) * float64(n) * float64(time.Second)), nil
		})
		if got != tt.want || (err != nil) != tt.failed {
			t.Errorf("%s: %d, %v; want %d", tt.name, got, err, tt.want)
		}
	}
}

// TestFitBatchLeavesTheWeights tries two sizes on a real network.
func TestFitBatchLeavesTheWeights(t *testing.T) {
	l := newLearner(t, 4)
	before := slices.Clone(l.net.values)
	n, err := l.FitBatch(t.Context(), small, 4)
	if err != nil || n != 2 && n != 4 {
		t.Errorf("FitBatch: %d, %v", n, err)
	}
	if !slices.Equal(before, l.net.values) {
		t.Error("trying changed the weights")
	}
}
