package nifti

import (
	"math"

	"glasswork/dataset/volume"
)

// affine returns the map from voxel indices (i,j,k) to RAS mm and what it rests on.
// sform wins where it is set, since it is what was registered or corrected last; then
// qform; then the voxel sizes alone (NIfTI-1 methods 3, 2 and 1).
func (h *header) affine() (a volume.Affine, method string) {
	a, method = h.unscaledAffine()
	unit := 1.0
	switch h.units & 7 {
	case 1: // metres
		unit = 1000
	case 3: // micrometres
		unit = 0.001
	}
	for r := range a {
		for c := range a[r] {
			a[r][c] *= unit
		}
	}
	return a, method
}

func (h *header) unscaledAffine() (volume.Affine, string) {
	if h.sform > 0 {
		a := volume.Affine(h.srow)
		if usable(a) {
			return a, "sform"
		}
	}
	if h.qform > 0 {
		if a, ok := h.qformAffine(); ok && usable(a) {
			return a, "qform"
		}
	}
	var a volume.Affine
	for i := range 3 {
		a[i][i] = h.side(i)
		a[i][3] = -a[i][i] * float64(h.dim[i+1]-1) / 2
	}
	return a, ""
}

// side is the voxel size along axis i, 1 where the header gives none.
func (h *header) side(i int) float64 {
	if d := math.Abs(h.pixdim[i+1]); d > 0 && !bad(d) {
		return d
	}
	return 1
}

// qformAffine turns the quaternion into an affine (nifti1.h, method 2).
func (h *header) qformAffine() (a volume.Affine, ok bool) {
	b, c, d := h.quatern[0], h.quatern[1], h.quatern[2]
	rest := 1 - (b*b + c*c + d*d)
	if bad(rest) || rest < -1e-4 {
		return a, false
	}
	w := math.Sqrt(max(rest, 0))
	if length := math.Sqrt(w*w + b*b + c*c + d*d); length > 0 {
		w, b, c, d = w/length, b/length, c/length, d/length
	}
	rotation := [3][3]float64{
		{w*w + b*b - c*c - d*d, 2*b*c - 2*w*d, 2*b*d + 2*w*c},
		{2*b*c + 2*w*d, w*w + c*c - b*b - d*d, 2*c*d - 2*w*b},
		{2*b*d - 2*w*c, 2*c*d + 2*w*b, w*w + d*d - c*c - b*b},
	}
	sizes := [3]float64{h.side(0), h.side(1), h.side(2)}
	if h.pixdim[0] < 0 {
		sizes[2] = -sizes[2]
	}
	for r := range 3 {
		for i := range 3 {
			a[r][i] = rotation[r][i] * sizes[i]
		}
		a[r][3] = h.qoffset[r]
	}
	return a, true
}

// usable says whether an affine is finite and spans a volume.
func usable(a volume.Affine) bool {
	for _, row := range a {
		for _, v := range row {
			if bad(v) || math.Abs(v) > 1e6 {
				return false
			}
		}
	}
	return volume.Geometry{Size: [3]int{1, 1, 1}, Affine: a}.Validate() == nil
}

// layout says where the voxels of our [z,y,x] grid stand in a file: voxel (z,y,x) is
// number origin + z·stride[0] + y·stride[1] + x·stride[2].
type layout struct {
	geometry volume.Geometry
	origin   int64
	stride   [3]int64
}

// axialLayout permutes and flips the file's axes so that x runs to the patient's left,
// y to posterior and z to the head as nearly as axes can; nothing is interpolated.
func (h *header) axialLayout() (layout, string) {
	ras, method := h.affine()
	lps := ras
	for c := range 4 {
		lps[0][c], lps[1][c] = -ras[0][c], -ras[1][c]
	}
	axes := nearestAxes(lps)
	strides := [3]int64{1, h.dim[1], h.dim[1] * h.dim[2]}
	var l layout
	for out, in := range axes { // out 0, 1, 2 is x, y, z; in is the file's axis
		n, stride := h.dim[in+1], strides[in]
		step := [3]float64{lps[0][in], lps[1][in], lps[2][in]}
		if step[out] < 0 {
			l.origin += (n - 1) * stride
			for r := range 3 {
				l.geometry.Affine[r][3] += step[r] * float64(n-1)
				step[r] = -step[r]
			}
			stride = -stride
		}
		for r := range 3 {
			l.geometry.Affine[r][out] = step[r]
		}
		l.geometry.Size[2-out], l.stride[2-out] = int(n), stride
	}
	for r := range 3 {
		l.geometry.Affine[r][3] += lps[r][3]
	}
	return l, method
}

// nearestAxes returns for the patient's x, y and z the voxel axis that runs most along
// it: of the six assignments the one with the largest sum of cosines.
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
