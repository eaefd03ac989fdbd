package input

import (
	"image"

	"glasswork/training/anatomy"
	"glasswork/training/network"
)

// Slice is one axial slice to predict.
type Slice struct {
	// HU is [y,x] of H rows and W columns; Scaled, if it is not nil, stands for it: what
	// the network sees, 0…1.
	HU     []int16
	Scaled []float32
	W, H   int
	// Whole is set for pictures, of which nothing is cut away.
	Whole bool
}

// Frame is what of the slice a network sees in a square of size × size pixels: the body, or
// all of a picture, which somebody has cropped already. ok is false for a slice of CT
// without a body: air and nothing else needs no network.
func (s Slice) Frame(size int) (f Frame, ok bool) {
	all := image.Rect(0, 0, s.W, s.H)
	if s.Whole || s.Scaled != nil {
		return newFrame(all, size), true
	}
	b := anatomy.FindBody(s.HU, s.W, s.H)
	if b == nil {
		return newFrame(all, size), false
	}
	f = newFrame(b.Box, size)
	f.body = b
	return f, true
}

// plane is what the frame shows through win; level brings pictures to the usual grey values.
func (s Slice) plane(f Frame, win network.Window, level bool) plane {
	if s.Scaled != nil {
		return plane{values: s.Scaled, w: s.W, h: s.H, step: 1}.shrunk(f.scale)
	}
	hu := s.HU
	if level && s.Whole {
		hu = Levelled(hu)
	}
	return newPlane(hu, s.W, f.Box, win, f.scale)
}
