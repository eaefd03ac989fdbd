package viewer

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

func applied(t *testing.T, l *volume.LabelMap, p volume.Patch, ok bool) string {
	t.Helper()
	if ok {
		if err := p.Apply(l); err != nil {
			t.Fatal(err)
		}
	}
	return text(l)
}

func TestLasso(t *testing.T) {
	tests := []struct {
		name    string
		polygon []Point
		want    string
	}{
		{
			"square",
			[]Point{{0.5, 0.5}, {3.5, 0.5}, {3.5, 2.5}, {0.5, 2.5}},
			"..... .ggg. .ggg. .....",
		},
		{
			"corners on voxel centres",
			[]Point{{1, 1}, {3, 1}, {3, 3}, {1, 3}},
			"..... .gg.. .gg.. .....",
		},
		{"triangle", []Point{{-0.5, -0.5}, {4.5, -0.5}, {-0.5, 4.5}}, "gggg. ggg.. gg... g...."},
		{
			"beyond the slice",
			[]Point{{-9, 1.5}, {99, 1.5}, {99, 99}, {-9, 99}},
			"..... ..... ggggg ggggg",
		},
		{
			"a figure of eight",
			[]Point{{-0.5, -0.5}, {4.5, 3.5}, {4.5, -0.5}, {-0.5, 3.5}},
			"g...g gg.gg gg.gg g...g",
		},
		{
			"twice around is outside", []Point{
				{0.5, 0.5},
				{3.5, 0.5},
				{3.5, 2.5},
				{0.5, 2.5},
				{0.5, 0.5},
				{3.5, 0.5},
				{3.5, 2.5},
				{0.5, 2.5},
			}, "..... ..... ..... .....",
		},
		{"two points", []Point{{0, 0}, {4, 4}}, "..... ..... ..... ....."},
		{
			"not a number",
			[]Point{{math.NaN(), 0}, {4, math.NaN()}, {math.Inf(1), 4}},
			"..... ..... ..... .....",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := canvas(1, 1, blank(5, 4)...)
			p, ok := LassoPatch(l, nil, 0, tt.polygon, StrokeOptions{Class: classes.GroundGlass})
			if got := applied(t, l, p, ok); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", strings.ReplaceAll(got, " ", "\n"),
					strings.ReplaceAll(tt.want, " ", "\n"))
			}
		})
	}
}

// TestLassoAgainstRays compares with casting one ray for every voxel.
func TestLassoAgainstRays(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 200 {
		polygon := make([]Point, 3+rng.IntN(20))
		for i := range polygon {
			polygon[i] = Point{rng.Float64()*40 - 5, rng.Float64()*40 - 5}
		}
		l := canvas(1, 1, blank(30, 30)...)
		p, ok := LassoPatch(l, nil, 0, polygon, StrokeOptions{Class: classes.GroundGlass})
		applied(t, l, p, ok)
		for i, c := range l.Labels {
			x, y, inside := float64(i%30), float64(i/30), false
			for j := range polygon {
				a, b := polygon[j], polygon[(j+1)%len(polygon)]
				if (a.Y > y) != (b.Y > y) && x < (b.X-a.X)*(y-a.Y)/(b.Y-a.Y)+a.X {
					inside = !inside
				}
			}
			if inside != (c == classes.GroundGlass) {
				t.Fatalf("voxel %v,%v: inside %v, label %d", x, y, inside, c)
			}
		}
	}
}

func TestFillHoles(t *testing.T) {
	tests := []struct {
		name  string
		class classes.Class
		rows  string
		want  string
	}{
		{"a ring", 1, "..... .ggg. .g.g. .ggg. .....", "..... .ggg. .ggg. .ggg. ....."},
		{"open to the edge", 1, "..... .ggg. .g.g. .g.g. .....", "..... .ggg. .g.g. .g.g. ....."},
		{"diagonals hold", 1, "..... ..g.. .g.g. ..g.. .....", "..... ..g.. .ggg. ..g.. ....."},
		{"lung in the ring", 1, "lllll lgggl lglgl lgggl lllll", "lllll lgggl lgggl lgggl lllll"},
		{
			"the other lesion stays", 1, "lllll lgggl lgcgl lgggl lllll",
			"lllll lgggl lgcgl lgggl lllll",
		},
		{
			"another class's ring", 2, "..... .ggg. .g.g. .ggg. .....",
			"..... .ggg. .g.g. .ggg. .....",
		},
		{
			"a vessel in the lung", 3, ".lll. lglcl ll.ll lllll .....",
			".lll. lglcl lllll lllll .....",
		},
		{"background is no class to fill", 0, "ggg g.g ggg", "ggg g.g ggg"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := canvas(1, 1, strings.Fields(tt.rows)...)
			p, ok := FillHoles(l, 0, tt.class)
			if got := applied(t, l, p, ok); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if ok != (tt.rows != tt.want) {
				t.Errorf("a patch: %v", ok)
			}
		})
	}
}

func BenchmarkFillHoles(b *testing.B) {
	l := volume.NewLabelMap(axial(512, 512, 0.7, 0.7))
	_, labels := scene(512, 512)
	copy(l.Labels, labels)
	for b.Loop() {
		FillHoles(l, 0, classes.LungsOther)
	}
}
