package viewer

import (
	"image"
	"math/rand/v2"
	"testing"

	"glasswork/dataset/volume"
)

// scene is a slice that looks like a chest to the renderer: a body of noise, two lungs,
// a ground-glass and a consolidation disc in each.
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
	disc(0.5, 0.5, 0.45, volume.Background, 40)
	for _, cx := range []float64{0.3, 0.7} {
		disc(cx, 0.5, 0.18, volume.LungsOther, -850)
		disc(cx, 0.42, 0.07, volume.GroundGlass, -500)
		disc(cx, 0.6, 0.05, volume.Consolidation, 0)
	}
	return hu, labels
}

func BenchmarkRender(b *testing.B) {
	hu, labels := scene(512, 512)
	dst, r := image.NewRGBA(image.Rect(0, 0, 512, 512)), &Renderer{}
	wl, st := Presets()[0].WindowLevel, DefaultStyle()
	b.Run("overlay", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Render(dst, hu, labels, wl, st)
		}
	})
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Render(dst, hu, nil, wl, st)
		}
	})
	b.Run("window drag", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			wl.Center++
			r.Render(dst, hu, labels, wl, st)
		}
	})
	b.Run("brush", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.RenderRect(dst, hu, labels, wl, st, image.Rect(200, 200, 232, 232))
		}
	})
	m := &Renderer{Mirror: Mirror{X: true, Y: true}}
	b.Run("mirrored", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Render(dst, hu, labels, wl, st)
		}
	})
}

