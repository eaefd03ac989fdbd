package phantom

import (
	"math"
	"math/rand/v2"
)

// gaussian returns a normalised kernel of the given sigma in pixels.
func gaussian(sigma float64) []float32 {
	reach := int(math.Ceil(3 * sigma))
	if sigma < 0.2 {
		return []float32{1}
	}
	k := make([]float32, 2*reach+1)
	sum := 0.0
	for i := range k {
		sum += math.Exp(-sq(float64(i-reach)/sigma) / 2)
	}
	for i := range k {
		k[i] = float32(math.Exp(-sq(float64(i-reach)/sigma)/2) / sum)
	}
	return k
}

// convolve filters an image [y,x] of width n by kx along rows and by ky along columns. Beyond the
// border the edge pixels repeat. spare is overwritten.
func convolve(img, spare []float32, n int, kx, ky []float32) {
	rx, ry := len(kx)/2, len(ky)/2
	for row := range n {
		src, dst := img[row*n:(row+1)*n], spare[row*n:(row+1)*n]
		for x := range n {
			var sum float32
			for j, w := range kx {
				sum += w * src[min(max(x+j-rx, 0), n-1)]
			}
			dst[x] = sum
		}
	}
	for row := range n {
		dst := img[row*n : (row+1)*n]
		clear(dst)
		for j, w := range ky {
			src := spare[min(max(row+j-ry, 0), n-1)*n:][:n]
			for x, v := range src {
				dst[x] += w * v
			}
		}
	}
}

// reconstruct blurs or sharpens the finished image as the kernel does.
func (g *Generator) reconstruct(c *canvas) {
	k := gaussian(g.scan.blur / c.px)
	convolve(c.tissue, c.spare[0], c.n, k, k)
	if g.scan.boost <= 0 {
		return
	}
	copy(c.spare[1], c.tissue)
	k = gaussian(0.95 / c.px)
	convolve(c.spare[1], c.spare[0], c.n, k, k)
	boost := float32(g.scan.boost)
	for i, smooth := range c.spare[1] {
		c.tissue[i] += boost * (c.tissue[i] - smooth)
	}
}

// addNoise adds what filtered back projection leaves: noise without low frequencies, more of it
// deep in the body, and streaks between the shoulders.
func (g *Generator) addNoise(c *canvas, z int) {
	r := rand.NewPCG(g.seed^uint64(z)*0x9e3779b97f4a7c15, streamSlice)
	white(c.lung, r)
	copy(c.spare[1], c.lung)
	fine, wide := gaussian(g.scan.coarse/c.px), gaussian(2.2*g.scan.coarse/c.px+0.4)
	convolve(c.lung, c.spare[0], c.n, fine, fine)
	convolve(c.spare[1], c.spare[0], c.n, wide, wide)
	const keep = 0.75
	deviation := math.Sqrt(sq(energy(fine, fine)) - 2*keep*sq(energy(fine, wide)) +
		keep*keep*sq(energy(wide, wide)))
	u := g.body.level(c.z)
	shoulders := ramp(0.8, 1, u)
	scale := g.scan.noiseHU * (1 + 0.8*shoulders) * math.Sqrt(g.thin) / deviation
	reach := sq(0.5 * g.body.width)
	for i := range c.lung {
		grain := float64(c.lung[i]) - keep*float64(c.spare[1][i])
		dx, dy := float64(c.x[i]), float64(c.y[i])
		deep := 0.35 + 0.65/(1+0.35*(dx*dx+dy*dy)/reach)
		c.tissue[i] += float32(grain * scale * deep)
	}
	if streak := g.scan.streak * shoulders; streak > 1 {
		g.addStreaks(c, r, streak)
	}
}

// energy returns the sum of the products of two centred kernels.
func energy(a, b []float32) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	off := (len(b) - len(a)) / 2
	sum := 0.0
	for i, v := range a {
		sum += float64(v) * float64(b[i+off])
	}
	return sum
}

// addStreaks adds dark and bright lines from shoulder to shoulder.
func (g *Generator) addStreaks(c *canvas, r *rand.PCG, hu float64) {
	white(c.lung, r)
	along, across := gaussian(22/c.px), gaussian(0.7/c.px+0.3)
	convolve(c.lung, c.spare[0], c.n, along, across)
	scale := hu / math.Sqrt(energy(along, along)*energy(across, across))
	for i := range c.tissue {
		off := c.polar[i].r / look(&c.mid.skin, c.polar[i].index)
		if off < 1.05 {
			c.tissue[i] += c.lung[i] * float32(scale)
		}
	}
}

// white fills a slice with nearly normal noise of standard deviation 1. Each value is a sum of four
// uniform numbers.
func white(v []float32, r *rand.PCG) {
	const scale = 1 / 37837.2 // 1 / standard deviation of the sum of four 16-bit numbers
	for i := range v {
		b := r.Uint64()
		sum := int32(b&0xffff) + int32(b>>16&0xffff) + int32(b>>32&0xffff) + int32(b>>48)
		v[i] = float32(sum-131070) * scale
	}
}
