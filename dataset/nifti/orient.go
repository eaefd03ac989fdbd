package nifti

import (
	"math"

	"glasswork/dataset/internal/voxels"
	"glasswork/dataset/volume"
)

// affine returns the map from voxel indices (i,j,k) to RAS mm, and the method it rests on. The
// sform comes first, because it is what was registered or corrected last. Then come the qform and
// the voxel sizes alone (NIfTI-1 methods 3, 2 and 1).
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
		if voxels.Usable(a) {
			return a, "sform"
		}
	}
	if h.qform > 0 {
		if a, ok := h.qformAffine(); ok && voxels.Usable(a) {
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

// side returns the voxel size along axis i, or 1 if the header gives none.
func (h *header) side(i int) float64 {
	if d := math.Abs(h.pixdim[i+1]); d > 0 && !bad(d) {
		return d
	}
	return 1
}

// qformAffine converts the quaternion to an affine (nifti1.h, method 2).
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

// layout finds the file's axial slices.
func (h *header) layout() (voxels.Layout, string) {
	ras, method := h.affine()
	return voxels.Axial(voxels.RASToLPS(ras), [3]int64{h.dim[1], h.dim[2], h.dim[3]},
		[3]int64{1, h.dim[1], h.dim[1] * h.dim[2]}), method
}
