package phantom

import (
	"math"

	"glasswork/dataset/volume"
)

// vec is a point or a direction in the patient's own frame, in mm: x to the left, y to posterior, z
// to the head. z = 0 is the lowest point of the lungs.
type vec = volume.Vector

// towards returns the point that is the fraction t of the way from a to b.
func towards(a, b vec, t float64) vec { return a.Add(b.Sub(a).Scale(t)) }

// normalised returns a with length 1, or x if a has no direction.
func normalised(a vec) vec {
	if u, ok := a.Unit(); ok {
		return u
	}
	return vec{1, 0, 0}
}

func mix(a, b, t float64) float64 { return a + (b-a)*t }

// ease is the cubic from (0,0) to (1,1) with slope 0 at both ends.
func ease(t float64) float64 { return t * t * (3 - 2*t) }

// ramp rises smoothly from 0 at lo to 1 at hi.
func ramp(lo, hi, x float64) float64 { return ease(unit((x - lo) / (hi - lo))) }

// unit limits t to [0,1].
func unit(t float64) float64 { return min(max(t, 0), 1) }

// bell is 1 at mean and falls to 0 over width on both sides.
func bell(mean, width, x float64) float64 { return 1 - ramp(0, width, math.Abs(x-mean)) }

// curve interpolates smoothly between knots {x,y} in ascending order. Outside, it keeps the values
// of the first and the last knot.
func curve(knots [][2]float64, x float64) float64 {
	last := len(knots) - 1
	if x <= knots[0][0] {
		return knots[0][1]
	}
	for i := range last {
		if x < knots[i+1][0] {
			a, b := knots[i], knots[i+1]
			return hermite(slope(knots, i), slope(knots, i+1), a, b, x)
		}
	}
	return knots[last][1]
}

// slope returns the tangent at knot i, which is that of its neighbours. It is flat at the ends.
func slope(knots [][2]float64, i int) float64 {
	if i == 0 || i == len(knots)-1 {
		return 0
	}
	a, b := knots[i-1], knots[i+1]
	return (b[1] - a[1]) / (b[0] - a[0])
}

func hermite(ma, mb float64, a, b [2]float64, x float64) float64 {
	h := b[0] - a[0]
	t := (x - a[0]) / h
	t2, t3 := t*t, t*t*t
	return (2*t3-3*t2+1)*a[1] + (t3-2*t2+t)*h*ma + (3*t2-2*t3)*b[1] + (t3-t2)*h*mb
}

// blend is the smooth minimum of two signed distances: a union with a fillet of
// about k mm (polynomial smooth minimum after Quilez).
func blend(a, b, k float64) float64 {
	h := max(k-math.Abs(a-b), 0) / k
	return min(a, b) - h*h*k/4
}

// box is an axis-parallel box in the patient's frame, mm.
type box struct{ lo, hi vec }

func (b box) grown(mm float64) box {
	return box{b.lo.Sub(vec{mm, mm, mm}), b.hi.Add(vec{mm, mm, mm})}
}

// shape is a solid with a signed distance in mm, negative inside.
type shape interface {
	distance(x, y, z float64) float64
	bounds() box
}

// ellipsoid has axes along the patient's, turned by an angle about z.
type ellipsoid struct {
	centre, radii vec
	cos, sin      float64
}

// newEllipsoid turns the ellipsoid's x axis by degrees towards posterior.
func newEllipsoid(centre, radii vec, degrees float64) ellipsoid {
	s, c := math.Sincos(degrees * math.Pi / 180)
	return ellipsoid{centre, radii, c, s}
}

func (e ellipsoid) distance(x, y, z float64) float64 {
	x, y, z = x-e.centre[0], y-e.centre[1], z-e.centre[2]
	x, y = (x*e.cos+y*e.sin)/e.radii[0], (y*e.cos-x*e.sin)/e.radii[1]
	z /= e.radii[2]
	k := math.Sqrt(x*x + y*y + z*z)
	x, y, z = x/e.radii[0], y/e.radii[1], z/e.radii[2]
	slope := math.Sqrt(x*x + y*y + z*z)
	if slope < 1e-9 {
		return -min(e.radii[0], e.radii[1], e.radii[2])
	}
	return k * (k - 1) / slope
}

func (e ellipsoid) bounds() box {
	r := max(e.radii[0], e.radii[1])
	half := vec{r, r, e.radii[2]}
	return box{e.centre.Sub(half), e.centre.Add(half)}
}

// cone is a tube from a to b with round ends whose radius goes from ra to rb.
type cone struct {
	a, b   vec
	ra, rb float64
}

func (c cone) distance(x, y, z float64) float64 {
	ab := c.b.Sub(c.a)
	p := vec{x, y, z}.Sub(c.a)
	t := 0.0
	if l := ab.Dot(ab); l > 0 {
		t = unit(p.Dot(ab) / l)
	}
	return p.Sub(ab.Scale(t)).Length() - mix(c.ra, c.rb, t)
}

func (c cone) bounds() box {
	var b box
	for i := range 3 {
		b.lo[i] = min(c.a[i]-c.ra, c.b[i]-c.rb)
		b.hi[i] = max(c.a[i]+c.ra, c.b[i]+c.rb)
	}
	return b
}

// tube returns a chain of cones through points, all of radius r.
func tube(r float64, points ...vec) []shape {
	var shapes []shape
	for i := range len(points) - 1 {
		shapes = append(shapes, cone{points[i], points[i+1], r, r})
	}
	return shapes
}
