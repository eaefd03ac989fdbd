package training

import (
	"bytes"
	"context"
	"image"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"glasswork/dataset/phantom"
	"glasswork/dataset/volume"
	"glasswork/training/augment"
)

// bodySlice is air with a dense ellipse and a small dense speck beside it.
func bodySlice(w, h int, body image.Rectangle) []int16 {
	hu := make([]int16, w*h)
	cx, cy := float64(body.Min.X+body.Max.X-1)/2, float64(body.Min.Y+body.Max.Y-1)/2
	rx, ry := float64(body.Dx())/2, float64(body.Dy())/2
	for i := range hu {
		x, y := (float64(i%w)-cx)/rx, (float64(i/w)-cy)/ry
		hu[i] = -1000
		if x*x+y*y <= 1 {
			hu[i] = 40
		}
	}
	for i := range 8 * 8 {
		hu[(i/8)*w+i%8] = 500
	}
	return hu
}

func TestFindBody(t *testing.T) {
	shape := image.Rect(100, 60, 420, 300)
	hu := bodySlice(512, 512, shape)
	for x := range 512 { // a table's shell under the body
		for y := 299; y < 305; y++ {
			hu[y*512+x] = 200
		}
	}
	for y := 150; y < 200; y++ { // lung, to the chest wall
		for x := 120; x < 200; x++ {
			hu[y*512+x] = -850
		}
	}
	b := findBody(hu, 512, 512)
	if !shape.Inset(6).In(b.box) || !b.box.In(shape.Inset(-3*bodyBlock)) {
		t.Errorf("the body's box is %v, want a tight one around %v", b.box, shape)
	}
	for _, c := range []struct {
		x, y int
		want bool
	}{{260, 180, true}, {150, 175, true}, {20, 302, false}, {500, 180, false}, {3, 3, false}, {511, 511, false}} {
		if got := b.contains(c.x, c.y); got != c.want {
			t.Errorf("pixel %d, %d in the body: %v", c.x, c.y, got)
		}
	}
}

// Where the picture cuts the body, lung at the border still belongs to it.
func TestABodyCutByThePicture(t *testing.T) {
	hu := make([]int16, 128*128)
	for i := range hu {
		if x := i % 128; x < 40 || x > 110 {
			hu[i] = -850
		}
	}
	b := findBody(hu, 128, 128)
	if b.contains(2, 60) || !b.contains(60, 2) || !b.contains(60, 127) {
		t.Error("a body cut above and below, with air at its sides")
	}
	for i := range hu {
		if y := i / 128; y < 20 {
			hu[i] = 40
		}
	}
	if b := findBody(hu, 128, 128); !b.contains(2, 60) || !b.contains(125, 60) {
		t.Error("lung cut by the picture's border is not in the body")
	}
}

func TestNoBody(t *testing.T) {
	air := make([]int16, 64*64)
	for i := range air {
		air[i] = -1000
	}
	for name, f := range map[string]Frame{"air": FrameOf(air, 64, 64, false, 32), "a tiny slice": FrameOf(make([]int16, 9), 3, 3, false, 32)} {
		if f.Box.Min != (image.Point{}) || f.body != nil {
			t.Errorf("%s: box %v, want the whole slice", name, f.Box)
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
		disc := bodySlice(c.w, c.h, c.box.Inset(c.box.Dx()/8))
		f := NewFrame(c.box, c.size)
		x := make([]float32, c.size*c.size)
		f.Fill(x, disc, c.w, DefaultWindow)
		probs := make([]float32, volume.NumClasses*len(x))
		for i, v := range x {
			probs[i], probs[len(x)+i] = 1-v, v
		}
		labels := bytes.Repeat([]byte{9}, c.w*c.h)
		f.Back(probs, labels, c.w)
		wrong := 0
		for i, l := range labels {
			inside := image.Pt(i%c.w, i/c.w).In(c.box)
			if want := inside && disc[i] > -600; want != (l == volume.GroundGlass) || l > 1 {
				wrong++
			}
		}
		if limit := 3 * (c.w + c.h); wrong > limit {
			t.Errorf("%v: %d pixels moved, more than the edge's %d", c, wrong, limit)
		}
	}
}

func TestWindowIsClipped(t *testing.T) {
	hu := []int16{-3000, -1350, -600, 150, 3000, -1350, -1350, -1350, -1350}
	p := newPlane(hu, 3, image.Rect(0, 0, 3, 3), DefaultWindow, 1)
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
	p := newPlane(hu, w, image.Rect(0, 0, w, w), DefaultWindow, 0.2)
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

// The image and its mask go the same way, whatever is drawn.
func TestAugmentMovesImageAndMaskTogether(t *testing.T) {
	e, err := bands(1).At(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	const size = 96
	x, y := make([]float32, size*size), make([]uint8, size*size)
	spec := Spec{Size: size, Window: DefaultWindow}
	for _, text := range []string{"E", "A{1}[0.08,0.35]H{0.5}T{1}", "C1", "V{0.5}G{1}[0.37]", "Z{1}[0.02,0.08]", "S{1}G{1}Z{1}A{1}H{1}"} {
		chain, err := augment.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		chain = slices.DeleteFunc(chain, func(t augment.Transform) bool { return t.Letter == 'B' })
		for seed := range uint64(20) {
			fillSample(x, y, e, spec, chain, rand.New(rand.NewPCG(seed, 0)))
			wrong := 0
			for i, class := range y {
				inside := x[i] > 0
				hu := float64(x[i])*DefaultWindow.Width - 1350
				if inside && math.Abs(hu-float64(bandHU[class])) > 120 {
					wrong++
				}
			}
			if wrong > size*size/5 { // edges of bands are blended
				t.Fatalf("%s, seed %d: %d of %d pixels do not fit their label", text, seed, wrong, size*size)
			}
		}
	}
}

// The same seed gives the same batches on any number of workers.
func TestFeederOrder(t *testing.T) {
	o := Options{Sources: []Source{{"a", bands(5), 1}, {"b", bands(9), 2}}, Seed: 3}
	var err error
	if o.Augment, err = augment.Parse("S{0.5}(G{1}|Z{1}){0.5}N{0.5}W{1}"); err != nil {
		t.Fatal(err)
	}
	spec := Spec{Size: 32, Window: DefaultWindow}
	var want []Batch
	for _, workers := range []int{1, 4} {
		s, err := newSampler(o)
		if err != nil {
			t.Fatal(err)
		}
		f := newFeeder(t.Context(), s, spec, 3, workers, 2)
		for i := range 6 {
			b, err := f.next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if workers == 1 {
				want = append(want, b)
			} else if !reflect.DeepEqual(b, want[i]) {
				t.Errorf("batch %d differs on %d workers", i, workers)
			}
		}
		f.close()
	}
	if reflect.DeepEqual(want[0], want[1]) {
		t.Error("two batches are the same")
	}
}

func TestSamplerWeights(t *testing.T) {
	s, err := newSampler(Options{Sources: []Source{{"a", bands(5), 1}, {"b", bands(9), 3}}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var from [2]int
	seen := map[int]int{}
	for _, d := range s.next(4000) {
		from[d.source]++
		if d.source == 0 {
			seen[d.index]++
		}
	}
	if from[0] < 850 || from[0] > 1150 {
		t.Errorf("%d of 4000 samples from a source of weight 1 in 4", from[0])
	}
	for i := range 5 {
		if n := seen[i]; n < from[0]/5-1 || n > from[0]/5+1 {
			t.Errorf("example %d was drawn %d times of %d", i, n, from[0])
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

// TestSlicesOfAirNeedNoNetwork counts what reaches the network of air, a chest and air.
func TestSlicesOfAirNeedNoNetwork(t *testing.T) {
	p, err := phantom.Generate(t.Context(), phantom.Options{Seed: 1, Slices: 3, Size: 96})
	if err != nil {
		t.Fatal(err)
	}
	air := make([]int16, 96*96)
	for i := range air {
		air[i] = -1000
	}
	seen := &counting{Learner: &fakeLearner{}}
	all := [][]int16{air, p.CT.Slice(1), air}
	n := 0
	predictor := NewPredictor(seen, Spec{Classes: volume.NumClasses, Size: 64, Window: DefaultWindow}, PredictOptions{Batch: 4})
	err = predictor.Each(t.Context(), len(all), func(i int) (Slice, error) {
		return Slice{HU: all[i], W: 96, H: 96}, nil
	}, func(i int, r Prediction) error {
		n++
		if i != 1 && r.Uncertainty != 0 {
			t.Errorf("slice %d of air is uncertain by %g", i, r.Uncertainty)
		}
		if len(r.Labels) != 96*96 {
			t.Errorf("slice %d has %d labels", i, len(r.Labels))
		}
		return nil
	})
	if err != nil || n != 3 || seen.n != 1 {
		t.Errorf("%d slices came back, %d went through the network (%v)", n, seen.n, err)
	}
}

// counting counts the slices that a learner predicts.
type counting struct {
	Learner
	n int
}

func (c *counting) Predict(ctx context.Context, x []float32, n, h, w int, probs []float32) error {
	c.n += n
	return c.Learner.Predict(ctx, x, n, h, w, probs)
}
