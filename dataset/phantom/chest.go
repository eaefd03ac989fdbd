package phantom

import "math"

// paintInside paints what fills the chest except lung: fat, the organs of the mediastinum, and the
// upper abdomen.
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
		if fluid := a.effusion(x, y, c.z); fluid > 0 {
			hu = mix(hu, 10, coverage(-depth-fluid-1.2, c.px))
		}
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
	c.fill(under, func(x, y float64) float64 { return a.diaphragm(x, y) - c.z })
	for i := range c.tissue {
		depth := c.mid.depth(c.polar[i])
		below := under.at(i%c.n, i/c.n)
		if depth > 0.5*c.px || below < -c.thick {
			continue
		}
		x, y := float64(c.x[i]), float64(c.y[i])
		share := unit(0.5+below/max(c.thick, 1)) * coverage(depth, c.px)
		hu := a.fatHU + 5*noise(a.seed+62, x/10, y/10, c.z/10)
		// The liver fills the right side and reaches across the midline in front.
		edge := x - rx*(0.22-0.62*(y-cy)/ry) - 9*noise(a.seed+63, x/30, y/30, c.z/30)
		liver := max(edge, (depth+2.5)*1.2, 1-below*0.5,
			0.6*(y-cy-(0.85+0.25*noise(a.seed+69, x/35, 0.5, c.z/35))*ry))
		duct := ramp(0.06, 0.02, math.Abs(noise(a.seed+64, x/26, y/26, c.z/26))) *
			ramp(-0.1, 0.3, noise(a.seed+70, x/30, y/30, c.z/30))
		hu = mix(hu, a.liverHU-9*duct, coverage(liver, 2*c.px))
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

// paintGas fills the front of the stomach with gas, because the patient lies supine.
func (g *Generator) paintGas(c *canvas) {
	a := g.body
	if a.stomachGas <= 0 {
		return
	}
	stomach := g.belly[1].shape.(ellipsoid)
	stomach.radii = stomach.radii.Scale(0.9)
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

// far is how deep inside the lungs, in mm, the mediastinum no longer matters. fold is the size in
// mm of the folds between its organs.
const (
	far  = 20.0
	fold = 8.0
)

// border is an organ that keeps the lungs away, with the box in which it can do so.
type border struct {
	organ
	reach box
}

// envelope returns how far, in mm and at most far, a point lies outside the mediastinum. The
// mediastinum is the organs with their fat, joined by smooth folds.
func (a *anatomy) envelope(borders []border, x, y, z float64) float64 {
	d := far
	for i := range borders {
		b := &borders[i]
		if x < b.reach.lo[0] || x > b.reach.hi[0] || y < b.reach.lo[1] || y > b.reach.hi[1] {
			continue
		}
		d = blend(d, b.distance(x, y, z)-b.margin, fold)
	}
	return d + 1.6*noise(a.seed+68, x/16, y/16, z/16)
}

// borderMM is the height of the layers for which borders are listed.
const borderMM = 6.0

// listBorders lists, for each layer, the organs that a slice in it may meet.
func (g *Generator) listBorders() {
	layers := int(1.4*g.body.height/borderMM) + 1
	g.borders = make([][]border, layers)
	for _, o := range g.organs {
		if o.margin < 0 {
			continue
		}
		reach := o.bounds().grown(o.margin + far + fold)
		for l := range layers {
			z := g.layerBottom(l)
			if reach.lo[2]+far-5 < z+borderMM && reach.hi[2]-far+5 > z {
				g.borders[l] = append(g.borders[l], border{o, reach})
			}
		}
	}
}

func (g *Generator) layerBottom(layer int) float64 {
	return float64(layer)*borderMM - 0.2*g.body.height
}

// bordersAt returns the organs near a height.
func (g *Generator) bordersAt(z float64) []border {
	l := int((z + 0.2*g.body.height) / borderMM)
	return g.borders[min(max(l, 0), len(g.borders)-1)]
}

// midline returns how far, in mm, a point lies outside the sheet of tissue that separates the left
// lung from the right, in front of the heart and the spine.
func (a *anatomy) midline(x, y, z float64) float64 {
	sx, _ := a.spine(z)
	bend := 5 * noise(a.seed+65, y/40, z/50, 0.5)
	half := 0.8 + 5*ramp(0.72, 0.9, a.level(z))
	return math.Abs(x-sx*0.5-4-bend) - half
}

// outsideLung returns how far, in mm, a point lies outside the lungs. pleura and mediastinum are
// how far it lies outside those, and diaphragm is the height of the diaphragm there.
func (a *anatomy) outsideLung(pleura, mediastinum, diaphragm, x, y, z float64) float64 {
	d := max(pleura+1.2+a.effusion(x, y, z), a.apex(x, y, z))
	if d > 6 {
		return d
	}
	d = -blend(-d, blend(a.midline(x, y, z), mediastinum, 9), 9)
	return max(d, (diaphragm-z)*0.8)
}

// coverLungs computes the share of every pixel that is lung. Smooth quantities are computed on a
// lattice of about 3 mm.
func (g *Generator) coverLungs(c *canvas) {
	a := g.body
	near := g.bordersAt(c.z)
	step := max(1, int(3/c.px))
	around, under := newLattice(c.n, step), newLattice(c.n, step)
	c.fill(under, a.diaphragm)
	clear(c.cover)
	// The heart moves while the gantry rotates, so the edge of the lung beside it is blurred.
	beat := bell(0.36, 0.22, a.level(c.z))
	for _, z := range c.heights {
		o := a.outlineAt(z)
		c.fill(around, func(x, y float64) float64 { return a.envelope(near, x, y, z) })
		for i := range c.cover {
			depth := o.depth(c.polar[i])
			if depth > c.px {
				continue
			}
			col, row := i%c.n, i/c.n
			d := a.outsideLung(depth, around.at(col, row), under.at(col, row), float64(c.x[i]),
				float64(c.y[i]), z)
			edge := c.px + 0.7*a.heartBlur*beat*bell(0, 6, d+around.at(col, row))
			c.cover[i] += float32(coverage(d, edge) / float64(len(c.heights)))
		}
	}
}
