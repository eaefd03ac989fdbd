package voxels

import (
	"math"

	"glasswork/dataset/volume"
)

// Layout says where the voxels of a [z,y,x] grid are in a file. Voxel (z,y,x) is number Origin +
// z·Stride[0] + y·Stride[1] + x·Stride[2].
type Layout struct {
	Geometry volume.Geometry
	Origin   int64
	Stride   [3]int64
}

// Axial permutes and flips a file's axes so that x runs to the patient's left, y to posterior and z
// to the head, as nearly as the axes allow. Nothing is interpolated. lps maps the file's (i,j,k) to
// mm. sizes and strides are those of i, j and k.
func Axial(lps volume.Affine, sizes, strides [3]int64) Layout {
	axes := nearestAxes(lps)
	var l Layout
	for out, in := range axes { // out 0, 1, 2 is x, y, z; in is an axis of the file
		n, stride := sizes[in], strides[in]
		step := [3]float64{lps[0][in], lps[1][in], lps[2][in]}
		if step[out] < 0 {
			l.Origin += (n - 1) * stride
			for r := range 3 {
				l.Geometry.Affine[r][3] += step[r] * float64(n-1)
				step[r] = -step[r]
			}
			stride = -stride
		}
		for r := range 3 {
			l.Geometry.Affine[r][out] = step[r]
		}
		l.Geometry.Size[2-out], l.Stride[2-out] = int(n), stride
	}
	for r := range 3 {
		l.Geometry.Affine[r][3] += lps[r][3]
	}
	return l
}

// nearestAxes returns, for the patient's x, y and z, the voxel axis that is closest to it. Of the
// six assignments it takes the one with the largest sum of cosines.
func nearestAxes(a volume.Affine) [3]int {
	cosine := func(patient, axis int) float64 {
		length := math.Sqrt(a[0][axis]*a[0][axis] + a[1][axis]*a[1][axis] + a[2][axis]*a[2][axis])
		return math.Abs(a[patient][axis]) / length
	}
	best, bestSum := [3]int{0, 1, 2}, -1.0
	for _, p := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		if sum := cosine(0, p[0]) + cosine(1, p[1]) + cosine(2, p[2]); sum > bestSum+1e-9 {
			best, bestSum = p, sum
		}
	}
	return best
}

// RASToLPS converts a map to RAS mm into one to LPS mm, and back.
func RASToLPS(a volume.Affine) volume.Affine {
	for c := range 4 {
		a[0][c], a[1][c] = -a[0][c], -a[1][c]
	}
	return a
}

// Usable reports whether an affine is finite and spans a volume.
func Usable(a volume.Affine) bool {
	for _, row := range a {
		for _, v := range row {
			if math.IsNaN(v) || math.Abs(v) > 1e6 {
				return false
			}
		}
	}
	return volume.Geometry{Size: [3]int{1, 1, 1}, Affine: a}.Validate() == nil
}
