package viewer

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// canvas returns a label map of one slice, from text.
func canvas(mmY, mmX float64, rows ...string) *volume.LabelMap {
	labels, w, h := slice(rows...)
	return &volume.LabelMap{Geometry: axial(h, w, mmY, mmX), Labels: labels}
}

func text(l *volume.LabelMap) string {
	var b strings.Builder
	for i, c := range l.Labels {
		if i > 0 && i%l.Size[2] == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(".gcl"[c])
	}
	return b.String()
}

func blank(w, h int) []string { return slices.Repeat([]string{strings.Repeat(".", w)}, h) }

func TestTipShapes(t *testing.T) {
	tests := []struct {
		name     string
		mmY, mmX float64
		diameter float64
		at       Point
		want     string
	}{
		{"smallest tip, voxel's centre", 1, 1, 1, Point{2, 2}, "..... ..... ..g.. ..... ....."},
		{
			"smallest tip, between voxels", 1, 1, 0.1,
			Point{2.4, 2.4},
			"..... ..... ..g.. ..... .....",
		},
		{"3 mm on 1 mm", 1, 1, 3, Point{2, 2}, "..... .ggg. .ggg. .ggg. ....."},
		{"2 mm on 1 mm", 1, 1, 2, Point{2, 2}, "..... ..g.. .ggg. ..g.. ....."},
		{"4 mm on 1 mm", 1, 1, 4, Point{2, 2}, "..g.. .ggg. ggggg .ggg. ..g.."},
		{"4 mm, rows twice as thick", 2, 1, 4, Point{2, 2}, "..... ..g.. ggggg ..g.. ....."},
		{"4 mm, columns twice as thick", 1, 2, 4, Point{2, 2}, "..g.. ..g.. .ggg. ..g.. ..g.."},
		{"over the edge", 1, 1, 2, Point{0, 0}, "gg... g.... ..... ..... ....."},
		{"beside the slice", 1, 1, 2, Point{-3, 2}, "..... ..... ..... ..... ....."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := canvas(tt.mmY, tt.mmX, blank(5, 5)...)
			s := NewStroke(l, nil, 0, StrokeOptions{
				Class: classes.GroundGlass,
				Tip:   Tip{tt.diameter},
			})
			s.To(tt.at.X, tt.at.Y)
			if got := text(l); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", strings.ReplaceAll(got, " ", "\n"),
					strings.ReplaceAll(tt.want, " ", "\n"))
			}
		})
	}
}

func TestStrokeIsACapsule(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		w, h := 20+rng.IntN(40), 20+rng.IntN(40)
		mmX, mmY := 0.5+rng.Float64()*2, 0.5+rng.Float64()*2
		l := canvas(mmY, mmX, blank(w, h)...)
		d := 0.5 + rng.Float64()*12
		a := Point{rng.Float64() * float64(w), rng.Float64() * float64(h)}
		b := Point{rng.Float64() * float64(w), rng.Float64() * float64(h)}
		s := NewStroke(l, nil, 0, StrokeOptions{Class: classes.Consolidation, Tip: Tip{d}})
		box := s.To(a.X, a.Y).Union(s.To(b.X, b.Y))
		r := max(d/2, max(mmX, mmY)/2)
		for i, c := range l.Labels {
			x, y := i%w, i/w
			dist := distance(Point{float64(x) * mmX, float64(y) * mmY}, Point{a.X * mmX, a.Y * mmY},
				Point{b.X * mmX, b.Y * mmY})
			under := nearest(a) == image.Pt(x, y) || nearest(b) == image.Pt(x, y)
			if want := dist <= r || under; math.Abs(dist-r) > 1e-6 &&
				want != (c == classes.Consolidation) {
				t.Fatalf("voxel %d,%d at %.3f mm of the line, radius %.3f: painted %v", x, y, dist,
					r, !want)
			}
			if c != 0 && !image.Pt(x, y).In(box) {
				t.Fatalf("voxel %d,%d is painted outside %v", x, y, box)
			}
		}
	}
}

func nearest(p Point) image.Point {
	return image.Pt(int(math.Floor(p.X+0.5)), int(math.Floor(p.Y+0.5)))
}

// distance returns the distance from p to the line, by ternary search.
func distance(p, a, b Point) float64 {
	at := func(t float64) float64 { return math.Hypot(a.X+t*(b.X-a.X)-p.X, a.Y+t*(b.Y-a.Y)-p.Y) }
	lo, hi := 0.0, 1.0
	for range 100 {
		m, n := lo+(hi-lo)/3, hi-(hi-lo)/3
		if at(m) < at(n) {
			hi = n
		} else {
			lo = m
		}
	}
	return at((lo + hi) / 2)
}

func TestFastStrokesHaveNoGaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 100 {
		const n = 64
		l := canvas(0.5+rng.Float64(), 0.5+rng.Float64(), blank(n, n)...)
		s := NewStroke(l, nil, 0, StrokeOptions{
			Class: classes.GroundGlass,
			Tip:   Tip{SmallestTip / 2},
		})
		for range 5 {
			s.To(rng.Float64()*(n-1), rng.Float64()*(n-1))
		}
		if pieces := components(l.Labels, n); pieces != 1 {
			t.Fatalf("a stroke fell into %d pieces", pieces)
		}
	}
}

// components returns the number of 8-connected pieces of what is labelled.
func components(labels []uint8, w int) (n int) {
	labels = slices.Clone(labels)
	var flood func(x, y int)
	flood = func(x, y int) {
		if x < 0 || y < 0 || x >= w || y >= len(labels)/w || labels[y*w+x] == 0 {
			return
		}
		labels[y*w+x] = 0
		for d := range 9 {
			flood(x+d%3-1, y+d/3-1)
		}
	}
	for i, c := range labels {
		if c != 0 && labels[i] != 0 {
			n++
			flood(i%w, i/w)
		}
	}
	return n
}

func TestWhatAStrokeChanges(t *testing.T) {
	hu := []int16{-900, -751, -750, -500, -300, -299, 0}
	tests := []struct {
		name string
		row  string
		o    StrokeOptions
		want string
	}{
		{"paint over everything", ".glcl..", StrokeOptions{Class: classes.GroundGlass}, "ggggggg"},
		{
			"ground glass by HU", "lllllll", StrokeOptions{
				Class: classes.GroundGlass,
				HU:    RangeFor(classes.GroundGlass),
			}, "llgggll",
		},
		{
			"consolidation by HU", "lllllll", StrokeOptions{
				Class: classes.Consolidation,
				HU:    RangeFor(classes.Consolidation),
			}, "llllccc",
		},
		{
			"range switched off", "lllllll", StrokeOptions{
				Class: classes.GroundGlass,
				HU:    HURange{Min: 1, Max: 2},
			}, "ggggggg",
		},
		{
			"lungs are not limited", ".......", StrokeOptions{
				Class: classes.LungsOther,
				HU:    RangeFor(classes.LungsOther),
			}, "lllllll",
		},
		{
			"erase gives the lung back", ".gclgc.", StrokeOptions{
				Class: classes.GroundGlass,
				Erase: true,
			}, ".lllll.",
		},
		{
			"erase where no lung is marked", ".gc.gc.", StrokeOptions{
				Class: classes.Consolidation,
				Erase: true,
			}, ".......",
		},
		{
			"erase ignores HU", "lgggggg", StrokeOptions{
				Class: classes.GroundGlass, Erase: true,
				HU: RangeFor(classes.GroundGlass),
			}, "lllllll",
		},
		{
			"erase lungs", ".gclgc.",
			StrokeOptions{Class: classes.LungsOther, Erase: true},
			".......",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := canvas(1, 1, tt.row)
			s := NewStroke(l, hu, 0, tt.o)
			s.To(0, 0)
			s.To(6, 0)
			if got := text(l); got != tt.want {
				t.Fatalf("stroke gives %s, want %s", got, tt.want)
			}
			lasso := canvas(1, 1, tt.row)
			if p, ok := LassoPatch(lasso, hu, 0, []Point{{-1, -1}, {8, -1}, {8, 1}, {-1, 1}},
				tt.o); ok {
				if err := p.Apply(lasso); err != nil {
					t.Fatal(err)
				}
			}
			if got := text(lasso); got != tt.want {
				t.Errorf("lasso gives %s, want %s", got, tt.want)
			}
		})
	}
}

func TestStrokePatch(t *testing.T) {
	l := canvas(1, 1, blank(20, 20)...)
	l.Labels[5*20+5] = classes.Consolidation
	before := l.Clone()
	s := NewStroke(l, nil, 0, StrokeOptions{Class: classes.GroundGlass, Tip: Tip{5}})
	s.To(4, 4)
	s.To(12, 9)
	after := l.Clone()
	p, ok := s.End()
	if !ok {
		t.Fatal("a stroke that painted is no patch")
	}
	if want, _ := volume.Diff(0, 20, before.Labels, after.Labels); p.Box != want.Box ||
		!slices.Equal(p.Old, want.Old) || !slices.Equal(p.New, want.New) {
		t.Errorf("the patch's box is %v, want %v and what it holds", p.Box, want.Box)
	}
	if err := p.Inverse().Apply(l); err != nil || !slices.Equal(l.Labels, before.Labels) {
		t.Errorf("undo leaves a trace (%v)", err)
	}
	if err := p.Apply(l); err != nil || !slices.Equal(l.Labels, after.Labels) {
		t.Errorf("redo differs (%v)", err)
	}
}

func TestAbort(t *testing.T) {
	l := canvas(1, 1, "ggg", "ccc", "lll")
	before := l.Clone()
	s := NewStroke(l, nil, 0, StrokeOptions{Class: classes.LungsOther, Tip: Tip{1}})
	s.To(0, 0)
	s.To(2, 1)
	if box := s.Abort(); box != image.Rect(0, 0, 3, 2) || !slices.Equal(l.Labels, before.Labels) {
		t.Errorf("abort of %v leaves %s", box, text(l))
	}
	if _, ok := s.End(); ok {
		t.Error("an aborted stroke is a patch")
	}
}

func TestStrokeThatChangesNothing(t *testing.T) {
	l := canvas(1, 1, "ggg")
	s := NewStroke(l, nil, 0, StrokeOptions{Class: classes.GroundGlass, Tip: Tip{3}})
	if box := s.To(1, 0).Union(s.To(math.NaN(), 0)).Union(s.To(math.Inf(1), 0)); !box.Empty() {
		t.Errorf("%v changed", box)
	}
	if _, ok := s.End(); ok {
		t.Error("nothing changed, but there is a patch")
	}
	if NewStroke(l, nil, 1, StrokeOptions{}) != nil || NewStroke(l, make([]int16, 2), 0,
		StrokeOptions{}) != nil {
		t.Error("a stroke on a slice that is not there")
	}
}

func TestTipSizes(t *testing.T) {
	tip := Tip{8}
	for range 100 {
		next := tip.Larger(1)
		if next.DiameterMM <= tip.DiameterMM && tip.DiameterMM < LargestTip {
			t.Fatalf("%v mm does not grow", tip.DiameterMM)
		}
		tip = next
	}
	if tip.DiameterMM != LargestTip {
		t.Errorf("growing ends at %v mm", tip.DiameterMM)
	}
	for range 100 {
		next := tip.Larger(-1)
		if next.DiameterMM >= tip.DiameterMM && tip.DiameterMM > SmallestTip {
			t.Fatalf("%v mm does not shrink", tip.DiameterMM)
		}
		tip = next
	}
	if tip.DiameterMM != SmallestTip {
		t.Errorf("shrinking ends at %v mm", tip.DiameterMM)
	}
	if d := (Tip{8}).Larger(2).DiameterMM; d != 12 {
		t.Errorf("two steps up from 8 mm is %v", d)
	}
}

func BenchmarkStroke(b *testing.B) {
	l := volume.NewLabelMap(axial(512, 512, 0.7, 0.7))
	hu, _ := scene(512, 512)
	b.Run("first dab", func(b *testing.B) {
		for b.Loop() {
			NewStroke(l, hu, 0, StrokeOptions{Class: 1, Tip: Tip{8}}).To(200, 200)
		}
	})
	for _, d := range []float64{8, 100} {
		b.Run(Number(d, 0)+" mm move", func(b *testing.B) {
			s := NewStroke(l, hu, 0, StrokeOptions{Class: 1, Tip: Tip{d}})
			b.ReportAllocs()
			x := 0.0
			for b.Loop() {
				x += 7
				s.Class = uint8(int(x) % 4)
				s.To(math.Mod(x, 512), 256)
			}
		})
	}
}

func TestReadRange(t *testing.T) {
	for text, want := range map[string]int16{"−750": -750, "-300": -300, " 100 ": 100, "–5": -5} {
		if got, err := ReadRange(text, "200"); err != nil || got.Min != want || !got.On {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"abc", "1.5", "99999", "201"} {
		if got, err := ReadRange(text, "200"); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
	tests := []struct{ low, high, says string }{
		{"−750", "−300", "HU −750…−300"},
		{"", "−300", "HU up to −300"},
		{"−750", "", "HU from −750"},
		{"", "", "any HU"},
	}
	for _, test := range tests {
		r, err := ReadRange(test.low, test.high)
		low, high := r.Bounds()
		if err != nil || r.String() != test.says || low != test.low || high != test.high {
			t.Errorf("%q to %q is %q: %q to %q, %v", test.low, test.high, r, low, high, err)
		}
	}
}
