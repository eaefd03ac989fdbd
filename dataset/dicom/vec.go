package dicom

import "math"

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func cross(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func sub(a, b [3]float64) [3]float64 { return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

func scale(a [3]float64, f float64) [3]float64 { return [3]float64{a[0] * f, a[1] * f, a[2] * f} }

// unit returns a with length 1; ok is false for a vector without direction.
func unit(a [3]float64) (u [3]float64, ok bool) {
	length := math.Sqrt(dot(a, a))
	if !(length > 1e-6) || math.IsInf(length, 0) {
		return u, false
	}
	return scale(a, 1/length), true
}
