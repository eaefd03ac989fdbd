package phantom

import "math"

// paintLungs paints the inside of the lungs: parenchyma, fissures, lesions, vessels and airways.
// Each covers those before it.
func (g *Generator) paintLungs(c *canvas) {
	a := g.body
	base := newLattice(c.n, 4)
	c.fill(base, func(x, y float64) float64 {
		return a.parenchyma(x, y, c.z, c.mid.depth(c.mid.polar(x, y)))
	})
	for i := range c.lung {
		if c.cover[i] == 0 {
			continue
		}
		x, y := float64(c.x[i]), float64(c.y[i])
		hu := base.at(i%c.n, i/c.n)
		hu += 1.3 * a.textureHU * noise(a.seed+71, x/2.6, y/2.6, c.z/max(2.6, c.thick))
		_, fissure := a.lobe(x, y, c.z)
		hu = mix(hu, -620, 0.8*a.fissure*bell(0, 0.9+0.3*c.thick, fissure)/(1+0.4*c.thick))
		c.lung[i] = float32(hu)
	}
	g.paintScars(c)
	g.paintLesions(c)
	g.paintVessels(c)
	for i, share := range c.solid {
		if share > 0 {
			blendTo(&c.lung[i], float64(c.spare[0][i]), float64(share))
		}
	}
	g.paintAirways(c)
}

// paintVessels paints every vessel that crosses the slice over the lungs.
func (g *Generator) paintVessels(c *canvas) {
	for _, b := range g.tree.crossing(c.z, c.thick) {
		if b.wall > 0 {
			continue
		}
		g.paintTube(c, b.cone, func(i int, share float64) {
			blendTo(&c.lung[i], b.hu, share)
			if b.ra > 2 {
				blendTo(&c.tissue[i], b.hu, share)
			}
		})
	}
}

// paintAirways paints the bronchi, first their walls and then their air, and the trachea.
func (g *Generator) paintAirways(c *canvas) {
	crossing := g.tree.crossing(c.z, c.thick)
	for _, lumen := range []bool{false, true} {
		for _, b := range crossing {
			if b.wall == 0 {
				continue
			}
			pipe, hu := b.cone, b.hu
			if !lumen {
				pipe.ra, pipe.rb, hu = pipe.ra+b.wall, pipe.rb+b.wall, -20
			}
			g.paintTube(c, pipe, func(i int, share float64) {
				blendTo(&c.lung[i], hu, share)
				if b.ra > 2 && c.mid.depth(c.polar[i]) < 0 || b.ra > 6 {
					blendTo(&c.tissue[i], hu, share)
				}
			})
		}
	}
}

// paintTube calls paint with the share of each pixel that a tube fills. A tube thinner than a pixel
// fills only its own part of it.
func (g *Generator) paintTube(c *canvas, t cone, paint func(i int, share float64)) {
	w, ok := g.window(c, t.bounds())
	if !ok {
		return
	}
	ab := t.b.Sub(t.a)
	l := max(ab.Dot(ab), 1e-9)
	c.each(w, func(i int, x, y float64) {
		sum := 0.0
		for _, z := range c.heights {
			px, py, pz := x-t.a[0], y-t.a[1], z-t.a[2]
			s := unit((px*ab[0] + py*ab[1] + pz*ab[2]) / l)
			r := mix(t.ra, t.rb, s)
			px, py, pz = px-s*ab[0], py-s*ab[1], pz-s*ab[2]
			d := px*px + py*py + pz*pz
			if reach := r + c.px/2; d < reach*reach {
				full := min(2*r/c.px, 1)
				sum += min(coverage(math.Sqrt(d)-r, c.px), full)
			}
		}
		if sum > 0 {
			paint(i, sum/float64(len(c.heights)))
		}
	})
}

// index finds the branches that cross a slice. For every layer of layerMM it lists those that touch
// it.
type index struct {
	branches []branch
	low      float64
	layers   [][]int32
}

const layerMM = 3.0

func newIndex(branches []branch, low, high float64) *index {
	x := &index{branches: branches, low: low, layers: make([][]int32, int((high-low)/layerMM)+2)}
	for i, b := range branches {
		box := b.bounds().grown(b.wall)
		from, to := x.layer(box.lo[2]), x.layer(box.hi[2])
		for l := from; l <= to; l++ {
			x.layers[l] = append(x.layers[l], int32(i))
		}
	}
	return x
}

func (x *index) layer(z float64) int {
	return min(max(int((z-x.low)/layerMM), 0), len(x.layers)-1)
}

// crossing returns the branches near a slice, each once, in the order of growth.
func (x *index) crossing(z, thick float64) []branch {
	from, to := x.layer(z-thick/2), x.layer(z+thick/2)
	var found []branch
	for l := from; l <= to; l++ {
		for _, i := range x.layers[l] {
			b := x.branches[i]
			if l == from || x.layer(b.bounds().grown(b.wall).lo[2]) == l {
				found = append(found, b)
			}
		}
	}
	return found
}
