package phantom

import "math"

// canvas holds one slice while it is made. Every array is [y,x].
type canvas struct {
	n       int
	px      float64 // pixel size, mm
	z       float64
	thick   float64   // of the slice, mm
	heights []float64 // heights of the sub-slices that are averaged, mm

	x, y   []float32 // position of each pixel in the patient's frame, mm
	polar  []polar
	tissue []float32 // HU of everything except lung
	lung   []float32 // HU of the inside of the lung
	cover  []float32 // share of each pixel that is lung
	ground []float32 // share of the lung's part that is ground glass
	solid  []float32 // share of the lung's part that is consolidation
	spare  [2][]float32
	mid    *outline
}

func newCanvas(n int) *canvas {
	c := &canvas{n: n, polar: make([]polar, n*n)}
	for _, plane := range []*[]float32{
		&c.x, &c.y, &c.tissue, &c.lung, &c.cover, &c.ground, &c.solid,
		&c.spare[0], &c.spare[1],
	} {
		*plane = make([]float32, n*n)
	}
	return c
}

// coverage returns the share of a pixel of size px on the inner side of a surface at a signed
// distance in mm.
func coverage(distance, px float64) float64 { return unit(0.5 - distance/px) }

// blendTo moves a value towards another by a share.
func blendTo(v *float32, to, share float64) { *v += float32(share * (to - float64(*v))) }

// place fills in the coordinates of the canvas. They include the pose, and a warp that keeps bodies
// from looking like drawings.
func (g *Generator) place(c *canvas, z int) {
	c.z = g.bottom + (float64(z)+0.5)*g.spacing[0]
	c.thick = g.thickness
	c.px = g.spacing[2]
	sub := max(1, min(4, int(math.Ceil(c.thick/1.4))))
	c.heights = c.heights[:0]
	for k := range sub {
		c.heights = append(c.heights, c.z+c.thick*((float64(k)+0.5)/float64(sub)-0.5))
	}
	c.mid = g.body.outlineAt(c.z)
	const step = 8
	warpX := newLattice(c.n, step)
	warpY := newLattice(c.n, step)
	s, co := math.Sincos(g.scan.turn)
	at := func(col, row float64) (float64, float64) {
		half := float64(c.n-1) / 2
		x, y := (col-half)*g.spacing[2]-g.scan.shift[0], (row-half)*g.spacing[1]-g.scan.shift[1]
		return x*co + y*s, y*co - x*s
	}
	warpX.fill(func(col, row float64) float64 {
		x, y := at(col, row)
		return g.body.warp(1, x, y, c.z)
	})
	warpY.fill(func(col, row float64) float64 {
		x, y := at(col, row)
		return g.body.warp(2, x, y, c.z)
	})
	for row := range c.n {
		for col := range c.n {
			i := row*c.n + col
			x, y := at(float64(col), float64(row))
			x += warpX.at(col, row)
			y += warpY.at(col, row)
			c.x[i], c.y[i] = float32(x), float32(y)
			c.polar[i] = c.mid.polar(x, y)
		}
	}
}

// warp returns the displacement, in mm, along one axis at a point.
func (a *anatomy) warp(axis uint32, x, y, z float64) float64 {
	return 4*noise(a.seed+axis*99, x/150, y/150, z/150) +
		a.wobble*noise(a.seed+axis*101, x/70, y/70, z/90) +
		0.8*noise(a.seed+axis*103, x/24, y/24, z/28)
}

// window is the part of a canvas that a box in the patient's frame can touch.
type window struct{ x0, y0, x1, y1 int }

// window converts a box to pixels. It adds a margin, because the warp moves things by a few mm.
func (g *Generator) window(c *canvas, b box) (w window, ok bool) {
	if b.lo[2] > c.z+c.thick/2 || b.hi[2] < c.z-c.thick/2 {
		return w, false
	}
	reach := g.body.wobble + 5 + c.px
	s, co := math.Sincos(g.scan.turn)
	w = window{c.n, c.n, -1, -1}
	for corner := range 4 {
		x, y := b.lo[0]-reach, b.lo[1]-reach
		if corner&1 == 1 {
			x = b.hi[0] + reach
		}
		if corner&2 == 2 {
			y = b.hi[1] + reach
		}
		half := float64(c.n-1) / 2
		col := (x*co-y*s+g.scan.shift[0])/g.spacing[2] + half
		row := (y*co+x*s+g.scan.shift[1])/g.spacing[1] + half
		w.x0, w.x1 = min(w.x0, int(math.Floor(col))), max(w.x1, int(math.Ceil(col)))
		w.y0, w.y1 = min(w.y0, int(math.Floor(row))), max(w.y1, int(math.Ceil(row)))
	}
	w.x0, w.y0 = max(w.x0, 0), max(w.y0, 0)
	w.x1, w.y1 = min(w.x1, c.n-1), min(w.y1, c.n-1)
	return w, w.x0 <= w.x1 && w.y0 <= w.y1
}

// each calls f for every pixel of a window.
func (c *canvas) each(w window, f func(i int, x, y float64)) {
	for row := w.y0; row <= w.y1; row++ {
		for i := row*c.n + w.x0; i <= row*c.n+w.x1; i++ {
			f(i, float64(c.x[i]), float64(c.y[i]))
		}
	}
}

// whole returns the window that covers the whole canvas.
func (c *canvas) whole() window { return window{0, 0, c.n - 1, c.n - 1} }

// averaged returns the share of a pixel's column through the slice that is inside a shape.
func (c *canvas) averaged(s shape, x, y, px float64) float64 {
	sum := 0.0
	for _, z := range c.heights {
		sum += coverage(s.distance(x, y, z), px)
	}
	return sum / float64(len(c.heights))
}

// lattice is a coarse grid over a canvas for smooth fields.
type lattice struct {
	step, n int
	values  []float64
}

func newLattice(pixels, step int) *lattice {
	n := (pixels-1)/step + 2
	return &lattice{step, n, make([]float64, n*n)}
}

func (l *lattice) fill(f func(col, row float64) float64) {
	for row := range l.n {
		for col := range l.n {
			l.values[row*l.n+col] = f(float64(col*l.step), float64(row*l.step))
		}
	}
}

// fill fills a lattice with a function of the patient's frame.
func (c *canvas) fill(l *lattice, f func(x, y float64) float64) {
	l.fill(func(col, row float64) float64 {
		i := min(int(row), c.n-1)*c.n + min(int(col), c.n-1)
		return f(float64(c.x[i]), float64(c.y[i]))
	})
}

func (l *lattice) at(col, row int) float64 {
	i := row/l.step*l.n + col/l.step
	tx, ty := float64(col%l.step)/float64(l.step), float64(row%l.step)/float64(l.step)
	v := l.values
	return mix(mix(v[i], v[i+1], tx), mix(v[i+l.n], v[i+l.n+1], tx), ty)
}
