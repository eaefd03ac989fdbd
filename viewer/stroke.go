package viewer

import (
	"image"
	"math"

	"glasswork/dataset/volume"
)

// Stroke is one stroke of the brush on one slice. It changes the label map immediately. It ends
// as one patch, or it is aborted and leaves no change.
type Stroke struct {
	painter
	z, w, h  int
	labels   []uint8 // the slice, [y,x]
	before   []uint8 // the slice as it was
	mmX, mmY float64
	last     Point
	begun    bool
	box      image.Rectangle // what has changed so far
}

// NewStroke begins a stroke on slice z of labels. hu is that slice's [y,x], or nil if it is not
// known; then the HU range does not apply. It returns nil if there is no such slice.
func NewStroke(labels *volume.LabelMap, hu []int16, z int, o StrokeOptions) *Stroke {
	if z < 0 || z >= labels.Size[0] || (hu != nil && len(hu) != labels.SliceVoxels()) {
		return nil
	}
	slice, spacing := labels.Slice(z), labels.Spacing()
	return &Stroke{
		painter: newPainter(slice, hu, o),
		z:       z, w: labels.Size[2], h: labels.Size[1],
		labels: slice, before: append([]uint8(nil), slice...),
		mmX: orOne(spacing[2]), mmY: orOne(spacing[1]),
	}
}

// To moves the tip to voxel coordinates and paints the line to them. It returns the voxels that
// changed, possibly none.
func (s *Stroke) To(x, y float64) image.Rectangle {
	if math.IsNaN(x+y) || math.IsInf(x+y, 0) {
		return image.Rectangle{}
	}
	from, to := s.last, Point{x, y}
	if !s.begun {
		from = to
	}
	s.last, s.begun = to, true
	changed := s.dot(from).Union(s.dot(to)).Union(s.capsule(from, to))
	s.box = s.box.Union(changed)
	return changed
}

// dot paints the voxel under the pointer, so that the smallest tip leaves a mark.
func (s *Stroke) dot(p Point) image.Rectangle {
	x, y := int(math.Floor(p.X+0.5)), int(math.Floor(p.Y+0.5))
	if x < 0 || y < 0 || x >= s.w || y >= s.h {
		return image.Rectangle{}
	}
	return s.set(x, y)
}

// capsule paints the voxels whose centres are within the tip's radius, in mm, of the line from a
// to b. A tip thinner than a voxel counts as one voxel thick, so that the line has no gaps.
func (s *Stroke) capsule(a, b Point) (changed image.Rectangle) {
	r := max(s.Tip.DiameterMM/2, max(s.mmX, s.mmY)/2)
	a, b = Point{a.X * s.mmX, a.Y * s.mmY}, Point{b.X * s.mmX, b.Y * s.mmY}
	top := max(0, int(math.Ceil((min(a.Y, b.Y)-r)/s.mmY)))
	bottom := min(s.h-1, int(math.Floor((max(a.Y, b.Y)+r)/s.mmY)))
	for y := top; y <= bottom; y++ {
		left, right := span(a, b, float64(y)*s.mmY, r)
		x0 := max(0, int(math.Ceil(left/s.mmX)))
		x1 := min(s.w-1, int(math.Floor(right/s.mmX)))
		for x := x0; x <= x1; x++ {
			if near(Point{float64(x) * s.mmX, float64(y) * s.mmY}, a, b, r) {
				changed = changed.Union(s.set(x, y))
			}
		}
	}
	return changed
}

// span bounds the part of row y that can lie within r of the line from a to b.
func span(a, b Point, y, r float64) (left, right float64) {
	t0, t1 := 0.0, 1.0
	if dy := b.Y - a.Y; dy != 0 {
		u, v := (y-r-a.Y)/dy, (y+r-a.Y)/dy
		t0, t1 = max(t0, min(u, v)), min(t1, max(u, v))
	}
	p, q := a.X+t0*(b.X-a.X), a.X+t1*(b.X-a.X)
	return min(p, q) - r, max(p, q) + r
}

// near reports whether p is within r of the line from a to b.
func near(p, a, b Point, r float64) bool {
	dx, dy := b.X-a.X, b.Y-a.Y
	t := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		t = min(max(((p.X-a.X)*dx+(p.Y-a.Y)*dy)/n, 0), 1)
	}
	ex, ey := p.X-a.X-t*dx, p.Y-a.Y-t*dy
	return ex*ex+ey*ey <= r*r+1e-9
}

func (s *Stroke) set(x, y int) image.Rectangle {
	i := y*s.w + x
	c := s.paint(i, s.labels[i])
	if c == s.labels[i] {
		return image.Rectangle{}
	}
	s.labels[i] = c
	return image.Rect(x, y, x+1, y+1)
}

// End returns the stroke as one patch, which is already applied to the label map, or false if no
// voxel changed.
func (s *Stroke) End() (volume.Patch, bool) {
	if s.box.Empty() {
		return volume.Patch{}, false
	}
	return volume.Patch{
		Z: s.z, Box: s.box, Old: crop(s.before, s.w, s.box),
		New: crop(s.labels, s.w, s.box),
	}, true
}

// Abort undoes the stroke and returns the voxels that changed.
func (s *Stroke) Abort() image.Rectangle {
	for y := s.box.Min.Y; y < s.box.Max.Y; y++ {
		copy(s.labels[y*s.w+s.box.Min.X:y*s.w+s.box.Max.X], s.before[y*s.w+s.box.Min.X:])
	}
	changed := s.box
	s.box = image.Rectangle{}
	return changed
}

// Outside reports whether the HU range has kept the whole stroke from painting.
func (s *Stroke) Outside() bool { return s.outside && !s.inside }

// Z returns the slice of the stroke.
func (s *Stroke) Z() int { return s.z }

func crop(slice []uint8, w int, box image.Rectangle) []uint8 {
	out := make([]uint8, 0, box.Dx()*box.Dy())
	for y := box.Min.Y; y < box.Max.Y; y++ {
		out = append(out, slice[y*w+box.Min.X:y*w+box.Max.X]...)
	}
	return out
}
