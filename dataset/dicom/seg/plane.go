package seg

import (
	"math"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// plane says where one image lies.
type plane struct {
	// position is the centre of pixel (0,0) in LPS mm.
	position volume.Point
	// row and column are the unit vectors along which x and y grow.
	row, column volume.Vector
	// spacing is the distance between pixel centres in mm, [y,x].
	spacing [2]float64
	// gap is the distance between neighbouring slices and thickness that of one slice, in mm. They
	// are 0 if unknown.
	gap, thickness float64
	// placed is true if the file gives the position, oriented if it gives the rest.
	placed, oriented bool
}

// normal returns the direction in which along grows.
func (p plane) normal() volume.Vector { return p.row.Cross(p.column) }

// at returns the centre of pixel (y,x) in LPS mm.
func (p plane) at(y, x float64) volume.Point {
	var out volume.Point
	for i := range 3 {
		out[i] = p.position[i] + x*p.spacing[1]*p.row[i] + y*p.spacing[0]*p.column[i]
	}
	return out
}

// parallel reports whether q has the orientation and the pixel size of p.
func (p plane) parallel(q plane) bool {
	return p.row.Dot(q.row) > 1-1e-6 && p.column.Dot(q.column) > 1-1e-6 &&
		math.Abs(p.spacing[0]-q.spacing[0]) < 1e-4*p.spacing[0] &&
		math.Abs(p.spacing[1]-q.spacing[1]) < 1e-4*p.spacing[1]
}

// groups holds the functional groups of one frame (PS3.3 C.7.6.16): its own, and those shared by
// all frames. For an object with a single frame it also holds the object's attributes.
type groups struct {
	own, shared, object object.Set
}

// item returns the item of a functional group.
func (g groups) item(t tag.Tag) object.Set {
	if all := g.own.Items(t); len(all) > 0 {
		return all[0]
	}
	return g.shared.Item(t)
}

// floats returns the numbers of element t of functional group sequence, or of the object itself.
func (g groups) floats(sequence, t tag.Tag) []float64 {
	if v := g.item(sequence).Floats(t); v != nil {
		return v
	}
	return g.object.Floats(t)
}

// plane reads where a frame lies. Numbers that no image can have count as absent.
func (g groups) plane() plane {
	p := plane{
		row: volume.Vector{1, 0, 0}, column: volume.Vector{0, 1, 0}, spacing: [2]float64{1, 1},
	}
	if v := g.floats(tag.PlanePositionSequence, tag.ImagePositionPatient); len(v) == 3 &&
		largest(v) < absurdMM {
		p.placed, p.position = true, volume.Point(v)
	}
	orientation := g.floats(tag.PlaneOrientationSequence, tag.ImageOrientationPatient)
	spacing := g.floats(tag.PixelMeasuresSequence, tag.PixelSpacing)
	if len(orientation) == 6 && len(spacing) == 2 && min(spacing[0], spacing[1]) > 1/absurdMM &&
		largest(spacing) < absurdMM {
		row, okRow := volume.Vector(orientation[:3]).Unit()
		column, okColumn := volume.Vector(orientation[3:]).Unit()
		if okRow && okColumn && math.Abs(row.Dot(column)) < 0.01 {
			p.oriented, p.row, p.column, p.spacing = true, row, column, [2]float64(spacing)
		}
	}
	p.gap = positive(g.floats(tag.PixelMeasuresSequence, tag.SpacingBetweenSlices))
	p.thickness = positive(g.floats(tag.PixelMeasuresSequence, tag.SliceThickness))
	return p
}

const absurdMM = 1e5 // no position, pixel or thickness is that large

func positive(v []float64) float64 {
	if len(v) == 0 || !(v[0] > 1/absurdMM && v[0] < absurdMM) {
		return 0
	}
	return v[0]
}

func largest(v []float64) float64 {
	out := 0.0
	for _, n := range v {
		out = max(out, math.Abs(n))
	}
	return out
}
