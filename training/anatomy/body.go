// Package anatomy finds the body and the lungs in CT by their density, without a network,
// and has the operations on masks that this takes.
package anatomy

import "image"

// airHU separates air and lung from tissue when the body is looked for.
const airHU = -400

// bodyBlock is the side in pixels of the blocks on which the body is looked for.
const bodyBlock = 4

// Body is where the patient is on an axial slice.
type Body struct {
	// Box is its bounding box in pixels, with a margin of one block.
	Box image.Rectangle
	// w and h are the slice's size in whole blocks; row and column are per block row and
	// column the first block of the body and the one after its last.
	w, h        int
	row, column []span
}

type span struct{ from, to int }

func (s span) has(i int) bool { return i >= s.from && i < s.to }

// Contains says whether a pixel lies in the body: between its first and last block in both
// directions, so that lungs belong to it whatever their density.
func (b *Body) Contains(x, y int) bool {
	bx, by := min(x/bodyBlock, b.w-1), min(y/bodyBlock, b.h-1)
	return b.row[by].has(bx) && b.column[bx].has(by)
}

// FindBody looks for the largest connected region denser than air (hu is [y,x] of w
// columns and h rows). What is thinner than two blocks, such as the table's shell, does not
// connect. It is nil if there is no such region of some size.
func FindBody(hu []int16, w, h int) *Body {
	b := &Body{w: w / bodyBlock, h: h / bodyBlock}
	if b.w == 0 || b.h == 0 {
		return nil
	}
	dense := denseBlocks(hu, w, b.w, b.h)
	opened := Open(dense, b.w, b.h, 1)
	var largest []int
	for _, part := range Sections(opened, b.w, b.h) {
		if len(part) > len(largest) {
			largest = part
		}
	}
	if len(largest)*50 < b.w*b.h {
		return nil
	}
	b.row, b.column = make([]span, b.h), make([]span, b.w)
	var box image.Rectangle
	for _, i := range largest {
		x, y := i%b.w, i/b.w
		box = box.Union(image.Rect(x, y, x+1, y+1))
		b.row[y].add(x)
		b.column[x].add(y)
	}
	box = image.Rect((box.Min.X-1)*bodyBlock, (box.Min.Y-1)*bodyBlock, (box.Max.X+1)*bodyBlock,
		(box.Max.Y+1)*bodyBlock)
	b.Box = box.Intersect(image.Rect(0, 0, w, h))
	b.widen()
	return b
}

// widen lets the spans reach the slice's border on the sides on which the picture cuts the
// body: what lies there may be lung.
func (b *Body) widen() {
	left, right := b.Box.Min.X == 0, b.Box.Max.X >= b.w*bodyBlock
	top, bottom := b.Box.Min.Y == 0, b.Box.Max.Y >= b.h*bodyBlock
	widenAll(b.row, left, right, b.w)
	widenAll(b.column, top, bottom, b.h)
}

func widenAll(spans []span, first, last bool, n int) {
	for i := range spans {
		if first {
			spans[i].add(0)
		}
		if last {
			spans[i].add(n - 1)
		}
	}
}

// add widens the span to hold i.
func (s *span) add(i int) {
	if s.to == 0 {
		*s = span{i, i + 1}
		return
	}
	s.from, s.to = min(s.from, i), max(s.to, i+1)
}

// denseBlocks marks the blocks whose mean is denser than air, [bh,bw].
func denseBlocks(hu []int16, w, bw, bh int) []bool {
	dense := make([]bool, bw*bh)
	for by := range bh {
		for bx := range bw {
			sum := 0
			for y := range bodyBlock {
				at := (by*bodyBlock+y)*w + bx*bodyBlock
				for _, v := range hu[at : at+bodyBlock] {
					sum += int(v)
				}
			}
			dense[by*bw+bx] = sum > airHU*bodyBlock*bodyBlock
		}
	}
	return dense
}
