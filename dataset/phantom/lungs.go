package phantom

import "math"

// Lobes of the lungs. The right ones are on the patient's right (x < 0).
const (
	rightUpper = iota
	rightMiddle
	rightLower
	leftUpper
	leftLower
	lobes
)

// diaphragm returns the height, in mm, of the diaphragm at a point.
func (a *anatomy) diaphragm(x, y float64) float64 {
	_, cy, rx, ry := a.cage(0.12 * a.height)
	low := a.height * (0.085 - 0.1*(y-cy)/ry - 0.03*math.Abs(x)/rx)
	dome := func(side, top float64) float64 {
		dx := (x - side*0.45*rx) / (0.62 * rx)
		dy := (y - cy + 0.1*ry) / (1.02 * ry)
		rise := math.Max(1-dx*dx-dy*dy, 0)
		return low + (top*a.height-low)*math.Pow(rise, 0.9)
	}
	saddle := max(y-cy+0.15*ry, 0) / (0.7 * ry) // in front it reaches the sternum
	middle := a.height*(min(a.domeLeft, a.domeRight)-0.03)*(1-saddle*saddle) - 0.006*x*x
	right, left := dome(-1, a.domeRight), dome(1, a.domeLeft)
	z := -blend(-middle, blend(-right, -left, 20), 25)
	return z + 2.5*noise(a.seed+5, x/30, y/30, 0.5)
}

// apex returns how far, in mm, a point lies above the domed tops of the lungs.
func (a *anatomy) apex(x, y, z float64) float64 {
	sx, sy := a.spine(a.height)
	dx := math.Abs(x-sx) - 0.34*a.width
	dy := y - (sy - 8)
	q := 0.022 * (dx*dx*1.3 + dy*dy)
	// Far from the top, the chest wall is the limit.
	deepest := 0.27 * a.height
	return 0.7 * (z - a.height + q*deepest/(q+deepest))
}

// lobe returns the lobe in which a point of the lungs lies, and its distance in mm from the nearest
// fissure.
func (a *anatomy) lobe(x, y, z float64) (lobe int, fissure float64) {
	_, cy, _, ry := a.cage(0.5 * a.height)
	bend := 11*noise(a.seed+21, x/45, y/45, 1.5) + 0.0025*sq(math.Abs(x)-45)
	along := (y - cy) / ry
	right := x < 0
	// The oblique fissure falls from high behind to low in front.
	oblique := (z - a.height*(0.45+0.34*along) - bend) / math.Hypot(1, 0.34*a.height/ry)
	if !right {
		if oblique > 0 {
			return leftUpper, oblique
		}
		return leftLower, -oblique
	}
	if oblique < 0 {
		return rightLower, -oblique
	}
	horizontal := z - a.height*0.53 - 6*noise(a.seed+22, x/45, y/45, 2.5) - 0.2*(x+60) +
		0.0015*(y-cy)*(y-cy)
	if horizontal > 0 {
		return rightUpper, min(oblique, horizontal)
	}
	return rightMiddle, min(oblique, -horizontal)
}

// parenchyma returns the density of healthy lung at a point away from visible vessels. depth is the
// distance to the pleura, negative inside.
func (a *anatomy) parenchyma(x, y, z, depth float64) float64 {
	_, cy, _, ry := a.cage(z)
	back := (y - cy) / ry
	hu := a.lungHU + a.gradientHU*0.5*back
	hu += a.textureHU * fractal(a.seed+31, 3, x/22, y/22, z/22)
	if a.emphysema > 0 {
		holes := fractal(a.seed+33, 3, x/14, y/14, z/14) + 0.5*a.level(z) - 0.75 + a.emphysema
		hu = mix(hu, -965, 0.9*ramp(-0.05, 0.12, holes))
	}
	if a.dependentHU > 0 && back > 0 {
		patch := ramp(-0.5, 0.4, noise(a.seed+35, x/25, y/25, z/40))
		hu += a.dependentHU * patch * ramp(0.3, 0.8, back) * math.Exp(-max(-depth, 0)/a.dependentMM)
	}
	return hu
}
