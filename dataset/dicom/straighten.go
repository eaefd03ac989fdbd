package dicom

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"glasswork/dataset/volume"
)

const (
	// bridgedGaps is the largest distance between two slices, in usual gaps, at which voxels
	// between them are interpolated. At a larger distance, slices are missing.
	bridgedGaps = 2.5
	// maxGrowth bounds the voxels of a straight grid, as a multiple of those acquired. Positions
	// that need more are damaged.
	maxGrowth = 4
	// wholePart is the part of a pixel or a gap that counts as none.
	wholePart = 1e-3
)

// straightened reads slices that are sheared, shifted or uneven as slices of a straight and even
// grid along their normal. Within a slice it shifts and between slices it interpolates, both
// linearly. Outside what was acquired there is air.
type straightened struct {
	acquired *source      // slices in order
	shift    [][2]float64 // by slice: how far [y,x] it moves on the grid, in pixels, not negative
	places   []between    // by z of the grid
	geometry volume.Geometry
	buffers  sync.Pool // *[]int16, one acquired slice
}

// between is a place on the grid: a fraction of the way from slice lower to the next one, or
// missing.
type between struct {
	lower   int
	part    float64
	missing bool
}

// straighten returns s on a straight grid. It returns nil if the grid of s is straight already, or
// if its positions make no sense.
func (s *stack) straighten() *straightened {
	if len(s.slices) < 2 || !s.slices[0].hasPosition || !s.slices[0].hasSpacing ||
		s.tilt == 0 && !s.uneven && !s.drifts {
		return nil
	}
	first := s.slices[0]
	n := first.normal()
	t := &straightened{acquired: &source{at: s.slices}}
	along := make([]float64, len(s.slices)) // mm from the first
	var low, high [2]float64                // of the shifts
	for i, h := range s.slices {
		way := h.position.Sub(first.position)
		along[i] = way.Dot(n)
		at := [2]float64{
			way.Dot(first.columnAxis) / first.spacing[0], way.Dot(first.rowAxis) / first.spacing[1],
		}
		t.shift = append(t.shift, at)
		for axis := range at {
			low[axis], high[axis] = min(low[axis], at[axis]), max(high[axis], at[axis])
		}
	}
	for i := range t.shift {
		t.shift[i] = [2]float64{t.shift[i][0] - low[0], t.shift[i][1] - low[1]}
	}
	gap, ok := t.place(along, s.uneven)
	size := [3]int{
		len(t.places), first.rows + whole(high[0]-low[0]), first.columns + whole(high[1]-low[1]),
	}
	most := maxGrowth * float64(len(s.slices)*first.slicePixels())
	if !ok || float64(size[0])*float64(size[1])*float64(size[2]) > most {
		return nil
	}
	t.geometry = volume.Geometry{Size: size}
	for i := range 3 {
		y, x := first.columnAxis[i]*first.spacing[0], first.rowAxis[i]*first.spacing[1]
		t.geometry.Affine[i] = [4]float64{x, y, n[i] * gap, first.position[i] + low[1]*x + low[0]*y}
	}
	return t
}

// whole returns how many pixels longer a shift makes a grid.
func whole(shift float64) int { return int(math.Ceil(min(shift, largestSide) - wholePart)) }

// place sets what lies at each place of the grid and returns the distance between places in mm. It
// is the usual one, or a fine one if slices are uneven. ok is false if the gaps make no sense.
func (t *straightened) place(along []float64, uneven bool) (gap float64, ok bool) {
	gaps := make([]float64, len(along)-1)
	for i := range gaps {
		gaps[i] = along[i+1] - along[i]
	}
	usual, last := median(gaps), along[len(along)-1]
	if gap = usual; uneven {
		gap = quartile(gaps)
	}
	if !(gap > samePlaceMM) || last/gap > float64(maxGrowth*len(along)) {
		return 0, false
	}
	count := int(last/gap+wholePart) + 1
	if !uneven {
		count = int(math.Round(last/gap)) + 1
		gap = last / float64(count-1) // the mean, which is exact even if gaps are rounded
	}
	lower := 0
	for k := range count {
		at := min(float64(k)*gap, last)
		for lower+2 < len(along) && along[lower+1] <= at {
			lower++
		}
		p := between{lower: lower, part: (at - along[lower]) / gaps[lower]}
		if !uneven { // slices lie at their places, except for rounding
			p.part = math.Round(p.part*gaps[lower]/gap) * gap / gaps[lower]
		}
		if p.part < wholePart || p.part > 1-wholePart {
			p.part = math.Round(p.part)
		} else if gaps[lower] > bridgedGaps*usual || !uneven {
			p.missing = true
		}
		t.places = append(t.places, p)
	}
	return gap, true
}

// ReadSlice fills hu ([y,x] of the straight grid) with slice z in HU.
func (t *straightened) ReadSlice(ctx context.Context, z int, hu []int16) error {
	if z < 0 || z >= len(t.places) {
		return fmt.Errorf("slice %d was asked for, the series has %d", z+1, len(t.places))
	}
	if len(hu) != t.geometry.SliceVoxels() {
		return fmt.Errorf("a slice of %d pixels was asked for, it has %d", len(hu),
			t.geometry.SliceVoxels())
	}
	p := t.places[z]
	switch {
	case p.missing:
		fill(hu, defaultPaddingHU)
		return ctx.Err()
	case p.part == 0:
		return t.shifted(ctx, p.lower, hu)
	case p.part == 1:
		return t.shifted(ctx, p.lower+1, hu)
	}
	upper := t.buffer(len(hu))
	defer t.buffers.Put(upper)
	if err := t.shifted(ctx, p.lower, hu); err != nil {
		return err
	}
	if err := t.shifted(ctx, p.lower+1, *upper); err != nil {
		return err
	}
	inside := t.covered(p.lower).Intersect(t.covered(p.lower + 1))
	width := t.geometry.Size[2]
	for i, v := range *upper {
		if (image.Point{i % width, i / width}).In(inside) {
			hu[i] = int16(math.Round(float64(hu[i])*(1-p.part) + float64(v)*p.part))
		} else {
			hu[i] = defaultPaddingHU
		}
	}
	return nil
}

// covered returns the part of the grid that acquired slice i covers.
func (t *straightened) covered(i int) image.Rectangle {
	h := t.acquired.at[i]
	downBy, dy := splitShift(t.shift[i][0])
	rightBy, dx := splitShift(t.shift[i][1])
	r := image.Rect(rightBy, downBy, rightBy+h.columns, downBy+h.rows)
	if dx > 0 {
		r.Min.X++
	}
	if dy > 0 {
		r.Min.Y++
	}
	return r
}

// ReadAll fills hu ([z,y,x]) with all slices, on all cores.
func (t *straightened) ReadAll(ctx context.Context, hu []int16) error {
	return readAll(ctx, t, len(t.places), hu)
}

// Close ends the decoder's children.
func (t *straightened) Close() error { return t.acquired.Close() }

// buffer returns n pixels. They are put back into t.buffers after use.
func (t *straightened) buffer(n int) *[]int16 {
	b, _ := t.buffers.Get().(*[]int16)
	if b == nil {
		b = new([]int16)
	}
	if cap(*b) < n {
		*b = make([]int16, n)
	}
	*b = (*b)[:n]
	return b
}

// shifted fills hu with acquired slice i, moved to its place on the grid.
func (t *straightened) shifted(ctx context.Context, i int, hu []int16) error {
	h := t.acquired.at[i]
	stored := t.buffer(h.slicePixels())
	defer t.buffers.Put(stored)
	if err := t.acquired.ReadSlice(ctx, i, *stored); err != nil {
		return err
	}
	fill(hu, defaultPaddingHU)
	width := t.geometry.Size[2]
	downBy, dy := splitShift(t.shift[i][0])
	rightBy, dx := splitShift(t.shift[i][1])
	row, above := make([]float64, width), make([]float64, width)
	for y := range h.rows {
		moveRow(row, (*stored)[y*h.columns:][:h.columns], rightBy, dx)
		if y > 0 || dy == 0 {
			out := hu[(y+downBy)*width:][:width]
			for x := range out {
				out[x] = int16(math.Round(row[x]*(1-dy) + above[x]*dy))
			}
		}
		row, above = above, row
	}
	return nil
}

// moveRow fills row with a stored row, moved right by whole pixels and a fraction of one. Outside
// the centres of the stored pixels there is air.
func moveRow(row []float64, stored []int16, by int, part float64) {
	for x := range row {
		row[x] = defaultPaddingHU
	}
	for x, v := range stored {
		if x > 0 || part == 0 {
			row[x+by] = float64(v)*(1-part) + float64(stored[max(x-1, 0)])*part
		}
	}
}

// splitShift splits a shift into whole pixels and a fraction of one.
func splitShift(shift float64) (by int, part float64) {
	if near := math.Round(shift); math.Abs(shift-near) < wholePart {
		return int(near), 0
	}
	return int(shift), shift - math.Floor(shift)
}

func fill(hu []int16, v int16) {
	for i := range hu {
		hu[i] = v
	}
}
