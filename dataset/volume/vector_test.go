package volume

import (
	"math"
	"testing"
)

func TestVectors(t *testing.T) {
	x, y, z := Vector{1, 0, 0}, Vector{0, 1, 0}, Vector{0, 0, 1}
	if x.Cross(y) != z || y.Cross(z) != x || z.Cross(x) != y || y.Cross(x) != z.Scale(-1) {
		t.Error("left, posterior and head are no right-handed system")
	}
	a := Vector{1, -2, 2}
	if a.Length() != 3 || a.Dot(x) != 1 || a.Add(x).Sub(x) != a {
		t.Errorf("length %v", a.Length())
	}
	if u, ok := a.Unit(); !ok || math.Abs(u.Length()-1) > 1e-15 || math.Abs(u.Dot(a)-3) > 1e-15 {
		t.Errorf("unit %v %v", u, ok)
	}
}

func TestVectorsWithoutDirection(t *testing.T) {
	for _, v := range []Vector{
		{}, {1e-7, 0, 0}, {math.NaN(), 1, 0}, {math.Inf(1), 0, 0}, {1e200, 1e200, 0},
	} {
		if u, ok := v.Unit(); ok {
			t.Errorf("%v has the direction %v", v, u)
		}
	}
}
