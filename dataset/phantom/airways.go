package phantom

import "math"

// hila returns the points where vessels and bronchi enter the right and the left lung.
func (a *anatomy) hila() (right, left vec) {
	return a.fromSpine(-40, -36, 0.555), a.fromSpine(42, -30, 0.575)
}

// besideRight and besideLeft are where the bronchi enter the lungs, as offsets in mm from the
// arteries.
var besideRight, besideLeft = vec{2, 12, -2}, vec{-2, 11, -6}

// trunk returns the trachea and the main bronchi, which lie outside the lungs.
func (a *anatomy) trunk() []branch {
	scale := 0.9 + 0.2*float64(a.seed>>8&255)/255
	wall := 1.3 * a.wallScale
	pipe := func(from, to vec, ra, rb float64) branch {
		return branch{cone: cone{from, to, ra * scale, rb * scale}, wall: wall, hu: -1000}
	}
	right, left := a.hila()
	carina := a.fromSpine(-1, -32, 0.645)
	return []branch{
		pipe(a.fromSpine(0, -44, 1.3), a.fromSpine(-1, -40, 0.9), 8.5, 8.5),
		pipe(a.fromSpine(-1, -40, 0.9), carina, 8.5, 8.5),
		pipe(carina, right.Add(besideRight), 7.5, 6.5),
		pipe(carina, left.Add(besideLeft), 7, 5.5),
	}
}

// vessels grows arteries with bronchi, and veins, through both lungs.
func (a *anatomy) vessels(d dice, contains func(p vec) bool) []branch {
	right, left := a.hila()
	tips := d.in(0.37, 0.46) * a.vesselScale
	artery := &grower{
		dice: d, tip: tips, exponent: d.in(2.75, 3.0), hu: a.arteryHU, airways: true,
		wall: a.wallScale,
	}
	vein := &grower{
		dice: d, tip: tips, exponent: d.in(2.8, 3.05),
		hu: mix(a.arteryHU, a.aortaHU, 0.5),
	}
	for lobe, points := range a.supply(d, contains, 1.5) {
		root, beside := right, besideRight
		if lobe >= leftUpper {
			root, beside = left, besideLeft
		}
		artery.grow(root, normalised(centroid(points).Sub(root)), points, beside)
	}
	for lobe, points := range a.supply(d, contains, 1.3) {
		root := a.fromSpine(-30, -48, veinLevel[lobe])
		if lobe >= leftUpper {
			root = a.fromSpine(34, -44, veinLevel[lobe])
		}
		vein.grow(root, normalised(centroid(points).Sub(root)), points, vec{})
	}
	return append(artery.branches, vein.branches...)
}

// veinLevel is the level at which the veins of each lobe leave it.
var veinLevel = [lobes]float64{0.54, 0.52, 0.45, 0.54, 0.45}

// supply spreads end points evenly through the lungs, lobe by lobe. density is in points per
// millilitre.
func (a *anatomy) supply(d dice, contains func(p vec) bool, density float64) [lobes][]vec {
	var points [lobes][]vec
	step := 10 / math.Cbrt(density)
	_, cy, rx, ry := a.cage(0.3 * a.height)
	for z := step / 2; z < a.height; z += step {
		for y := cy - ry - 10; y < cy+ry+25; y += step {
			for x := -rx - 5; x < rx+5; x += step {
				p := vec{
					x + d.in(-0.6, 0.6)*step, y + d.in(-0.6, 0.6)*step,
					z + d.in(-0.6, 0.6)*step,
				}
				lobe, fissure := a.lobe(p[0], p[1], p[2])
				if fissure > 2 && contains(p) {
					points[lobe] = append(points[lobe], p)
				}
			}
		}
	}
	return points
}
