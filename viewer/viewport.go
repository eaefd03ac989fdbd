package viewer

import (
	"math"

	"glasswork/dataset/volume"
)

// Viewport places a slice in a view: it says which voxel is seen where. View positions are in the
// view's own units, with y down and the origin at its top left corner. Voxel positions are voxel
// coordinates. Millimetres are square on screen, so voxels that are not square are drawn as
// rectangles. The zero value shows nothing until Show and Resize are called.
type Viewport struct {
	mirror        Mirror
	cols, rows    int
	mmX, mmY      float64 // of one voxel
	width, height float64 // of the view
	scale         float64 // view units per mm
	cx, cy        float64 // picture millimetres at the view's centre
	free          bool    // zoomed or panned: a resize does not fit it again
}

const (
	mostUnitsPerVoxel = 64
	leastOfFit        = 0.5
)

// Show sets the grid of the slices that are looked at and fits them into the view.
func (v *Viewport) Show(g volume.Geometry) {
	spacing := g.Spacing()
	v.mirror = MirrorFor(g)
	v.cols, v.rows = g.Size[2], g.Size[1]
	v.mmX, v.mmY = orOne(spacing[2]), orOne(spacing[1])
	v.Fit()
}

// orOne returns 1 mm for an unknown spacing.
func orOne(mm float64) float64 {
	if !(mm > 0) || math.IsInf(mm, 0) {
		return 1
	}
	return mm
}

// Resize sets the size of the view. A fitted picture stays fitted. Any other picture keeps its
// centre and its scale.
func (v *Viewport) Resize(width, height float64) {
	v.width, v.height = width, height
	if !v.free {
		v.Fit()
	}
}

// Fit shows the whole slice as large as the view allows.
func (v *Viewport) Fit() {
	v.scale, v.free = v.fitScale(), false
	v.cx, v.cy = v.size()
	v.cx, v.cy = v.cx/2, v.cy/2
}

// size returns the slice's extent in mm.
func (v *Viewport) size() (w, h float64) { return float64(v.cols) * v.mmX, float64(v.rows) * v.mmY }

func (v *Viewport) fitScale() float64 {
	w, h := v.size()
	if w == 0 || h == 0 || v.width <= 0 || v.height <= 0 {
		return 1
	}
	return min(v.width/w, v.height/h)
}

// ZoomAt enlarges by factor and keeps what is at view position (px,py) where it is.
func (v *Viewport) ZoomAt(factor, px, py float64) {
	if v.cols == 0 || !(factor > 0) {
		return
	}
	dx, dy := px-v.width/2, py-v.height/2
	mmX, mmY := v.cx+dx/v.scale, v.cy+dy/v.scale
	fit := v.fitScale()
	v.scale = min(max(v.scale*factor, fit*leastOfFit),
		max(fit, mostUnitsPerVoxel/max(v.mmX, v.mmY)))
	v.cx, v.cy = mmX-dx/v.scale, mmY-dy/v.scale
	v.free = true
	v.keepInView()
}

// PanBy moves the picture by view units.
func (v *Viewport) PanBy(dx, dy float64) {
	v.cx -= dx / v.scaleOrOne()
	v.cy -= dy / v.scaleOrOne()
	v.free = true
	v.keepInView()
}

// keepInView keeps the centre of the view on the picture, so that the picture cannot get lost.
func (v *Viewport) keepInView() {
	w, h := v.size()
	v.cx, v.cy = min(max(v.cx, 0), w), min(max(v.cy, 0), h)
}

func (v *Viewport) scaleOrOne() float64 { return orOne(v.scale) }

// Picture returns where the whole slice lies in the view: its top left corner and
// its size, in view units. It may reach beyond the view.
func (v *Viewport) Picture() (x, y, w, h float64) {
	w, h = v.size()
	s := v.scaleOrOne()
	return v.width/2 - v.cx*s, v.height/2 - v.cy*s, w * s, h * s
}

// ToVoxel returns the voxel coordinates of a view position. They may lie outside the slice.
func (v *Viewport) ToVoxel(px, py float64) (x, y float64) {
	left, top, _, _ := v.Picture()
	s := v.scaleOrOne()
	x, y = (px-left)/s/orOne(v.mmX)-0.5, (py-top)/s/orOne(v.mmY)-0.5
	return v.turned(x, y)
}

// ToView returns the view position of voxel coordinates.
func (v *Viewport) ToView(x, y float64) (px, py float64) {
	x, y = v.turned(x, y)
	left, top, _, _ := v.Picture()
	s := v.scaleOrOne()
	return left + (x+0.5)*v.mmX*s, top + (y+0.5)*v.mmY*s
}

// turned converts between stored and shown voxel coordinates.
func (v *Viewport) turned(x, y float64) (float64, float64) {
	if v.mirror.X {
		x = float64(v.cols-1) - x
	}
	if v.mirror.Y {
		y = float64(v.rows-1) - y
	}
	return x, y
}

// Voxel returns the voxel at a view position. ok is false outside the slice.
func (v *Viewport) Voxel(px, py float64) (x, y int, ok bool) {
	fx, fy := v.ToVoxel(px, py)
	x, y = int(math.Floor(fx+0.5)), int(math.Floor(fy+0.5))
	return x, y, x >= 0 && y >= 0 && x < v.cols && y < v.rows
}

// UnitsPerMM returns the scale in view units per millimetre.
func (v *Viewport) UnitsPerMM() float64 { return v.scaleOrOne() }

// Zoom returns view units per voxel column. At 1, every column takes one unit.
func (v *Viewport) Zoom() float64 { return v.scaleOrOne() * orOne(v.mmX) }

// Fitted reports whether the slice is shown as Fit shows it.
func (v *Viewport) Fitted() bool { return !v.free }

// Mirror returns how the slice must be flipped when it is drawn in this viewport.
func (v *Viewport) Mirror() Mirror { return v.mirror }
