package phantom

import "math"

// scan describes how the patient was positioned and scanned.
type scan struct {
	turn    float64    // of the patient about z, radians
	shift   [2]float64 // of the patient in the picture (x, y), mm
	blur    float64    // of the kernel, mm (Gaussian sigma)
	boost   float64    // of edges by a sharp kernel
	noiseHU float64    // in the middle of the chest
	coarse  float64    // grain size of the noise, mm
	streak  float64    // of the shoulders, HU
	circle  float64    // radius of the reconstruction, as a share of half the picture
	tableY  float64    // top of the table, mm in the picture's frame
}

// newScan draws a scan. sharp is true for the sharp kernel.
func newScan(d dice, a *anatomy, sharp bool) scan {
	s := scan{
		turn:    d.around(0, 0.035),
		shift:   [2]float64{d.around(0, 6), d.around(-8, 8)},
		blur:    d.in(0.55, 0.85),
		noiseHU: d.in(7, 22),
		coarse:  d.in(0.6, 0.95),
		streak:  d.in(0, 22),
		circle:  d.in(1.0, 1.5),
	}
	if sharp {
		s.blur, s.boost = d.in(0.3, 0.5), d.in(0.4, 1.5)
		s.noiseHU, s.coarse = d.in(22, 60), d.in(0.3, 0.5)
	}
	o := a.outlineAt(0.35 * a.height)
	s.tableY = o.cy + float64(o.skin[angles/2]) + s.shift[1] + 2 + a.tableGap
	return s
}

// paintTable paints the table, the mattress and clothes around the patient.
func (g *Generator) paintTable(c *canvas) {
	a, s := g.body, g.scan
	if a.armsDown {
		g.paintArms(c)
	}
	half := float64(c.n-1) / 2
	bend := [...]float64{520, 900, 0, 430}[a.tableKind]
	gap := [...]float64{42, 0, 30, 70}[a.tableKind]
	for i := range c.tissue {
		x, y := (float64(i%c.n)-half)*c.px, (float64(i/c.n)-half)*c.px
		if a.clothing {
			g.paintCloth(c, i)
		}
		if y < s.tableY-90 || c.tissue[i] > -900 {
			continue
		}
		top := s.tableY
		if bend > 0 {
			top -= x * x / (2 * bend)
		}
		bottom := s.tableY + gap - 0.3*(s.tableY-top)
		if math.Abs(x) > 245 {
			continue
		}
		blendTo(&c.tissue[i], a.matTop, coverage(math.Abs(y-top+5)-4, c.px))
		blendTo(&c.tissue[i], a.tableHU, coverage(math.Abs(y-top)-0.8, c.px))
		if gap > 0 {
			blendTo(&c.tissue[i], -960, coverage(max(top-y, y-bottom), c.px))
			blendTo(&c.tissue[i], a.tableHU, 0.8*coverage(math.Abs(y-bottom)-0.8, c.px))
		}
	}
}

// paintCloth paints a sheet that lies loosely around the skin.
func (g *Generator) paintCloth(c *canvas, i int) {
	p := c.polar[i]
	off := float64(p.r - look(&c.mid.skin, p.index))
	if off < 0 || off > 40 {
		return
	}
	along := float64(p.index) / angles * 2 * math.Pi
	sx, sy := math.Sincos(along)
	fold := noise(g.body.seed+81, 2.5*sx, 2.5*sy, c.z/70) +
		0.25*noise(g.body.seed+82, 8*sx, 8*sy, c.z/40)
	height := 1.5 + 20*max(fold, 0)
	blendTo(&c.tissue[i], -600, coverage(math.Abs(off-height)-0.45, c.px))
}

// paintArms paints arms beside the chest.
func (g *Generator) paintArms(c *canvas) {
	o := g.body.outlineAt(0.4 * g.body.height)
	for _, side := range []float64{-1, 1} {
		at := look(&o.skin, float32(angles/4))
		x, y := side*(float64(at)+44), o.cy+30
		top, bottom := 1.0*g.body.height, -200.0
		layers := []struct{ r, hu float64 }{
			{46, 0},
			{44.5, g.body.fatHU},
			{44.5 - 7*g.body.fat, g.body.muscleHU},
			{12, g.body.cortexHU},
			{8, 60},
		}
		for _, l := range layers {
			pipe := cone{vec{x, y, bottom}, vec{x * 0.97, y, top}, l.r, l.r}
			g.paintTube(c, pipe, func(i int, share float64) {
				if off := c.polar[i].r - look(&c.mid.skin, c.polar[i].index); off > 0 {
					blendTo(&c.tissue[i], l.hu, share)
				}
			})
		}
	}
}
