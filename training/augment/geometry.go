package augment

import (
	"math"
	"math/rand/v2"
)

// Affine maps a place to another: x' = XX·x + XY·y + X0, y' = YX·x + YY·y + Y0.
type Affine struct{ XX, XY, X0, YX, YY, Y0 float64 }

// At maps one place.
func (a Affine) At(x, y float64) (float64, float64) {
	return a.XX*x + a.XY*y + a.X0, a.YX*x + a.YY*y + a.Y0
}

// After is the map that applies b first, then a.
func (a Affine) After(b Affine) Affine {
	x0, y0 := a.At(b.X0, b.Y0)
	return Affine{
		a.XX*b.XX + a.XY*b.YX, a.XX*b.XY + a.XY*b.YY, x0,
		a.YX*b.XX + a.YY*b.YX, a.YX*b.XY + a.YY*b.YY, y0,
	}
}

// Apply maps places in place.
func (a Affine) Apply(xs, ys []float64) {
	for i, x := range xs {
		xs[i], ys[i] = a.At(x, ys[i])
	}
}

// about is a done about the centre of a square.
func (a Affine) about(size int) Affine {
	c := float64(size-1) / 2
	return Affine{1, 0, c, 0, 1, c}.After(a).After(Affine{1, 0, -c, 0, 1, -c})
}

// turned maps an output that was rotated by degrees and enlarged by zoom about 0 back.
func turned(degrees, zoom float64) Affine {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return Affine{XX: cos / zoom, XY: -sin / zoom, YX: sin / zoom, YY: cos / zoom}
}

// warp draws the map of a geometric transform; nil for the others.
func (t Transform) warp(rng *rand.Rand, size int) warp {
	side := float64(size)
	switch t.Letter {
	case 'V':
		return Affine{XX: 1, YY: -1}.about(size)
	case 'H':
		return Affine{XX: -1, YY: 1}.about(size)
	case 'T':
		return turn(rng).about(size)
	case 'S':
		// albumentations' ShiftScaleRotate: rotated and scaled about the centre, then shifted
		m := turned(either(rng, t.Limits[2]), 1+either(rng, t.Limits[1]))
		dx, dy := either(rng, t.Limits[0])*side, either(rng, t.Limits[0])*side
		return replicated{m.After(Affine{1, 0, -dx, 0, 1, -dy}).about(size), side - 1}
	case 'A':
		m := turned(either(rng, t.Limits[2]), factor(rng, t.Limits[1]))
		m.X0, m.Y0 = either(rng, t.Limits[0])*side, either(rng, t.Limits[0])*side
		return m.about(size)
	case 'G':
		return replicated{
			grid{gridAxis(rng, size, t.Limits[0]), gridAxis(rng, size, t.Limits[0])}, side - 1,
		}
	case 'Z':
		return replicated{newElastic(rng, size, t.Limits[0]*side, t.Limits[1]*side), side - 1}
	}
	return nil
}

// turn draws one of the four orientations that a vertical flip and a transposition give.
func turn(rng *rand.Rand) Affine {
	m := Affine{XX: 1, YY: 1}
	if rng.Uint64()&1 == 0 {
		m = m.After(Affine{XX: 1, YY: -1})
	}
	if rng.Uint64()&1 == 0 {
		m = m.After(Affine{XY: 1, YX: 1})
	}
	return m
}

// replicated is a warp that repeats the border's pixels outside of 0 to last.
type replicated struct {
	warp
	last float64
}

// Apply maps places in place.
func (r replicated) Apply(xs, ys []float64) {
	r.warp.Apply(xs, ys)
	for i, x := range xs {
		xs[i], ys[i] = min(max(x, 0), r.last), min(max(ys[i], 0), r.last)
	}
}
