package phantom

import "math"

// scar is a finding that the labels do not count as disease: a thin band of collapsed lung, or a
// small nodule. It is labelled as lung, so that a network trained on phantoms learns to leave it
// alone.
type scar struct {
	centre, normal vec
	radius, half   float64 // extent along the band and half its thickness, mm
	hu             float64
}

func (s scar) bounds() box {
	return box{s.centre, s.centre}.grown(s.radius + s.half)
}

// share returns the share of a pixel at a point that the scar fills.
func (s scar) share(x, y, z, px float64) float64 {
	d := vec{x, y, z}.Sub(s.centre)
	across := d.Dot(s.normal)
	along := math.Sqrt(max(d.Dot(d)-across*across, 0))
	if s.radius <= s.half { // a nodule
		return coverage(d.Length()-s.half, px)
	}
	// The band gets thinner towards its ends and bends a little.
	across += 0.15 * along * along / s.radius
	thick := s.half * (1 - along/s.radius)
	if thick <= 0 {
		return 0
	}
	return min(coverage(math.Abs(across)-thick, px), 2*thick/px)
}

// scars draws a patient's bands and nodules.
func (a *anatomy) scars(d dice, contains func(vec) bool) []scar {
	var all []scar
	anywhere := func(vec) bool { return true }
	low := func(p vec) bool { return p[2] < 0.55*a.height }
	if d.chance(0.3) {
		for range 1 + d.IntN(4) {
			if p, ok := a.spot(d, contains, low); ok {
				normal := normalised(vec{d.in(-0.6, 0.6), d.in(-0.6, 0.6), 1})
				all = append(all, scar{p, normal, d.in(12, 40), d.in(0.6, 1.8), d.in(-450, -50)})
			}
		}
	}
	if d.chance(0.35) {
		for range 1 + d.IntN(5) {
			if p, ok := a.spot(d, contains, anywhere); ok {
				r := d.in(1, 3)
				all = append(all, scar{p, vec{0, 0, 1}, r, r, d.in(0, 250)})
			}
		}
	}
	return all
}

func (g *Generator) paintScars(c *canvas) {
	for _, s := range g.scars {
		w, ok := g.window(c, s.bounds())
		if !ok {
			continue
		}
		c.each(w, func(i int, x, y float64) {
			sum := 0.0
			for _, z := range c.heights {
				sum += s.share(x, y, z, c.px)
			}
			blendTo(&c.lung[i], s.hu, sum/float64(len(c.heights)))
		})
	}
}

// effusion returns the thickness, in mm, of the fluid between chest wall and lung. It gathers low
// and behind in a patient who lies down.
func (a *anatomy) effusion(x, y, z float64) float64 {
	most := a.fluid[0]
	if x > 0 {
		most = a.fluid[1]
	}
	if most == 0 {
		return 0
	}
	_, cy, _, ry := a.cage(z)
	return most * ramp(0.65, 0.1, a.level(z)) * ramp(0.1, 0.75, (y-cy)/ry)
}
