package volume

import (
	"bytes"
	"errors"
	"fmt"
	"image"
)

// Patch is one change of labels inside one slice: a brush stroke, a fill, an
// accepted prediction. It is the undo item and the journal's record at once.
type Patch struct {
	// Z is the axial slice.
	Z int
	// Box is the changed rectangle in voxels: X columns, Y rows, Max exclusive.
	Box image.Rectangle
	// Old and New are the labels of Box before and after, [y,x], row by row.
	Old, New []uint8
}

// Diff returns the smallest patch that turns the slice before into after (both
// [y,x] of width w), or false if they are equal.
func Diff(z, w int, before, after []uint8) (Patch, bool) {
	box := image.Rectangle{}
	for y := range len(before) / w {
		was, is := before[y*w:(y+1)*w], after[y*w:(y+1)*w]
		if bytes.Equal(was, is) {
			continue
		}
		first, last := 0, w
		for was[first] == is[first] {
			first++
		}
		for was[last-1] == is[last-1] {
			last--
		}
		box = box.Union(image.Rect(first, y, last, y+1))
	}
	if box.Empty() {
		return Patch{}, false
	}
	return Patch{Z: z, Box: box, Old: crop(before, w, box), New: crop(after, w, box)}, true
}

// Inverse is the patch that undoes p.
func (p Patch) Inverse() Patch { p.Old, p.New = p.New, p.Old; return p }

// Validate reports a patch that does not fit a grid or whose arrays do not fit its box.
func (p Patch) Validate(g Geometry) error {
	if p.Z < 0 || p.Z >= g.Size[0] {
		return fmt.Errorf("patch of slice %d, the study has %d", p.Z+1, g.Size[0])
	}
	if p.Box.Empty() || !p.Box.In(image.Rect(0, 0, g.Size[2], g.Size[1])) {
		return fmt.Errorf("patch %v lies outside a slice of %d × %d", p.Box, g.Size[2], g.Size[1])
	}
	if n := p.Box.Dx() * p.Box.Dy(); len(p.Old) != n || len(p.New) != n {
		return errors.New("patch arrays do not fit its box")
	}
	return nil
}

// Apply writes the patch's new labels into l. Labels outside the patch's box stay.
func (p Patch) Apply(l *LabelMap) error {
	if err := p.Validate(l.Geometry); err != nil {
		return err
	}
	slice, w, dx := l.Slice(p.Z), l.Size[2], p.Box.Dx()
	for y := range p.Box.Dy() {
		at := (p.Box.Min.Y+y)*w + p.Box.Min.X
		copy(slice[at:at+dx], p.New[y*dx:(y+1)*dx])
	}
	return nil
}

func crop(slice []uint8, w int, box image.Rectangle) []uint8 {
	out := make([]uint8, 0, box.Dx()*box.Dy())
	for y := box.Min.Y; y < box.Max.Y; y++ {
		out = append(out, slice[y*w+box.Min.X:y*w+box.Max.X]...)
	}
	return out
}
