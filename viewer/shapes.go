package viewer

import (
	"math"
	"slices"

	"glasswork/dataset/volume"
)

// LassoPatch returns what painting or erasing inside a closed polygon would change on
// slice z; false if nothing. The inside is the even-odd rule's, at voxel centres.
// hu is the slice's [y,x] or nil. The label map is not changed.
func LassoPatch(labels *volume.LabelMap, hu []int16, z int, polygon []Point, o StrokeOptions) (volume.Patch, bool) {
	if z < 0 || z >= labels.Size[0] || len(polygon) < 3 || (hu != nil && len(hu) != labels.SliceVoxels()) {
		return volume.Patch{}, false
	}
	before, w := labels.Slice(z), labels.Size[2]
	after := slices.Clone(before)
	p := newPainter(before, hu, o)
	var crossings []float64
	for y := range labels.Size[1] {
		crossings = crossingsAt(crossings[:0], polygon, float64(y))
		for i := 0; i+1 < len(crossings); i += 2 {
			x0 := int(max(math.Ceil(crossings[i]), 0))
			x1 := int(min(math.Ceil(crossings[i+1]), float64(w)))
			for x := x0; x < x1; x++ {
				after[y*w+x] = p.paint(y*w+x, after[y*w+x])
			}
		}
	}
	return volume.Diff(z, w, before, after)
}

// crossingsAt appends where the polygon's edges cross row y, sorted. An edge owns its
// upper end and not its lower one, so a corner on the row is counted once or twice,
// never wrongly.
func crossingsAt(xs []float64, polygon []Point, y float64) []float64 {
	prev := polygon[len(polygon)-1]
	for _, p := range polygon {
		if (prev.Y <= y) != (p.Y <= y) {
			xs = append(xs, prev.X+(y-prev.Y)/(p.Y-prev.Y)*(p.X-prev.X))
		}
		prev = p
	}
	slices.Sort(xs)
	return xs
}

// FillHoles returns what filling the holes of a class on slice z would change; false
// if nothing. Holes are background and other lung that the class cuts off from the
// slice's edge (by four neighbours); the other lesion class inside a hole stays. For
// LungsOther the wall is the whole lung and only background is filled. The label
// map is not changed.
func FillHoles(labels *volume.LabelMap, z int, class volume.Class) (volume.Patch, bool) {
	if z < 0 || z >= labels.Size[0] || class == volume.Background || class >= volume.NumClasses {
		return volume.Patch{}, false
	}
	before, w := labels.Slice(z), labels.Size[2]
	wall := func(c uint8) bool { return c == class || (class == volume.LungsOther && c != volume.Background) }
	open := reachable(before, w, wall)
	after := slices.Clone(before)
	for i, c := range before {
		if !open[i] && (c == volume.Background || c == volume.LungsOther) {
			after[i] = class
		}
	}
	return volume.Diff(z, w, before, after)
}

// reachable marks what can be reached from the edge of a [y,x] slice without
// crossing a wall.
func reachable(slice []uint8, w int, wall func(uint8) bool) []bool {
	h := len(slice) / w
	seen, queue := make([]bool, len(slice)), make([]int, 0, 2*(w+h))
	visit := func(x, y int) {
		if x < 0 || y < 0 || x >= w || y >= h {
			return
		}
		if i := y*w + x; !seen[i] && !wall(slice[i]) {
			seen[i] = true
			queue = append(queue, i)
		}
	}
	for x := range w {
		visit(x, 0)
		visit(x, h-1)
	}
	for y := range h {
		visit(0, y)
		visit(w-1, y)
	}
	for len(queue) > 0 {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		x, y := i%w, i/w
		visit(x-1, y)
		visit(x+1, y)
		visit(x, y-1)
		visit(x, y+1)
	}
	return seen
}
