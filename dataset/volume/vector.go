package volume

import "math"

// Vector is a way in LPS millimetres: x to the left, y to posterior, z to the head. One of
// length 1 is a direction.
type Vector [3]float64

// Point is a position in LPS millimetres: the way to it from the origin.
type Point = Vector

// shortest is the length in mm below which a vector has no direction.
const shortest = 1e-6

// Add returns a + b.
func (a Vector) Add(b Vector) Vector { return Vector{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }

// Sub returns a - b: the way from b to a.
func (a Vector) Sub(b Vector) Vector { return Vector{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

// Scale returns a, f times as long.
func (a Vector) Scale(f float64) Vector { return Vector{a[0] * f, a[1] * f, a[2] * f} }

// Dot returns the scalar product.
func (a Vector) Dot(b Vector) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// Cross returns the vector product: perpendicular to both, as long as the area between them.
func (a Vector) Cross(b Vector) Vector {
	return Vector{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// Length returns the length in mm.
func (a Vector) Length() float64 { return math.Sqrt(a.Dot(a)) }

// Unit returns a with length 1; ok is false for a vector without direction: too short, too
// long, or not of numbers.
func (a Vector) Unit() (u Vector, ok bool) {
	length := a.Length()
	if !(length > shortest) || math.IsInf(length, 0) {
		return u, false
	}
	return a.Scale(1 / length), true
}
