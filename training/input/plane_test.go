package input

import (
	"image"
	"math"
	"testing"

	"glasswork/training/network"
)

func TestWindowIsClipped(t *testing.T) {
	hu := []int16{-3000, -1350, -600, 150, 3000, -1350, -1350, -1350, -1350}
	p := newPlane(hu, 3, image.Rect(0, 0, 3, 3), network.DefaultWindow, 1)
	for i, want := range []float32{0, 0, 0.5, 1, 1} {
		if math.Abs(float64(p.values[i]-want)) > 1e-6 {
			t.Errorf("%d HU becomes %g, want %g", hu[i], p.values[i], want)
		}
	}
}

// Halving keeps positions: a ramp stays the same ramp in slice coordinates.
func TestHalvedPlaneKeepsPlaces(t *testing.T) {
	const w = 64
	hu := make([]int16, w*w)
	for i := range hu {
		hu[i] = int16(-1350 + 20*(i%w))
	}
	p := newPlane(hu, w, image.Rect(0, 0, w, w), network.DefaultWindow, 0.2)
	if p.step != 4 {
		t.Fatalf("one pixel is %d, want 4", p.step)
	}
	dst, xs, ys := make([]float32, 8), make([]float64, 8), make([]float64, 8)
	for u := range xs {
		xs[u], ys[u] = float64(10+6*u), 28
	}
	p.row(dst, xs, ys)
	for u := range 8 {
		want := 20 * float64(10+6*u) / 1500
		if math.Abs(float64(dst[u])-want) > 1e-3 {
			t.Errorf("column %d: %g, want %g", 10+6*u, dst[u], want)
		}
	}
}
