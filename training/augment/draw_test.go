package augment

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const side = 20

func rngOf(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func chainOf(t *testing.T, text string) Chain {
	t.Helper()
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// places are where the pixels of a drawn square come from, [v][u] as (x, y).
func places(d Draw) [side][side][2]float64 {
	var all [side][side][2]float64
	xs, ys := make([]float64, side), make([]float64, side)
	for v := range side {
		d.Row(v, xs, ys)
		for u := range side {
			all[v][u] = [2]float64{xs[u], ys[u]}
		}
	}
	return all
}

func TestFlipsAndTurns(t *testing.T) {
	for text, want := range map[string][2]float64{ // of column 3, row 5
		"E": {3, 5}, "V{1}": {3, 14}, "H{1}": {16, 5}, "H{1}V{1}": {16, 14}, "V{1}V{1}": {3, 5},
		"V{0}H{0}": {3, 5},
	} {
		if got := places(chainOf(t, text).Draw(rngOf(1), side))[5][3]; math.Hypot(got[0]-want[0],
			got[1]-want[1]) > 1e-9 {
			t.Errorf("%s: the pixel comes from %v, want %v", text, got, want)
		}
	}
	seen := map[[2]int]bool{}
	for seed := range uint64(200) {
		p := places(chainOf(t, "H{0.5}T{1}").Draw(rngOf(seed), side))[5][3]
		seen[[2]int{int(math.Round(p[0])), int(math.Round(p[1]))}] = true
	}
	if len(seen) != 8 {
		t.Errorf("H{0.5}T{1} has %d orientations, want 8: %v", len(seen), seen)
	}
}

// A chain's first transform is the first that is applied to the picture.
func TestGeometryIsComposedInOrder(t *testing.T) {
	// to the right by 4, the border replicated
	shift := replicated{Affine{1, 0, -4, 0, 1, 0}, side - 1}
	flip := Affine{XX: -1, YY: 1}.about(side)
	first := places(Draw{size: side, warps: []warp{shift, flip}})
	if got := first[0][0]; got != [2]float64{15, 0} {
		t.Errorf("shifted, then flipped: the corner comes from %v, want 15, 0", got)
	}
	if got := first[0][side-1]; got != [2]float64{0, 0} {
		t.Errorf("shifted, then flipped: the other corner comes from %v, want the replicated "+
			"border", got)
	}
	second := places(Draw{size: side, warps: []warp{flip, shift}})
	if got := second[0][0]; got != [2]float64{19, 0} {
		t.Errorf("flipped, then shifted: the corner comes from %v, want 19, 0", got)
	}
}

// Shift, scale and rotation stay within their limits and use them; borders are replicated.
func TestShiftScaleRotate(t *testing.T) {
	var shift, scale, angle float64
	for seed := range uint64(300) {
		w, ok := chainOf(t, "S{1}")[0].warp(rngOf(seed), side).(replicated)
		if !ok {
			t.Fatal("S does not replicate borders")
		}
		m := w.warp.(Affine)
		zoom := 1 / math.Hypot(m.XX, m.YX)
		turned := math.Abs(math.Atan2(m.YX, m.XX)) * 180 / math.Pi
		// where the centre goes: the place whose source is the centre
		c := float64(side-1) / 2
		x0, y0 := m.At(c, c)
		moved := math.Hypot(x0-c, y0-c) * zoom
		if zoom < 0.9-1e-9 || zoom > 1.1+1e-9 || turned > 15+1e-9 ||
			moved > 0.1*side*math.Sqrt2+1e-9 {
			t.Fatalf("seed %d: zoom %g, %g degrees, moved by %g", seed, zoom, turned, moved)
		}
		shift, scale, angle = max(shift, moved), max(scale, math.Abs(zoom-1)), max(angle, turned)
	}
	if shift < 0.08*side || scale < 0.09 || angle < 13 {
		t.Errorf("at most moved by %g, zoomed by %g, turned by %g: the limits are not used", shift,
			scale, angle)
	}
	for _, row := range places(chainOf(t, "S{1}[1,0.9,180]").Draw(rngOf(4), side)) {
		for _, p := range row {
			if p[0] < 0 || p[1] < 0 || p[0] > side-1 || p[1] > side-1 {
				t.Fatalf("a pixel comes from %v, outside", p)
			}
		}
	}
}

// The places of an axis as albumentations' grid_distortion lays them: five steps of 4
// pixels, each as long as drawn, each from where the last one ended.
func TestGridAxis(t *testing.T) {
	got := gridAxis(rngOf(9), side, 0.3)
	rng, from := rngOf(9), 0.0
	for step := range 5 {
		to := from + 4*(1+(2*rng.Float64()-1)*0.3)
		for i := range 4 {
			if want := from + (to-from)*float64(i)/3; math.Abs(got[step*4+i]-want) > 1e-12 {
				t.Fatalf("place %d is %g, want %g", step*4+i, got[step*4+i], want)
			}
		}
		from = to
	}
	// 22 pixels: a sixth, short step goes to the border
	if odd := gridAxis(rngOf(9), 22, 0.3); odd[21] != 22 {
		t.Errorf("the rest of the axis ends at %g, want 22", odd[21])
	}
	if same := gridAxis(rngOf(9), side, 0); same[3] != 4 || same[4] != 4 {
		t.Errorf("without a limit %v; a step's last place is the next one's first", same)
	}
}

func TestElasticMovesAsFarAsItSays(t *testing.T) {
	e := newElastic(rngOf(1), 128, 3, 8)
	sum, rough := 0.0, 0.0
	for i, v := range e.dx {
		sum += float64(v) * float64(v)
		if i%128 > 0 {
			d := float64(v - e.dx[i-1])
			rough += d * d
		}
	}
	rms := math.Sqrt(sum / float64(len(e.dx)))
	if math.Abs(rms-3) > 1e-3 {
		t.Errorf("pixels move by %g, want 3", rms)
	}
	// a Gaussian field's slope has the root mean square move/(√2·smooth)
	if slope := math.Sqrt(rough / float64(len(e.dx))); math.Abs(slope-3/(math.Sqrt2*8)) > 0.06 {
		t.Errorf("its slope is %g, want about %g", slope, 3/(math.Sqrt2*8))
	}
}

func TestChoicesAreWeighted(t *testing.T) {
	c := chainOf(t, "(V{0.2}|H{0.6}|T{0}){0.5}")
	counts := map[byte]int{}
	rng := rngOf(1)
	for range 4000 {
		switch d := c.Draw(rng, side); {
		case len(d.warps) == 0:
			counts[0]++
		case d.warps[0].(Affine).XX < 0:
			counts['H']++
		default:
			counts['V']++
		}
	}
	for what, want := range map[byte]int{0: 2000, 'V': 500, 'H': 1500} {
		if n := counts[what]; n < want-120 || n > want+120 {
			t.Errorf("%d of 4000 are %c, want about %d", n, what, want)
		}
	}
}

func TestWindowJitter(t *testing.T) {
	c := chainOf(t, "W{1}[100,0.25]")
	for seed := range uint64(100) {
		center, width := c.Draw(rngOf(seed), side).Window(-600, 1500)
		if math.Abs(center+600) > 100 || width < 1200-1e-9 || width > 1875+1e-9 {
			t.Fatalf("seed %d: window %g/%g", seed, width, center)
		}
	}
	if center, width := (Chain{}).Draw(rngOf(1), side).Window(-600, 1500); center != -600 ||
		width != 1500 {
		t.Errorf("E moves the window to %g/%g", width, center)
	}
}

func TestTones(t *testing.T) {
	grey := func(v float32) []float32 { return slices.Repeat([]float32{v}, side*side) }
	for text, between := range map[string][2]float32{ // of 0.5
		"B{1}":          {0.5*0.9 - 0.1, 0.5*1.1 + 0.1},
		"K{1}[0.1,0.5]": {0.4, 0.6},
		"Y{1}[0.5]":     {0.35, 0.63},
		"F{1}":          {0.5, 0.5},
		"E":             {0.5, 0.5},
	} {
		for seed := range uint64(50) {
			x := grey(0.5)
			chainOf(t, text).Draw(rngOf(seed), side).Tone(x, 1500)
			if x[7] < between[0]-1e-3 || x[7] > between[1]+1e-3 {
				t.Fatalf("%s, seed %d: 0.5 becomes %g, want %v", text, seed, x[7], between)
			}
		}
	}
	x := grey(0.5)
	noise{hu: 60, seed: 3}.apply(x, side, 1.0/1500)
	sum := 0.0
	for _, v := range x {
		sum += float64(v-0.5) * float64(v-0.5)
	}
	if deviation := math.Sqrt(sum/float64(len(x))) * 1500; math.Abs(deviation-60) > 6 {
		t.Errorf("noise of %g HU, want 60", deviation)
	}
	for seed := range uint64(20) {
		x := make([]float32, side*side)
		for i := range x {
			x[i] = float32(i%7) / 6
		}
		chainOf(t, "F{1}N{1}K{1}Y{1}B{1}F{1}[1,4]").Draw(rngOf(seed), side).Tone(x, 1500)
		if slices.Min(x) < 0 || slices.Max(x) > 1 {
			t.Fatalf("seed %d: values from %g to %g", seed, slices.Min(x), slices.Max(x))
		}
	}
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	c := chainOf(t, "S{1}(G{0.5}|Z{0.5}){0.8}N{0.5}W{1}T{0.5}F{0.5}")
	draw := func(seed uint64) ([side][side][2]float64, []float32) {
		d := c.Draw(rngOf(seed), side)
		x := slices.Repeat([]float32{0.4}, side*side)
		d.Tone(x, 1500)
		return places(d), x
	}
	for seed := range uint64(20) {
		p, x := draw(seed)
		q, y := draw(seed)
		if p != q || !slices.Equal(x, y) {
			t.Fatalf("seed %d draws two samples", seed)
		}
	}
}
