package phantom

import "math"

// paintInside paints what fills the chest but is not lung: fat, the organs of the
// mediastinum, and the upper abdomen.
func (g *Generator) paintInside(c *canvas) {
	a := g.body
	neck := ramp(0.86, 1, a.level(c.z))
	c.each(c.whole(), func(i int, x, y float64) {
		depth := c.mid.depth(c.polar[i])
		if depth > 0.5*c.px {
			return
		}
		hu := a.fatHU + 8 + 6*noise(a.seed+61, x/8, y/8, c.z/8)
		flesh := ramp(0.06, 0.14, math.Abs(noise(a.seed+66, x/17, y/17, c.z/30)))
		hu = mix(hu, a.muscleHU-5, neck*flesh)
		if depth > -4 {
			hu = mix(hu, a.muscleHU, ramp(-4, -1, depth)) // pleura and inner intercostals
		}
		blendTo(&c.tissue[i], hu, coverage(depth, c.px))
	})
	for _, o := range g.organs[:g.above] {
		g.paintOrgan(c, o)
	}
	if c.z < 0.5*a.height {
		g.paintAbdomen(c)
	}
	for _, o := range g.organs[g.above:] {
		g.paintOrgan(c, o)
	}
}

func (g *Generator) paintOrgan(c *canvas, o organ) {
	w, ok := g.window(c, o.bounds().grown(o.edge))
	if !ok {
		return
	}
	c.each(w, func(i int, x, y float64) {
		if c.mid.depth(c.polar[i]) > 1 {
			return
		}
		if share := c.averaged(o.shape, x, y, c.px+o.edge); share > 0 {
			blendTo(&c.tissue[i], o.hu, share)
		}
	})
}

// paintAbdomen paints diaphragm, liver, spleen, stomach and fat.
func (g *Generator) paintAbdomen(c *canvas) {
	a := g.body
	_, cy, rx, ry := a.cage(c.z)
	under := newLattice(c.n, 4)
	under.fill(func(col, row float64) float64 {
		i := min(int(row), c.n-1)*c.n + min(int(col), c.n-1)
		return a.diaphragm(float64(c.x[i]), float64(c.y[i])) - c.z
	})
	for i := range c.tissue {
		depth := c.mid.depth(c.polar[i])
		below := under.at(i%c.n, i/c.n)
		if depth > 0.5*c.px || below < -c.thick {
			continue
		}
		x, y := float64(c.x[i]), float64(c.y[i])
		share := unit(0.5+below/max(c.thick, 1)) * coverage(depth, c.px)
		hu := a.fatHU + 5*noise(a.seed+62, x/10, y/10, c.z/10)
		// The liver fills the right side and reaches across in front.
		edge := x - rx*(0.22-0.62*(y-cy)/ry) - 9*noise(a.seed+63, x/30, y/30, c.z/30)
		liver := max(edge, (depth+6)*1.2, 3-below*0.5, (0.02*a.height-c.z)*0.25+(y-cy-0.55*ry)*0.6)
		duct := ramp(0.06, 0.02, math.Abs(noise(a.seed+64, x/26, y/26, c.z/26)))
		hu = mix(hu, a.liverHU-14*duct, coverage(liver, 2*c.px))
		blendTo(&c.tissue[i], hu, share)
	}
	for _, o := range g.belly {
		g.paintOrgan(c, o)
	}
	g.paintGas(c)
	// The muscle of the diaphragm lines everything under it.
	for i := range c.tissue {
		below := under.at(i%c.n, i/c.n)
		depth := c.mid.depth(c.polar[i])
		if depth > 0 || below < 0 || below > 14 {
			continue
		}
		blendTo(&c.tissue[i], a.muscleHU, 0.9*ramp(7, 3, below))
	}
}

// paintGas fills the front of the stomach with gas: the patient lies on the back.
func (g *Generator) paintGas(c *canvas) {
	a := g.body
	if a.stomachGas <= 0 {
		return
	}
	stomach := g.belly[1].shape.(ellipsoid)
	stomach.radii = stomach.radii.times(0.9)
	level := stomach.centre[1] + stomach.radii[1]*(2*a.stomachGas-1)
	w, ok := g.window(c, stomach.bounds())
	if !ok {
		return
	}
	c.each(w, func(i int, x, y float64) {
		share := min(c.averaged(stomach, x, y, c.px), coverage(y-level, c.px))
		blendTo(&c.tissue[i], -950, share)
	})
}

// envelope is how far (mm) a point lies outside the mediastinum: the organs with
// their fat, joined by smooth folds.
func envelope(organs []organ, x, y, z float64) float64 {
	d := 60.0
	for _, o := range organs {
		d = blend(d, o.distance(x, y, z)-o.margin, 7)
	}
	return d
}

// nearby lists the mediastinum's organs that a slice may cut.
func (g *Generator) nearby(z, thick float64) []organ {
	var near []organ
	for _, o := range g.organs {
		if b := o.bounds(); o.margin >= 0 && b.lo[2]-8 < z+thick && b.hi[2]+8 > z-thick {
			near = append(near, o)
		}
	}
	return near
}

// midline is how far a point lies outside the sheet of tissue that parts the left
// lung from the right in front of the heart and the spine.
func (a *anatomy) midline(x, y, z float64) float64 {
	sx, sy := a.spine(z)
	bend := 5 * noise(a.seed+65, y/40, z/50, 0.5)
	half := 1.2 + 5*ramp(0.66, 0.85, a.level(z))
	half += 8 * ramp(-0.52*a.depth, -0.62*a.depth, y-sy)
	return math.Abs(x-sx*0.5-4-bend) - half
}

// outsideLung is how far (mm) a point lies outside the lungs; depth is its distance
// outside the pleura and organs what lies near.
func (a *anatomy) outsideLung(organs []organ, depth, x, y, z float64) float64 {
	d := max(depth+1.2, a.apex(x, y, z))
	if d > 6 {
		return d
	}
	d = max(d, -blend(a.midline(x, y, z), envelope(organs, x, y, z), 4))
	if z < 0.5*a.height {
		d = max(d, (a.diaphragm(x, y)-z)*0.8)
	}
	return d
}

// coverLungs works out the share of every pixel that is lung.
func (g *Generator) coverLungs(c *canvas) {
	a := g.body
	near := g.nearby(c.z, c.thick)
	clear(c.cover)
	for _, z := range c.heights {
		o := a.outlineAt(z)
		for i := range c.cover {
			if c.mid.depth(c.polar[i]) > 15 {
				continue
			}
			x, y := float64(c.x[i]), float64(c.y[i])
			depth := o.depth(o.polar(x, y))
			if depth > c.px {
				continue
			}
			d := a.outsideLung(near, depth, x, y, z)
			c.cover[i] += float32(coverage(d, c.px) / float64(len(c.heights)))
		}
	}
}
