package input

import (
	"bytes"
	"image"
	"math"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/training/internal/fake"
	"glasswork/training/network"
)

func TestNoBody(t *testing.T) {
	air := make([]int16, 64*64)
	for i := range air {
		air[i] = -1000
	}
	for name, s := range map[string]Slice{
		"air": {HU: air, W: 64, H: 64}, "a tiny slice": {HU: make([]int16, 9), W: 3, H: 3},
	} {
		f, ok := s.Frame(32)
		if f.Box.Min != (image.Point{}) || f.body != nil || ok {
			t.Errorf("%s: box %v, want the whole slice and no body", name, f.Box)
		}
	}
}

// What is put on the network's square and back lies where it was.
func TestFrameAndBack(t *testing.T) {
	for _, c := range []struct {
		w, h, size int
		box        image.Rectangle
	}{
		{512, 512, 256, image.Rect(100, 60, 420, 300)},
		{200, 500, 128, image.Rect(0, 0, 200, 500)},
		{40, 30, 256, image.Rect(0, 0, 40, 30)},
	} {
		disc := fake.BodySlice(c.w, c.h, c.box.Inset(c.box.Dx()/8))
		f := newFrame(c.box, c.size)
		x := make([]float32, c.size*c.size)
		f.Fill(x, Slice{HU: disc, W: c.w, H: c.h}, network.Spec{Window: network.DefaultWindow})
		probs := make([]float32, classes.Count*len(x))
		for i, v := range x {
			probs[i], probs[len(x)+i] = 1-v, v
		}
		labels := bytes.Repeat([]byte{9}, c.w*c.h)
		f.Back(probs, labels, c.w)
		wrong := 0
		for i, l := range labels {
			inside := image.Pt(i%c.w, i/c.w).In(c.box)
			if want := inside && disc[i] > -600; want != (l == classes.GroundGlass) || l > 1 {
				wrong++
			}
		}
		if limit := 3 * (c.w + c.h); wrong > limit {
			t.Errorf("%v: %d pixels moved, more than the edge's %d", c, wrong, limit)
		}
	}
}

func TestUncertainty(t *testing.T) {
	f := Frame{Size: 1}
	for _, c := range []struct {
		probs []float32
		want  float64
	}{
		{[]float32{1, 0, 0, 0}, 0},
		{[]float32{0, 0, 1, 0}, 0},
		{[]float32{0.2499, 0.2501, 0.25, 0.25}, 1},
		{[]float32{0, 0.5, 0, 0.5}, 0.5},
	} {
		if got := f.Uncertainty(c.probs); math.Abs(got-c.want) > 1e-3 {
			t.Errorf("Uncertainty(%v) = %g, want %g", c.probs, got, c.want)
		}
	}
}
