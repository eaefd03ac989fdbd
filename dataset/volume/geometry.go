package volume

import (
	"errors"
	"fmt"
	"math"
)

// Affine maps a voxel index (x, y, z, 1) to LPS millimetres: rows are the LPS
// coordinates, columns the step of one voxel along x, y and z, then the centre of
// voxel (0,0,0). NIfTI's RAS affines are converted when read and written.
type Affine [3][4]float64

// Geometry is the grid of a volume. Two grids are interchangeable if SameGrid says so.
type Geometry struct {
	// Size is the number of voxels along [z,y,x].
	Size [3]int
	// Affine maps (x,y,z) indices to LPS mm.
	Affine Affine
}

// NewGeometry returns an axial grid: columns to the left, rows to posterior,
// slices to the head. size and spacing (mm) are [z,y,x]; origin is the centre of
// voxel (0,0,0) in LPS mm.
func NewGeometry(size [3]int, spacing [3]float64, origin Point) Geometry {
	return Geometry{Size: size, Affine: Affine{
		{spacing[2], 0, 0, origin[0]},
		{0, spacing[1], 0, origin[1]},
		{0, 0, spacing[0], origin[2]},
	}}
}

// Voxels is the number of voxels of the grid.
func (g Geometry) Voxels() int { return g.Size[0] * g.Size[1] * g.Size[2] }

// SliceVoxels is the number of voxels of one axial slice.
func (g Geometry) SliceVoxels() int { return g.Size[1] * g.Size[2] }

// Spacing is the distance of voxel centres in mm along [z,y,x].
func (g Geometry) Spacing() [3]float64 {
	var s [3]float64
	for axis := range 3 {
		s[axis] = g.Step(2 - axis).Length()
	}
	return s
}

// VoxelML is the volume of one voxel in millilitres. It is the determinant of the
// axes, so it is right for sheared (gantry-tilted) grids as well.
func (g Geometry) VoxelML() float64 { return math.Abs(g.det()) / 1000 }

// ToMM returns the LPS position in mm of the (possibly fractional) index [z,y,x].
func (g Geometry) ToMM(z, y, x float64) Point {
	var p Point
	for r := range 3 {
		a := g.Affine[r]
		p[r] = a[0]*x + a[1]*y + a[2]*z + a[3]
	}
	return p
}

// ToIndex returns the fractional index [z,y,x] of an LPS position in mm. ok is
// false if the grid is degenerate.
func (g Geometry) ToIndex(p Point) (zyx [3]float64, ok bool) {
	det := g.det()
	if det == 0 || math.IsNaN(det) {
		return zyx, false
	}
	x, y, z := g.Step(0), g.Step(1), g.Step(2)
	d := p.Sub(Point{g.Affine[0][3], g.Affine[1][3], g.Affine[2][3]})
	return [3]float64{
		d.Dot(x.Cross(y)) / det,
		d.Dot(z.Cross(x)) / det,
		d.Dot(y.Cross(z)) / det,
	}, true
}

// Normal is the unit vector perpendicular to the slices, in LPS, pointing the way
// in which z grows.
func (g Geometry) Normal() Vector {
	n := g.Step(0).Cross(g.Step(1))
	length := n.Length()
	if length == 0 {
		return Vector{}
	}
	if n.Dot(g.Step(2)) < 0 {
		length = -length
	}
	return Vector{n[0] / length, n[1] / length, n[2] / length}
}

// SameGrid reports whether two geometries agree in size and, within 0.01 mm at
// every corner, in position.
func (g Geometry) SameGrid(o Geometry) bool {
	if g.Size != o.Size {
		return false
	}
	for corner := range 8 {
		z := float64((corner & 1) * (g.Size[0] - 1))
		y := float64((corner >> 1 & 1) * (g.Size[1] - 1))
		x := float64((corner >> 2 & 1) * (g.Size[2] - 1))
		p, q := g.ToMM(z, y, x), o.ToMM(z, y, x)
		for i := range 3 {
			if !(math.Abs(p[i]-q[i]) <= 0.01) {
				return false
			}
		}
	}
	return true
}

// Validate reports a grid that cannot hold voxels or measure anything.
func (g Geometry) Validate() error {
	for _, n := range g.Size {
		if n <= 0 {
			return fmt.Errorf("a grid of %d × %d × %d voxels holds nothing", g.Size[0], g.Size[1],
				g.Size[2])
		}
	}
	if det := g.det(); det == 0 || math.IsNaN(det) || math.IsInf(det, 0) {
		return errors.New("the grid's axes do not span a volume")
	}
	return nil
}

// Step is the way from one voxel to the next along index axis i: 0 is x, 1 is y, 2 is z.
func (g Geometry) Step(i int) Vector {
	return Vector{g.Affine[0][i], g.Affine[1][i], g.Affine[2][i]}
}

func (g Geometry) det() float64 { return g.Step(0).Cross(g.Step(1)).Dot(g.Step(2)) }
