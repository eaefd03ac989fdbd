package viewer

import (
	"math"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// LassoPatch returns the change that painting or erasing inside a closed polygon makes on slice
// z, or false if there is none. A voxel is inside if its centre is, by the even-odd rule. hu is
// the slice's [y,x] or nil. The label map is not changed.
func LassoPatch(
	labels *volume.LabelMap, hu []int16, z int, polygon []Point, o StrokeOptions,
) (volume.Patch, bool) {
	if z < 0 || z >= labels.Size[0] || len(polygon) < 3 ||
		(hu != nil && len(hu) != labels.SliceVoxels()) {
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

// crossingsAt appends where the edges of the polygon cross row y, sorted. An edge includes its
// upper end and not its lower one, so that each corner on the row is counted correctly.
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

// FillHoles returns the change that fills the holes of a class on slice z, or false if there is
// none. A hole is background or other lung that the class separates from the edge of the slice
// (4-connected); another lesion inside it stays. For LungsOther the wall is the whole
// lung, and only background is filled. The label map is not changed.
func FillHoles(labels *volume.LabelMap, z int, class classes.Class) (volume.Patch, bool) {
	if z < 0 || z >= labels.Size[0] || class == classes.Background || class >= classes.Labels {
		return volume.Patch{}, false
	}
	before, w := labels.Slice(z), labels.Size[2]
	wall := func(c uint8) bool {
		return c == class || (class == classes.LungsOther &&
			c != classes.Background)
	}
	open := volume.FromEdge(w, len(before)/w, func(i int) bool { return !wall(before[i]) })
	after := slices.Clone(before)
	for i, c := range before {
		if !open[i] && (c == classes.Background || c == classes.LungsOther) {
			after[i] = class
		}
	}
	return volume.Diff(z, w, before, after)
}
