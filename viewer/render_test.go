package viewer

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"glasswork/dataset/classes"
)

// identity shows g HU as grey g.
var identity = WindowLevel{Center: 128, Width: 256}

// slice parses labels written as text: . background, g, c, l.
func slice(rows ...string) (labels []uint8, w, h int) {
	for _, c := range strings.Join(rows, "") {
		labels = append(labels, uint8(strings.IndexRune(".gcl", c)))
	}
	return labels, len(rows[0]), len(rows)
}

// picture is the inverse of slice: it says what every pixel shows, by the colour that was mixed in.
// Lower case is filling, upper case is a line, . is the plain grey 100.
func picture(t *testing.T, dst *image.RGBA, st Style) []string {
	t.Helper()
	names := map[color.RGBA]rune{}
	for c, letters := range map[uint8]string{1: "gG", 2: "cC", 3: "lL"} {
		names[blend(100, st.Palette.Colors[c], st.Opacity)] = rune(letters[0])
		names[blend(100, st.Palette.Colors[c], min(1, 2*st.Opacity))] = rune(letters[1])
	}
	names[color.RGBA{R: 100, G: 100, B: 100, A: 255}] = '.'
	var rows []string
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		row := ""
		for x := dst.Rect.Min.X; x < dst.Rect.Max.X; x++ {
			name, ok := names[dst.RGBAAt(x, y)]
			if !ok {
				t.Fatalf("pixel %d,%d is %v, which is no class's colour", x, y, dst.RGBAAt(x, y))
			}
			row += string(name)
		}
		rows = append(rows, row)
	}
	return rows
}

// blend is the specification of an overlay pixel.
func blend(grey uint8, tint color.RGBA, opacity float64) color.RGBA {
	f := func(t uint8) uint8 {
		return uint8(math.Floor(float64(grey)*(1-opacity) +
			float64(t)*opacity + 0.5))
	}
	return color.RGBA{R: f(tint.R), G: f(tint.G), B: f(tint.B), A: 255}
}

func flat(n int, hu int16) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = hu
	}
	return out
}

func TestRenderModes(t *testing.T) {
	lung := []string{
		".........",
		".lllllll.",
		".lgggggl.",
		".lgggcgl.",
		".lgggggg.",
		".lllllll.",
		".........",
	}
	tests := []struct {
		name   string
		change func(*Style)
		want   []string
	}{
		{"fill", func(s *Style) { s.Mode = Fill }, []string{
			".........",
			".LLLLLLL.",
			".LgggggL.",
			".LgggcgL.",
			".LgggggL.",
			".LLLLLLL.",
			".........",
		}},
		{"outline", func(s *Style) { s.Mode = Outline }, []string{
			".........",
			".LLLLLLL.",
			".LGGGGGL.",
			".LG.GCGL.",
			".LGGGGGG.",
			".LLLLLLL.",
			".........",
		}},
		{"both", func(s *Style) { s.Mode = Both }, []string{
			".........",
			".LLLLLLL.",
			".LGGGGGL.",
			".LGgGCGL.",
			".LGGGGGG.",
			".LLLLLLL.",
			".........",
		}},
		{"no lungs", func(s *Style) { s.Visible[classes.LungsOther] = false }, []string{
			".........",
			".........",
			"..GGGGG..",
			"..GgGCG..",
			"..GGGGGG.",
			".........",
			".........",
		}},
		{
			"lesions do not cut the lung's outline",
			func(s *Style) { s.Visible = [classes.Labels]bool{3: true} },
			[]string{
				".........",
				".LLLLLLL.",
				".L.....L.",
				".L.....L.",
				".L.....L.",
				".LLLLLLL.",
				".........",
			},
		},
		{"nothing visible", func(s *Style) { s.Visible = [classes.Labels]bool{0: true} }, []string{
			".........", ".........", ".........", ".........", ".........", ".........",
			".........",
		}},
		{"opacity 0", func(s *Style) { s.Opacity = 0 }, []string{
			".........", ".........", ".........", ".........", ".........", ".........",
			".........",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			labels, w, h := slice(lung...)
			st := DefaultStyle()
			tt.change(&st)
			dst := image.NewRGBA(image.Rect(0, 0, w, h))
			new(Renderer).Render(dst, flat(w*h, 100), labels, identity, st)
			got, want := strings.Join(picture(t, dst, st), "\n"), strings.Join(tt.want, "\n")
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestRenderClosesOutlinesAtTheEdge(t *testing.T) {
	labels, w, h := slice("ggg", "ggg", "ggg")
	dst, st := image.NewRGBA(image.Rect(0, 0, w, h)), DefaultStyle()
	new(Renderer).Render(dst, flat(w*h, 100), labels, identity, st)
	if got := strings.Join(picture(t, dst, st), " "); got != "GGG GgG GGG" {
		t.Errorf("got %s", got)
	}
}

// reference draws pixel by pixel, directly from the definition.
func reference(dst *image.RGBA, hu []int16, labels []uint8, wl WindowLevel, st Style, m Mirror) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	var lut [1 << 16]uint8
	wl.fill(&lut)
	at := func(x, y int) uint8 {
		if x < 0 || y < 0 || x >= w || y >= h || labels == nil || labels[y*w+x] > 3 {
			return 0
		}
		return labels[y*w+x]
	}
	for y := range h {
		for x := range w {
			c, same, outside := at(x, y), true, false
			for _, d := range [][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
				n := at(x+d[0], y+d[1])
				same, outside = same && n == c, outside || n == 0
			}
			tint, opacity := uint8(0), 0.0
			if lesion := c == 1 || c == 2; lesion && st.Visible[c] && st.Mode != Outline {
				tint, opacity = c, st.Opacity
			}
			if c != 0 && outside && st.Visible[3] {
				tint, opacity = 3, min(1, 2*st.Opacity)
			}
			if lesion := c == 1 || c == 2; lesion && st.Visible[c] && st.Mode != Fill && !same {
				tint, opacity = c, min(1, 2*st.Opacity)
			}
			px, py := x, y
			if m.X {
				px = w - 1 - x
			}
			if m.Y {
				py = h - 1 - y
			}
			dst.SetRGBA(dst.Rect.Min.X+px, dst.Rect.Min.Y+py, blend(lut[uint16(hu[y*w+x])],
				st.Palette.Colors[tint], opacity))
		}
	}
}

func TestRenderAgainstDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	r := &Renderer{}
	for n := range 300 {
		w, h := 1+rng.IntN(40), 1+rng.IntN(12)
		hu, labels := make([]int16, w*h), make([]uint8, w*h)
		for i := range hu {
			hu[i] = int16(rng.IntN(3000) - 1500)
			if i > 0 && rng.IntN(4) > 0 {
				labels[i] = labels[i-1] // runs, as in real masks
			} else {
				labels[i] = uint8(rng.IntN(4))
			}
		}
		if n%5 == 0 {
			labels = nil
		}
		st := DefaultStyle()
		st.Palette, st.Mode, st.Opacity = Palettes()[n%2], Mode(n%3), rng.Float64()
		for c := range st.Visible {
			st.Visible[c] = rng.IntN(3) > 0
		}
		wl := WindowLevel{Center: float64(rng.IntN(800) - 400), Width: float64(rng.IntN(2000))}
		r.Mirror = Mirror{X: n%2 == 1, Y: n%4 > 1}
		got, want := image.NewRGBA(image.Rect(2, 3, w+2, h+3)),
			image.NewRGBA(image.Rect(2, 3, w+2, h+3))
		r.Render(got, hu, labels, wl, st)
		reference(want, hu, labels, wl, st, r.Mirror)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Fatalf("case %d, %d × %d, mirror %v, style %+v: pixels differ", n, w, h, r.Mirror, st)
		}
	}
}

func TestRenderRectIsEnough(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, m := range []Mirror{{}, {X: true}, {Y: true}, {X: true, Y: true}} {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			hu, labels := scene(61, 47)
			bounds := image.Rect(0, 0, 61, 47)
			part, whole := image.NewRGBA(bounds), image.NewRGBA(bounds)
			r, st := &Renderer{Mirror: m}, DefaultStyle()
			r.Render(part, hu, labels, identity, st)
			for range 100 {
				x, y := rng.IntN(61), rng.IntN(47)
				box := image.Rect(x, y, x+1+rng.IntN(9), y+1+rng.IntN(9)).Intersect(bounds)
				for y := box.Min.Y; y < box.Max.Y; y++ {
					for x := box.Min.X; x < box.Max.X; x++ {
						labels[y*61+x] = uint8(rng.IntN(4))
					}
				}
				before := bytes.Clone(part.Pix)
				drawn := r.RenderRect(part, hu, labels, identity, st, box)
				r.Render(whole, hu, labels, identity, st)
				if !bytes.Equal(part.Pix, whole.Pix) {
					t.Fatalf("drawing %v again is not enough", box)
				}
				for i := range before {
					p := image.Pt(i/4%61, i/4/61)
					if before[i] != part.Pix[i] && !p.In(drawn) {
						t.Fatalf("pixel %v changed outside %v", p, drawn)
					}
				}
			}
		})
	}
}

func TestRenderRefusesOtherSizes(t *testing.T) {
	dst := image.NewRGBA(image.Rect(0, 0, 4, 4))
	r := &Renderer{}
	r.Render(dst, make([]int16, 15), nil, identity, DefaultStyle())
	r.Render(dst, make([]int16, 16), make([]uint8, 15), identity, DefaultStyle())
	if !bytes.Equal(dst.Pix, make([]byte, 64)) {
		t.Error("a slice of another size was drawn")
	}
	if got := r.RenderRect(dst, make([]int16, 16), nil, identity, DefaultStyle(),
		image.Rect(9, 9, 12, 12)); !got.Empty() {
		t.Errorf("drawing beside the slice says %v", got)
	}
}

func TestRenderAllocatesNothing(t *testing.T) {
	hu, labels := scene(512, 512)
	dst, r := image.NewRGBA(image.Rect(0, 0, 512, 512)), &Renderer{}
	wl, st := Presets()[0].WindowLevel, DefaultStyle()
	r.Render(dst, hu, labels, wl, st)
	n := testing.AllocsPerRun(10, func() {
		wl.Center++
		st.Mode = (st.Mode + 1) % 3
		r.Render(dst, hu, labels, wl, st)
	})
	if n != 0 {
		t.Errorf("%v allocations a slice, want 0", n)
	}
}

// scene returns a slice that is like a chest to the renderer: a body of noise and two lungs, each
// with a disc of ground glass and one of consolidation.
func scene(w, h int) (hu []int16, labels []uint8) {
	rng := rand.New(rand.NewPCG(1, 2))
	hu, labels = make([]int16, w*h), make([]uint8, w*h)
	disc := func(cx, cy, r float64, c uint8, value int) {
		for y := range h {
			for x := range w {
				dx, dy := float64(x)/float64(w)-cx, float64(y)/float64(h)-cy
				if dx*dx+dy*dy < r*r {
					labels[y*w+x], hu[y*w+x] = c, int16(value+rng.IntN(80)-40)
				}
			}
		}
	}
	for i := range hu {
		hu[i] = int16(-1000 + rng.IntN(20))
	}
	disc(0.5, 0.5, 0.45, classes.Background, 40)
	for _, cx := range []float64{0.3, 0.7} {
		disc(cx, 0.5, 0.18, classes.LungsOther, -850)
		disc(cx, 0.42, 0.07, classes.GroundGlass, -500)
		disc(cx, 0.6, 0.05, classes.Consolidation, 0)
	}
	return hu, labels
}

func BenchmarkRender(b *testing.B) {
	hu, labels := scene(512, 512)
	dst := image.NewRGBA(image.Rect(0, 0, 512, 512))
	wl, st := Presets()[0].WindowLevel, DefaultStyle()
	tests := []struct {
		name   string
		labels []uint8
		mirror Mirror
		rect   image.Rectangle
		drag   float64
	}{
		{name: "overlay", labels: labels, rect: dst.Rect},
		{name: "plain", rect: dst.Rect},
		{name: "mirrored", labels: labels, mirror: Mirror{X: true, Y: true}, rect: dst.Rect},
		{name: "window drag", labels: labels, rect: dst.Rect, drag: 1},
		{name: "brush", labels: labels, rect: image.Rect(200, 200, 232, 232)},
	}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			r := &Renderer{Mirror: tt.mirror}
			r.Render(dst, hu, tt.labels, wl, st)
			b.ReportAllocs()
			for b.Loop() {
				wl.Center += tt.drag
				r.RenderRect(dst, hu, tt.labels, wl, st, tt.rect)
			}
		})
	}
}
