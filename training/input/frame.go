// Package input prepares what a network sees: the same for training, prediction and
// scoring. A rectangle of the slice (the body, or the whole picture) is letterboxed to a
// square, clipped to the window and scaled to 0…1.
package input

import (
	"image"
	"math"

	"glasswork/dataset/classes"
	"glasswork/training/anatomy"
	"glasswork/training/augment"
	"glasswork/training/network"
)

// Frame letterboxes the rectangle Box of a slice into a square of Size × Size pixels.
type Frame struct {
	Box  image.Rectangle
	Size int
	// scale is network pixels a slice pixel; left and top are the letterbox's margins.
	scale, left, top float64
	// body limits where labels may lie; nil allows all of the box.
	body *anatomy.Body
}

// newFrame returns the frame that shows box as large as fits, centred.
func newFrame(box image.Rectangle, size int) Frame {
	s := float64(size) / float64(max(box.Dx(), box.Dy(), 1))
	return Frame{
		Box: box, Size: size, scale: s,
		left: (float64(size) - s*float64(box.Dx())) / 2,
		top:  (float64(size) - s*float64(box.Dy())) / 2,
	}
}

// toSlice maps a place in the network's square to one in the slice; places are pixel
// indices, whole numbers are pixel centres.
func (f Frame) toSlice() augment.Affine {
	s := 1 / f.scale
	return augment.Affine{
		XX: s, X0: (0.5-f.left)*s + float64(f.Box.Min.X) - 0.5,
		YY: s, Y0: (0.5-f.top)*s + float64(f.Box.Min.Y) - 0.5,
	}
}

// Fill writes what the network of spec sees of s, the slice that f frames, into x,
// [size,size]. Outside the box it is 0, the window's lower end.
func (f Frame) Fill(x []float32, s Slice, spec network.Spec) {
	f.resample(s.plane(f, spec.Window, spec.Level), labels{}, augment.Draw{}, x, nil)
}

// FillVaried writes a training sample: x as Fill does and y, the nearest of the slice's
// classes, [size,size] each, both varied as d says.
func (f Frame) FillVaried(x []float32, y []uint8, s Slice, classes []uint8, spec network.Spec,
	d augment.Draw,
) {
	win := spec.Window
	win.Center, win.Width = d.Window(win.Center, win.Width)
	f.resample(s.plane(f, win, spec.Level), labels{classes, s.W, f.Box}, d, x, y)
	d.Tone(x, win.Width)
}

// resample fills x and, unless it is nil, y, [size,size] each, from p and l as d varies them:
// values bilinearly, labels with the nearest one. Each pixel's place is computed once.
func (f Frame) resample(p plane, l labels, d augment.Draw, x []float32, y []uint8) {
	toSlice := f.toSlice()
	xs, ys := make([]float64, f.Size), make([]float64, f.Size)
	for v := range f.Size {
		d.Row(v, xs, ys)
		toSlice.Apply(xs, ys)
		p.row(x[v*f.Size:(v+1)*f.Size], xs, ys)
		if y != nil {
			l.row(y[v*f.Size:(v+1)*f.Size], xs, ys)
		}
	}
}

// Back turns probabilities on the square, [c,size,size], into labels of the slice:
// interpolated bilinearly, then the most probable class. labels is [y,x] of w columns;
// outside the box and the body it becomes background.
func (f Frame) Back(probs []float32, labels []uint8, w int) {
	clear(labels)
	n := f.Size * f.Size
	for y := f.Box.Min.Y; y < f.Box.Max.Y; y++ {
		v := (float64(y-f.Box.Min.Y)+0.5)*f.scale + f.top - 0.5
		r0, r1, fy := between(v, f.Size)
		y0, y1 := r0*f.Size, r1*f.Size
		for x := f.Box.Min.X; x < f.Box.Max.X; x++ {
			if f.body != nil && !f.body.Contains(x, y) {
				continue
			}
			u := (float64(x-f.Box.Min.X)+0.5)*f.scale + f.left - 0.5
			x0, x1, fx := between(u, f.Size)
			best, class := float32(-1), uint8(0)
			for c := range classes.Count {
				p := probs[c*n : (c+1)*n]
				a := p[y0+x0] + (p[y0+x1]-p[y0+x0])*fx
				b := p[y1+x0] + (p[y1+x1]-p[y1+x0])*fx
				if q := a + (b-a)*fy; q > best {
					best, class = q, uint8(c)
				}
			}
			labels[y*w+x] = class
		}
	}
}

// between returns the two neighbours of position v on an axis of n, clamped, and how far
// v lies from the first.
func between(v float64, n int) (a, b int, frac float32) {
	v = min(max(v, 0), float64(n-1))
	a = int(v)
	b = min(a+1, n-1)
	return a, b, float32(v - float64(a))
}

// Uncertainty is the mean entropy of the probabilities [c,size,size] where the most
// probable class is not background, as a share of the greatest possible entropy.
func (f Frame) Uncertainty(probs []float32) float64 {
	n := f.Size * f.Size
	sum, inside := 0.0, 0
	for i := range n {
		entropy, lung := 0.0, false
		for c := range classes.Count {
			p := float64(probs[c*n+i])
			lung = lung || c > 0 && p > float64(probs[i])
			if p > 0 {
				entropy -= p * math.Log(p)
			}
		}
		if lung {
			sum += entropy
			inside++
		}
	}
	if inside == 0 {
		return 0
	}
	return sum / float64(inside) / math.Log(classes.Count)
}
