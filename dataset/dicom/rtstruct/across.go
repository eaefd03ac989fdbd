package rtstruct

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"glasswork/dataset/volume"
)

// mostPixels bounds how many pixels are used to fill contours that do not lie in the study's
// slices.
const mostPixels = 128 << 20

// frame is a coordinate system in which contours lie flat. u and v run along their planes, w across
// them.
type frame struct {
	u, v, w volume.Vector
	// step is the length of one unit, in mm.
	step float64
}

// coordinates returns those of a point, in steps.
func (f frame) coordinates(p volume.Point) (u, v, w float64) {
	return f.u.Dot(p) / f.step, f.v.Dot(p) / f.step, f.w.Dot(p) / f.step
}

// picture holds the filled contours of one plane. mask is [v,u], beginning at left and top, with
// width pixels per row.
type picture struct {
	left, top, width int
	mask             []uint8
}

// at returns the pixel nearest to (u,v): 1 if it is inside a contour.
func (p picture) at(u, v float64) uint8 {
	x, y := int(math.Round(u))-p.left, int(math.Round(v))-p.top
	if x < 0 || x >= p.width || y < 0 || y*p.width >= len(p.mask) {
		return 0
	}
	return p.mask[y*p.width+x]
}

// rasteriseAcross does what rasterise does, for contours that do not lie in grid's slices. They
// were drawn on reformatted slices, or a tilted study was resampled. Each plane is filled on pixels
// of grid's smallest spacing. A voxel takes the nearest pixel of the nearest plane.
func rasteriseAcross(ctx context.Context, contours [][]volume.Point, grid volume.Geometry,
	mask []uint8,
) ([]string, error) {
	s := grid.Spacing()
	f, ok := frameOf(contours, min(s[0], s[1], s[2]))
	if !ok {
		return nil, errors.New("contours do not lie in planes")
	}
	planes, err := f.planes(contours)
	if err != nil {
		return nil, err
	}
	pictures, err := fillPlanes(planes)
	if err != nil {
		return nil, err
	}
	half := reach(planes)
	low, high := box(contours, grid, half*f.step)
	for z := low[0]; z <= high[0]; z++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for y := low[1]; y <= high[1]; y++ {
			row := mask[(z*grid.Size[1]+y)*grid.Size[2]:]
			for x := low[2]; x <= high[2]; x++ {
				u, v, w := f.coordinates(grid.ToMM(float64(z), float64(y), float64(x)))
				if i := nearest(planes, w, half); i >= 0 {
					row[x] |= pictures[i].at(u, v)
				}
			}
		}
	}
	return []string{"contours do not lie in the study's slices; they were resampled, which moves " +
		"outlines by up to half a voxel"}, nil
}

// frameOf returns a frame that lies along the planes of contours. Its axis across them is the
// normal of the largest contour.
func frameOf(contours [][]volume.Point, step float64) (frame, bool) {
	var normal volume.Vector
	for _, c := range contours {
		if n := areaVector(c); n.Dot(n) > normal.Dot(normal) {
			normal = n
		}
	}
	w, ok := normal.Unit()
	if !ok || !(step > 0) {
		return frame{}, false
	}
	aside := volume.Vector{1, 0, 0}
	if math.Abs(w[0]) > 0.7 {
		aside = volume.Vector{0, 1, 0}
	}
	u, _ := aside.Cross(w).Unit()
	return frame{u: u, v: w.Cross(u), w: w, step: step}, true
}

// planes sorts contours by their height across the frame.
func (f frame) planes(contours [][]volume.Point) ([]plane, error) {
	var flats []plane
	for _, c := range contours {
		p := plane{contours: [][]vertex{make([]vertex, len(c))}}
		low, high := math.Inf(1), math.Inf(-1)
		for i, at := range c {
			u, v, w := f.coordinates(at)
			p.contours[0][i] = vertex{u, v}
			low, high = min(low, w), max(high, w)
		}
		if high-low > flat {
			return nil, errors.New("contours lie neither in the study's slices nor in planes " +
				"beside each other, so they cannot be put onto it")
		}
		p.z = (low + high) / 2
		flats = append(flats, p)
	}
	return joined(flats), nil
}

// fillPlanes fills the contours of each plane on pixels with a side of one step.
func fillPlanes(planes []plane) ([]picture, error) {
	pictures := make([]picture, len(planes))
	var total float64
	for i, p := range planes {
		left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
		for _, polygon := range p.contours {
			for _, c := range polygon {
				left, right, top, bottom = min(left, c.x), max(right, c.x), min(top, c.y),
					max(bottom, c.y)
			}
		}
		left, top = math.Floor(left), math.Floor(top)
		if total += (right - left + 2) * (bottom - top + 2); total > mostPixels {
			return nil, fmt.Errorf("contours across the study's slices cover more than %d "+
				"million pixels", mostPixels>>20)
		}
		for _, polygon := range p.contours {
			for j := range polygon {
				polygon[j].x -= left
				polygon[j].y -= top
			}
		}
		width, height := int(right-left)+2, int(bottom-top)+2
		pictures[i] = picture{int(left), int(top), width, make([]uint8, width*height)}
		fill(pictures[i].mask, width, p.contours)
	}
	return pictures, nil
}

// box returns the first and the last index [z,y,x] of grid that lie within margin mm of the points
// of contours. The last is before the first if there are none.
func box(contours [][]volume.Point, grid volume.Geometry, margin float64) (low, high [3]int) {
	first, last := [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)},
		[3]float64{math.Inf(-1), math.Inf(-1), math.Inf(-1)}
	for _, c := range contours {
		for _, p := range c {
			at, _ := grid.ToIndex(p)
			for i := range at {
				first[i], last[i] = min(first[i], at[i]), max(last[i], at[i])
			}
		}
	}
	s := grid.Spacing()
	for i := range first {
		more := 2*margin/s[i] + 1
		low[i] = int(min(max(math.Floor(first[i]-more), 0), float64(grid.Size[i])))
		high[i] = int(max(min(math.Ceil(last[i]+more), float64(grid.Size[i]-1)), -1))
	}
	return low, high
}

// joined sorts planes by height and merges those at the same height.
func joined(flats []plane) []plane {
	slices.SortStableFunc(flats, func(a, b plane) int { return cmp.Compare(a.z, b.z) })
	var planes []plane
	for _, f := range flats {
		if last := len(planes) - 1; last >= 0 && f.z-planes[last].z <= samePlane {
			planes[last].contours = append(planes[last].contours, f.contours...)
			continue
		}
		planes = append(planes, f)
	}
	return planes
}

// areaVector returns the normal of a closed polygon. Its length is twice the area.
func areaVector(c []volume.Point) (n volume.Vector) {
	for i := 1; i+1 < len(c); i++ {
		n = n.Add(c[i].Sub(c[0]).Cross(c[i+1].Sub(c[0])))
	}
	return n
}
