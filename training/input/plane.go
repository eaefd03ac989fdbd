package input

import (
	"image"
	"math"

	"glasswork/training/network"
)

// plane is a rectangle of a slice as the network sees it: values 0…1, [y,x]. step slice
// pixels make one of its pixels.
type plane struct {
	values []float32
	w, h   int
	origin image.Point
	step   int
}

// newPlane cuts box out of hu ([y,x] of w columns), clipped to win. If the network will
// see it smaller than half (scale network pixels a slice pixel), it is averaged down by
// powers of two first, so that bilinear sampling does not alias.
func newPlane(hu []int16, w int, box image.Rectangle, win network.Window, scale float64) plane {
	p := plane{w: box.Dx(), h: box.Dy(), origin: box.Min, step: 1}
	p.values = make([]float32, p.w*p.h)
	low, gain := float32(win.Center-win.Width/2), float32(1/win.Width)
	for y := range p.h {
		row := hu[(box.Min.Y+y)*w+box.Min.X:]
		out := p.values[y*p.w : (y+1)*p.w]
		for x := range out {
			out[x] = min(max((float32(row[x])-low)*gain, 0), 1)
		}
	}
	return p.shrunk(scale)
}

// shrunk is p averaged down for a network that sees scale of its pixels a slice pixel.
func (p plane) shrunk(scale float64) plane {
	for scale*float64(p.step) < 0.5 && p.w > 1 && p.h > 1 {
		p = p.halved()
	}
	return p
}

// halved averages blocks of 2 × 2; an odd last row or column is dropped.
func (p plane) halved() plane {
	q := plane{w: p.w / 2, h: p.h / 2, origin: p.origin, step: p.step * 2}
	q.values = make([]float32, q.w*q.h)
	for y := range q.h {
		a, b := p.values[2*y*p.w:], p.values[(2*y+1)*p.w:]
		for x := range q.w {
			q.values[y*q.w+x] = (a[2*x] + a[2*x+1] + b[2*x] + b[2*x+1]) / 4
		}
	}
	return q
}

// row fills dst bilinearly at these places in the slice. Outside the plane it is 0.
func (p plane) row(dst []float32, xs, ys []float64) {
	scale := 1 / float64(p.step)
	half := (float64(p.step) - 1) / 2
	left, top := float64(p.origin.X)+half, float64(p.origin.Y)+half
	for u := range dst {
		dst[u] = p.at((xs[u]-left)*scale, (ys[u]-top)*scale)
	}
}

// at is the bilinear value at (x, y); up to half a pixel outside, the edge goes on.
func (p plane) at(x, y float64) float32 {
	if !(x >= -0.5 && y >= -0.5 && x <= float64(p.w)-0.5 && y <= float64(p.h)-0.5) {
		return 0
	}
	x0, x1, fx := between(x, p.w)
	y0, y1, fy := between(y, p.h)
	a, b := p.values[y0*p.w:], p.values[y1*p.w:]
	top := a[x0] + (a[x1]-a[x0])*fx
	bottom := b[x0] + (b[x1]-b[x0])*fx
	return top + (bottom-top)*fy
}

// labels are a slice's classes, [y,x] of w columns; what lies outside box is background.
type labels struct {
	classes []uint8
	w       int
	box     image.Rectangle
}

// row fills dst with the nearest label to each of these places in the slice.
func (l labels) row(dst []uint8, xs, ys []float64) {
	for u := range dst {
		at := image.Pt(int(math.Floor(xs[u]+0.5)), int(math.Floor(ys[u]+0.5)))
		dst[u] = 0
		if at.In(l.box) {
			dst[u] = l.classes[at.Y*l.w+at.X]
		}
	}
}
