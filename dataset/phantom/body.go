package phantom

import "math"

// wallMM is the thickness of the layer that holds the ribs and the muscles between them.
const wallMM = 11.0

// paintBody paints air, skin, fat, muscles and ribs.
func (g *Generator) paintBody(c *canvas) {
	a := g.body
	c.each(c.whole(), func(i int, x, y float64) {
		c.tissue[i] = -1000
		p := c.polar[i]
		skin := float64((p.r - look(&c.mid.skin, p.index)) * look(&c.mid.steep, p.index))
		if skin > c.px {
			return
		}
		depth := c.mid.depth(p)
		if depth < -20 {
			return
		}
		hu := a.softWall(c, p, skin, depth, x, y)
		blendTo(&c.tissue[i], hu, coverage(skin, c.px))
		g.paintRib(c, i, depth, x, y)
	})
}

// softWall returns the density of the chest wall's soft tissue at a point. skin is the distance in
// mm outside the skin (negative inside), depth the distance in mm outside the pleura.
func (a *anatomy) softWall(c *canvas, p polar, skin, depth, x, y float64) float64 {
	if skin > -1.6 {
		return -10
	}
	muscle := float64((p.r - look(&c.mid.muscle, p.index)) * look(&c.mid.steep, p.index))
	hu := a.fatHU + 6*noise(a.seed+51, x/9, y/9, c.z/9)
	if muscle > 0 {
		if strand := math.Abs(noise(a.seed+52, x/13, y/13, c.z/25)); strand < 0.03 {
			hu += 45
		}
		share := float64(look(&c.mid.breast, p.index))
		if share > 0.3 {
			tissue := fractal(a.seed+53, 3, x/14, y/14, c.z/18)
			inside := ramp(0, 4, muscle) * ramp(-3, -9, skin)
			hu = mix(hu, 25, a.gland*share*ramp(-0.1, 0.25, tissue)*inside)
		}
	}
	flesh := a.muscleHU + 8*noise(a.seed+54, x/6, y/6, c.z/10)
	if depth > wallMM {
		flesh = mix(flesh, a.fatHU, a.planes(depth, float64(p.index), float64(p.r), x, y, c.z))
	} else {
		between := ramp(0.1, 0.35, noise(a.seed+55, x/16, y/16, c.z/8))
		flesh = mix(flesh-5, a.fatHU, 0.75*between*bell(5.5, 5, depth))
		flesh = mix(flesh, a.fatHU+20, 0.8*bell(wallMM, 1.5, depth))
	}
	return mix(hu, flesh, coverage(muscle, c.px))
}

// planes returns the share of fat between the muscles outside the ribs: thin sheets that follow the
// chest wall, and pads where muscles part.
func (a *anatomy) planes(depth, index, r, x, y, z float64) float64 {
	along := index / angles * 2 * math.Pi * r
	layer := depth/19 + 1.3*noise(a.seed+56, x/34, y/34, z/50)
	sheet := math.Abs(layer - math.Round(layer))
	thin := ramp(0.09, 0.03, sheet) * ramp(-0.2, 0.25, noise(a.seed+57, along/36, depth/20, z/40))
	seam := ramp(0.07, 0.03, math.Abs(noise(a.seed+60, x/26, y/26, z/40)))
	seam *= ramp(-0.3, 0.2, noise(a.seed+67, x/30, y/30, z/40))
	pad := ramp(0.27, 0.4, fractal(a.seed+58, 3, x/38, y/38, z/60)) * ramp(wallMM, wallMM+10, depth)
	return max(0.8*thin, 0.75*seam, 0.9*pad)
}

// paintRib paints the rib that crosses the slice at this pixel, if there is one.
func (g *Generator) paintRib(c *canvas, i int, depth, x, y float64) {
	if depth > wallMM || depth < 0.5 || c.z > 1.04*g.body.height {
		return
	}
	a := g.body
	degrees := float64(c.polar[i].index) * 360 / angles
	side := 1.0
	if degrees > 180 {
		degrees, side = 360-degrees, -1
	}
	share, inside, cartilage := 0.0, 0.0, 0.0
	for _, z := range c.heights {
		d, k := a.rib(depth, side, degrees, z)
		share += coverage(d, c.px)
		inside += d
		cartilage = k
	}
	n := float64(len(c.heights))
	if share == 0 {
		return
	}
	hu := a.boneHU(inside/n, 0.8, 0.9, x, y, c.z)
	hu = mix(hu, 85+25*noise(a.seed+59, x/5, y/5, c.z/5), cartilage)
	blendTo(&c.tissue[i], hu, share/n)
}

// paintBones paints the spine, the spinal canal and the other bones except the ribs.
func (g *Generator) paintBones(c *canvas) {
	a := g.body
	sx, sy := a.spine(c.z)
	column := box{vec{sx - 30, sy - 24, c.z}, vec{sx + 30, sy + 46, c.z}}
	if w, ok := g.window(c, column); ok {
		c.each(w, func(i int, x, y float64) {
			canal := math.Hypot((x-sx)*0.9, y-sy-19) - 8.5
			blendTo(&c.tissue[i], mix(30, -60, ramp(-2.5, -1, canal)), coverage(canal, c.px))
			distance, hu := a.vertebra(x, y, c.z)
			blendTo(&c.tissue[i], hu, coverage(distance, c.px))
		})
	}
	for _, b := range g.bones {
		w, ok := g.window(c, b.bounds())
		if !ok {
			continue
		}
		c.each(w, func(i int, x, y float64) {
			share := c.averaged(b.shape, x, y, c.px)
			if share == 0 {
				return
			}
			d := b.distance(x, y, c.z)
			blendTo(&c.tissue[i], a.boneHU(d, b.cortex, b.dense, x, y, c.z), share)
		})
	}
}
