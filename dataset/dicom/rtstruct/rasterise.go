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

const (
	// flat is how far, in slices, a contour may deviate from its plane.
	flat = 0.5
	// samePlane is how far apart, in slices, contours of the same plane may lie.
	samePlane = 0.02
	// onSlice is how far from a slice, in slices, a plane may lie without a warning.
	onSlice = 0.1
)

// errAcross means that contours do not lie in the slices of a grid.
var errAcross = errors.New("contours lie across the slices")

// plane holds the contours at one height of a grid. z is in slices.
type plane struct {
	z        float64
	contours [][]vertex
}

// rasterise sets mask ([z,y,x] of grid) to 1 where contours (LPS mm) lie. A voxel is inside if its
// centre is inside an odd number of the contours of the plane that its slice belongs to.
func rasterise(ctx context.Context, contours [][]volume.Point, grid volume.Geometry,
	mask []uint8,
) ([]string, error) {
	planes, err := planesOf(contours, grid)
	if errors.Is(err, errAcross) {
		return rasteriseAcross(ctx, contours, grid, mask)
	}
	if err != nil || len(planes) == 0 {
		return nil, err
	}
	half := reach(planes)
	n := grid.SliceVoxels()
	slice := make([]uint8, n)
	used := make([]bool, len(planes))
	for z := range grid.Size[0] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		i := nearest(planes, float64(z), half)
		if i < 0 {
			continue
		}
		used[i] = true
		clear(slice)
		fill(slice, grid.Size[2], planes[i].contours)
		part := mask[z*n : (z+1)*n]
		for at, v := range slice {
			part[at] |= v
		}
	}
	return warnings(planes, used, half, grid), nil
}

// planesOf sorts contours, in grid's index coordinates, by their height.
func planesOf(contours [][]volume.Point, grid volume.Geometry) ([]plane, error) {
	var flats []plane
	for _, contour := range contours {
		p, low, high, ok := indexed(contour, grid)
		switch {
		case !ok:
			return nil, errors.New("the study's grid has no volume that contours could be put into")
		case high-low > flat:
			return nil, errAcross
		}
		flats = append(flats, p)
	}
	return joined(flats), nil
}

// indexed converts a contour to index coordinates. It also returns the heights between which its
// points lie.
func indexed(contour []volume.Point, grid volume.Geometry) (p plane, low, high float64, ok bool) {
	polygon := make([]vertex, len(contour))
	low, high = math.Inf(1), math.Inf(-1)
	for i, at := range contour {
		zyx, ok := grid.ToIndex(at)
		if !ok {
			return plane{}, 0, 0, false
		}
		polygon[i] = vertex{zyx[2], zyx[1]}
		low, high = min(low, zyx[0]), max(high, zyx[0])
	}
	return plane{z: (low + high) / 2, contours: [][]vertex{polygon}}, low, high, true
}

// reach returns how far above and below a plane its contours apply, in slices. It is half the usual
// distance between planes, and at least half a slice.
func reach(planes []plane) float64 {
	var gaps []float64
	for i := 1; i < len(planes); i++ {
		gaps = append(gaps, planes[i].z-planes[i-1].z)
	}
	if len(gaps) == 0 {
		return 0.5
	}
	slices.Sort(gaps)
	return max(gaps[(len(gaps)-1)/2], 1) / 2
}

// nearest returns the plane that slice z belongs to, or -1 if none is within half. Of two at the
// same distance it returns the upper one, so that every plane fills as many slices as it is high.
func nearest(planes []plane, z, half float64) int {
	const eps = 1e-6
	best, least := -1, math.Inf(1)
	from, _ := slices.BinarySearchFunc(planes, z-half-eps, func(p plane, z float64) int {
		return cmp.Compare(p.z, z)
	})
	for i := from; i < len(planes) && planes[i].z <= z+half+eps; i++ {
		if d := math.Abs(planes[i].z - z); d <= least+eps && z-planes[i].z < half-eps {
			best, least = i, d
		}
	}
	return best
}

// warnings says what could not be preserved when planes were put onto grid's slices.
func warnings(planes []plane, used []bool, half float64, grid volume.Geometry) []string {
	var off float64
	between, outside, unused := 0, 0, 0
	top := float64(grid.Size[0] - 1)
	for i, p := range planes {
		d := math.Abs(p.z - math.Round(p.z))
		switch {
		case p.z < -half || p.z > top+half:
			outside++
		case !used[i]:
			unused++
		case d > onSlice:
			between++
			off = max(off, d)
		}
	}
	var all []string
	gap := grid.Spacing()[0]
	if outside > 0 {
		all = append(all, fmt.Sprintf("%s of contours lie outside the study and are left out",
			counted(outside, "plane")))
	}
	if between > 0 {
		all = append(all, fmt.Sprintf("%s of contours lie between slices and were moved to the "+
			"nearest one, by up to %.1f mm", counted(between, "plane"), off*gap))
	}
	if unused > 0 {
		all = append(all, fmt.Sprintf("%s of contours lie closer together than the slices and "+
			"are left out", counted(unused, "plane")))
	}
	if half > 0.75 {
		all = append(all, fmt.Sprintf("contours are %.1f mm apart and slices %.1f mm: the slices "+
			"between took the nearest contours", 2*half*gap, gap))
	}
	return all
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
