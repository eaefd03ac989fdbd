package phantom

import "math"

// lesion is one focus of disease: an irregular ellipsoid of ground glass with a consolidated core,
// a consolidated rim, or both.
type lesion struct {
	ellipsoid
	seed     uint32
	rough    float64 // how irregular its edge is, as a share of its radius
	grain    float64 // size of the irregularities, mm
	band     float64 // if positive, the lesion reaches only this deep (mm) under the pleura
	lobe     int     // the lobe that it is limited to, or -1
	groundHU float64
	solidHU  float64
	solidAt  float64 // how far inside the edge consolidation begins; above 1 there is none
	hollow   bool    // consolidated rim around ground glass (reversed halo)
	paving   float64 // thickness of the septa of crazy paving, mm; 0: none
	soft     float64 // width of the edge, as a share of the radius
}

// inside returns how far within the lesion a point lies: 1 at the centre, 0 at the edge, negative
// outside. depth is the distance to the pleura, negative inside.
func (l *lesion) inside(x, y, z, depth float64) float64 {
	dx, dy, dz := x-l.centre[0], y-l.centre[1], z-l.centre[2]
	dx, dy = (dx*l.cos+dy*l.sin)/l.radii[0], (dy*l.cos-dx*l.sin)/l.radii[1]
	dz /= l.radii[2]
	f := 1 - math.Sqrt(dx*dx+dy*dy+dz*dz)
	if f < -l.rough {
		return f
	}
	uneven := l.rough * 1.6 * fractal(l.seed, 4, x/l.grain, y/l.grain, z/l.grain)
	f += uneven
	if l.band > 0 {
		f = min(f, 1+depth/l.band+uneven)
	}
	return f
}

// paintLesions mixes the lesions into the lungs and keeps their shares for the labels. The density
// of consolidation waits in spare[0] until the vessels are painted.
func (g *Generator) paintLesions(c *canvas) {
	clear(c.ground)
	clear(c.solid)
	for n := range g.lesions {
		l := &g.lesions[n]
		w, ok := g.window(c, l.bounds().grown(l.rough*max(l.radii[0], l.radii[1], l.radii[2])))
		if !ok {
			continue
		}
		c.each(w, func(i int, x, y float64) {
			if c.cover[i] > 0 {
				g.paintLesion(c, l, i, x, y)
			}
		})
	}
}

func (g *Generator) paintLesion(c *canvas, l *lesion, i int, x, y float64) {
	f := l.inside(x, y, c.z, c.mid.depth(c.polar[i]))
	share := ramp(-l.soft, l.soft, f)
	if share == 0 {
		return
	}
	if l.lobe >= 0 {
		lobe, fissure := g.body.lobe(x, y, c.z)
		if lobe != l.lobe {
			return
		}
		share *= ramp(0, 1, fissure)
	}
	texture := 30*noise(l.seed+1, x/5, y/5, c.z/6) + 45*noise(l.seed+2, x/17, y/17, c.z/17)
	hu := l.groundHU + texture
	if l.paving > 0 {
		septum := cellWalls(l.seed+3, x/9, y/9, c.z/9) * 9
		hu = mix(hu, l.groundHU+260, ramp(l.paving, l.paving*0.4, septum))
	}
	// Disease adds density. It never makes dense lung lighter.
	blendTo(&c.lung[i], max(hu, float64(c.lung[i])+60), share)
	c.ground[i] = max(c.ground[i], float32(share))
	core := f - l.solidAt + 0.22*fractal(l.seed+4, 3, x/11, y/11, c.z/11)
	if l.hollow {
		core = 0.16 - math.Abs(f-0.22)
	}
	if solid := share * ramp(-l.soft, l.soft, core); l.solidAt <= 1 && solid > float64(c.solid[i]) {
		c.solid[i] = float32(solid)
		c.spare[0][i] = float32(l.solidHU + 0.5*texture)
	}
}

// plant draws a patient's lesions.
func (a *anatomy) plant(d dice, contains func(p vec) bool) []lesion {
	patterns := []func(dice, func(vec) bool) []lesion{
		a.peripheral, a.peripheral, a.posterior, a.patchy, a.patchy, a.nodules, a.lobar,
		a.crazyPaving, a.diffuse,
	}
	var all []lesion
	for range 1 + d.IntN(3) {
		all = append(all, patterns[d.IntN(len(patterns))](d, contains)...)
	}
	return all
}

// spot draws a point inside the lungs for which fits is true, if it finds one.
func (a *anatomy) spot(d dice, contains func(vec) bool, fits func(p vec) bool) (vec, bool) {
	for range 4000 {
		p := vec{d.in(-1, 1) * a.width, d.in(-0.62, 0.62) * a.depth, d.in(0.02, 0.97) * a.height}
		if contains(p) && fits(p) {
			return p, true
		}
	}
	return vec{}, false
}

// focus draws a lesion around a point. size is in mm.
func (a *anatomy) focus(d dice, at vec, size float64) lesion {
	radii := vec{size * d.in(0.7, 1.3), size * d.in(0.7, 1.3), size * d.in(0.6, 1.2)}
	l := lesion{
		ellipsoid: newEllipsoid(at, radii, d.in(0, 180)),
		seed:      d.Uint32(),
		rough:     d.in(0.3, 0.9),
		grain:     max(size*d.in(0.3, 0.7), 4),
		lobe:      -1,
		groundHU:  d.in(-720, -430),
		solidHU:   d.in(-40, 50),
		solidAt:   2,
		soft:      d.in(0.06, 0.3),
	}
	if d.chance(0.4) {
		l.solidAt = d.in(0.25, 0.7)
	}
	return l
}

// nearPleura reports whether a point is just under the chest wall.
func (a *anatomy) nearPleura(p vec) bool {
	_, f := a.wallShare(p)
	return f > 0.8
}

func (a *anatomy) peripheral(d dice, contains func(vec) bool) []lesion {
	var all []lesion
	for range 2 + d.IntN(9) {
		p, ok := a.spot(d, contains, a.nearPleura)
		if !ok {
			continue
		}
		l := a.focus(d, p, d.in(14, 38))
		if d.chance(0.6) {
			l.band = d.in(10, 28)
		}
		all = append(all, l)
	}
	return all
}

func (a *anatomy) posterior(d dice, contains func(vec) bool) []lesion {
	var all []lesion
	for range 2 + d.IntN(4) {
		p, ok := a.spot(d, contains, func(p vec) bool {
			back, share := a.wallShare(p)
			return back > 0.5 && share > 0.75 && p[2] < 0.6*a.height
		})
		if !ok {
			continue
		}
		l := a.focus(d, p, d.in(25, 50))
		l.band = d.in(15, 40)
		if d.chance(0.6) {
			l.solidAt = d.in(0.1, 0.5)
		}
		all = append(all, l)
	}
	return all
}

func (a *anatomy) patchy(d dice, contains func(vec) bool) []lesion {
	var all []lesion
	for range 3 + d.IntN(14) {
		if p, ok := a.spot(d, contains, func(vec) bool { return true }); ok {
			all = append(all, a.focus(d, p, d.in(8, 26)))
		}
	}
	return all
}

func (a *anatomy) nodules(d dice, contains func(vec) bool) []lesion {
	var all []lesion
	for range 1 + d.IntN(6) {
		p, ok := a.spot(d, contains, func(vec) bool { return true })
		if !ok {
			continue
		}
		l := a.focus(d, p, d.in(7, 22))
		l.rough = d.in(0.1, 0.4)
		l.solidAt = d.in(0.15, 0.5)
		l.hollow = d.chance(0.2)
		l.soft = d.in(0.05, 0.15)
		all = append(all, l)
	}
	return all
}

func (a *anatomy) lobar(d dice, contains func(vec) bool) []lesion {
	p, ok := a.spot(d, contains, func(vec) bool { return true })
	if !ok {
		return nil
	}
	l := a.focus(d, p, d.in(35, 75))
	l.lobe, _ = a.lobe(p[0], p[1], p[2])
	l.solidAt = d.in(0, 0.4)
	l.soft = d.in(0.03, 0.12)
	return []lesion{l}
}

func (a *anatomy) crazyPaving(d dice, contains func(vec) bool) []lesion {
	var all []lesion
	for range 1 + d.IntN(4) {
		if p, ok := a.spot(d, contains, func(vec) bool { return true }); ok {
			l := a.focus(d, p, d.in(22, 50))
			l.paving = d.in(0.9, 1.6)
			l.groundHU = d.in(-700, -560)
			all = append(all, l)
		}
	}
	return all
}

func (a *anatomy) diffuse(d dice, contains func(vec) bool) []lesion {
	var all []lesion
	for range 2 + d.IntN(3) {
		if p, ok := a.spot(d, contains, func(vec) bool { return true }); ok {
			l := a.focus(d, p, d.in(45, 90))
			l.groundHU = d.in(-730, -560)
			l.soft = d.in(0.2, 0.4)
			l.solidAt = 2
			all = append(all, l)
		}
	}
	return all
}
