package voxels

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"glasswork/dataset/annotation"
	"glasswork/dataset/volume"
)

// Labels puts the segments of label volumes onto other grids. It is an annotation.Rasteriser.
type Labels struct {
	// Name is the name of the file, for messages.
	Name     string
	Geometry volume.Geometry
	// Layers lie on Geometry. Segments of different layers may overlap.
	Layers []*Layer
	// Places says where the segments are, in the order of annotation.Segmentation.Segments.
	Places []Place

	names []string // of the segments, for messages
}

// Place is the layer of a segment and its value in that layer.
type Place struct{ Layer, Value int }

// Segment adds a segment and fills in its size. It returns false if its value does not occur.
func (l *Labels) Segment(s *annotation.Segment, at Place) bool {
	i := l.Layers[at.Layer].find(at.Value)
	if i == 0 {
		return false
	}
	l.Places, l.names = append(l.Places, at),
		append(l.names, cmp.Or(s.Label, fmt.Sprintf("label %d", s.Number)))
	s.Voxels = l.Layers[at.Layer].Marks[i-1].Voxels
	s.ML = float64(s.Voxels) * l.Geometry.VoxelML()
	return true
}

// Rasterise sets mask ([z,y,x] of grid) to 1 in every voxel whose centre lies in a voxel of segment
// i.
func (l *Labels) Rasterise(
	ctx context.Context, i int, grid volume.Geometry, mask []uint8,
) (warnings []string, err error) {
	if i < 0 || i >= len(l.Places) || len(mask) != grid.Voxels() {
		return nil, fmt.Errorf("%s has no segment %d", l.Name, i)
	}
	layer := l.Layers[l.Places[i].Layer]
	index := layer.find(l.Places[i].Value)
	if index == 0 {
		return nil, nil
	}
	to, ok := newStep(grid, l.Geometry)
	back, okBack := newStep(l.Geometry, grid)
	if !ok || !okBack {
		return nil, fmt.Errorf("%s: its grid does not span a volume", l.Name)
	}
	mark := layer.Marks[index-1]
	low, high := back.box(mark.Min, mark.Max, grid.Size)
	for z := low[0]; z <= high[0]; z++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for y := low[1]; y <= high[1]; y++ {
			row := mask[(z*grid.Size[1]+y)*grid.Size[2]:][:grid.Size[2]]
			for x := low[2]; x <= high[2]; x++ {
				if at, inside := to.nearest(z, y, x, l.Geometry.Size); inside &&
					layer.Index[at] == index {
					row[x] = 1
				}
			}
		}
	}
	size, s := l.Geometry.Size, l.Geometry.Spacing()
	if !to.whole() {
		warnings = append(warnings, fmt.Sprintf("%s lies on another grid than the study (voxels "+
			"of %.2f × %.2f × %.2f mm); it was put onto the study's slices by position, so "+
			"outlines can be off by half a voxel.",
			l.Name, s[2], s[1], s[0]))
	} else if !back.inside([3]int{}, [3]int{size[0] - 1, size[1] - 1, size[2] - 1}, grid.Size) ||
		l.Geometry.Voxels() != grid.Voxels() {
		warnings = append(warnings, fmt.Sprintf("%s covers another region than the study (%d × "+
			"%d × %d voxels); it was put onto the study's slices by position, voxel onto voxel.",
			l.Name, size[2], size[1], size[0]))
	}
	if n := outside(layer, index, back, l.Geometry.Size, grid.Size); n > 0 {
		warnings = append(warnings, fmt.Sprintf("%.2g %% of %s in %s lies outside the study and "+
			"is left out.", 100*float64(n)/float64(mark.Voxels), l.names[i], l.Name))
	}
	return warnings, nil
}

// outside returns how many voxels of a mark have their centres beyond a grid of the given size.
func outside(layer *Layer, index uint8, back step, own, size [3]int) (n int) {
	m := layer.Marks[index-1]
	if back.inside(m.Min, m.Max, size) {
		return 0
	}
	for z := m.Min[0]; z <= m.Max[0]; z++ {
		for y := m.Min[1]; y <= m.Max[1]; y++ {
			for x := m.Min[2]; x <= m.Max[2]; x++ {
				if layer.Index[(z*own[1]+y)*own[2]+x] != index {
					continue
				}
				if _, in := back.nearest(z, y, x, size); !in {
					n++
				}
			}
		}
	}
	return n
}

// step maps indices [z,y,x] of one grid to fractional indices of another.
type step struct {
	first [3]float64
	by    [3][3]float64 // for one voxel along z, y and x
}

func newStep(from, to volume.Geometry) (s step, ok bool) {
	if s.first, ok = to.ToIndex(from.ToMM(0, 0, 0)); !ok {
		return s, false
	}
	for axis := range 3 {
		var unit [3]float64
		unit[axis] = 1
		at, _ := to.ToIndex(from.ToMM(unit[0], unit[1], unit[2]))
		for i := range 3 {
			s.by[axis][i] = at[i] - s.first[i]
		}
	}
	return s, true
}

// whole reports whether the centres of voxels coincide, one with one. The axes of the grids may be
// permuted or flipped, but nothing is resampled.
func (s step) whole() bool {
	for i := range 3 {
		if !near(s.first[i]) {
			return false
		}
		sum := 0.0
		for axis := range 3 {
			if !near(s.by[axis][i]) {
				return false
			}
			sum += math.Abs(math.Round(s.by[axis][i]))
		}
		if sum != 1 {
			return false
		}
	}
	return true
}

// near reports whether v is a whole number of voxels, to within 0.02.
func near(v float64) bool { return math.Abs(v-math.Round(v)) < 0.02 }

func (s step) at(z, y, x float64) (out [3]float64) {
	for i := range 3 {
		out[i] = s.first[i] + z*s.by[0][i] + y*s.by[1][i] + x*s.by[2][i]
	}
	return out
}

// nearest returns the offset of the voxel, in a grid of the given size, that holds the centre of
// voxel (z,y,x). inside is false if there is none.
func (s step) nearest(z, y, x int, size [3]int) (offset int, inside bool) {
	at := s.at(float64(z), float64(y), float64(x))
	for i, v := range at {
		n := int(math.Floor(v + 0.5))
		if n < 0 || n >= size[i] {
			return 0, false
		}
		offset = offset*size[i] + n
	}
	return offset, true
}

// box returns the part of a grid of the given size that can hold the box from low to high.
func (s step) box(low, high, size [3]int) (from, to [3]int) {
	from, to = size, [3]int{-1, -1, -1}
	s.corners(low, high, func(at [3]float64) {
		for i, v := range at {
			from[i] = min(from[i], clamp(math.Floor(v), size[i]))
			to[i] = max(to[i], clamp(math.Ceil(v), size[i]))
		}
	})
	return from, to
}

// inside reports whether the box from low to high lies in a grid of the given size.
func (s step) inside(low, high, size [3]int) bool {
	all := true
	s.corners(low, high, func(at [3]float64) {
		for i, v := range at {
			all = all && v > -0.6 && v < float64(size[i])-0.4
		}
	})
	return all
}

// corners visits the corners of a box. The outermost voxels are wholly within it.
func (s step) corners(low, high [3]int, visit func(at [3]float64)) {
	for corner := range 8 {
		var p [3]float64
		for i := range 3 {
			if p[i] = float64(low[i]) - 0.5; corner>>i&1 == 1 {
				p[i] = float64(high[i]) + 0.5
			}
		}
		visit(s.at(p[0], p[1], p[2]))
	}
}

// clamp returns v as an index into an axis of n voxels.
func clamp(v float64, n int) int { return int(min(max(v, 0), float64(n-1))) }
