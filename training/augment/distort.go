package augment

import (
	"math"
	"math/rand/v2"
)

// gridSteps is the number of cells of a grid distortion along an axis.
const gridSteps = 5

// grid moves columns and rows: x and y are, for every pixel of an axis, the place it shows.
type grid struct{ x, y []float64 }

// gridAxis draws the places of one axis as albumentations' GridDistortion does: every
// step of size/5 pixels becomes a step longer or shorter by at most limit, one begins
// where the last one ended, and what is left at the end goes to the border.
func gridAxis(rng *rand.Rand, size int, limit float64) []float64 {
	places := make([]float64, size)
	step := max(size/gridSteps, 1)
	from := 0.0
	for start := 0; start < size; start += step {
		end, to := start+step, from+float64(step)*(1+either(rng, limit))
		if end > size {
			end, to = size, float64(size)
		}
		for i := start; i < end; i++ {
			places[i] = from + (to-from)*float64(i-start)/float64(max(end-start-1, 1))
		}
		from = to
	}
	return places
}

// Apply maps places in place.
func (g grid) Apply(xs, ys []float64) {
	for i, x := range xs {
		xs[i], ys[i] = along(g.x, x), along(g.y, ys[i])
	}
}

// along interpolates a table at v, which is clamped to its ends.
func along(table []float64, v float64) float64 {
	v = min(max(v, 0), float64(len(table)-1))
	i := int(v)
	if i == len(table)-1 {
		return table[i]
	}
	return table[i] + (table[i+1]-table[i])*(v-float64(i))
}

// elastic moves every pixel by a smooth random field (Simard et al. 2003), [size,size].
type elastic struct {
	dx, dy []float32
	size   int
}

// newElastic draws a field that moves pixels by move on average (root mean square), and
// is noise smoothed over about smooth pixels.
func newElastic(rng *rand.Rand, size int, move, smooth float64) elastic {
	return elastic{field(rng, size, move, smooth), field(rng, size, move, smooth), size}
}

// field is white noise under three box blurs, which make nearly a Gaussian of standard
// deviation smooth, with root mean square move.
func field(rng *rand.Rand, size int, move, smooth float64) []float32 {
	f := make([]float32, size*size)
	for i := range f {
		f[i] = rng.Float32()*2 - 1
	}
	// a box of 2r+1 has the variance r(r+1)/3, three of them r(r+1)
	radius := min(int(math.Round(math.Sqrt(smooth*smooth+0.25)-0.5)), (size-1)/2)
	line := make([]float32, size)
	for range 3 {
		for i := range size {
			boxBlur(f[i*size:], line, 1, radius)
			boxBlur(f[i:], line, size, radius)
		}
	}
	sum := 0.0
	for _, v := range f {
		sum += float64(v) * float64(v)
	}
	if sum == 0 {
		return f
	}
	scale := float32(move / math.Sqrt(sum/float64(len(f))))
	for i := range f {
		f[i] *= scale
	}
	return f
}

// boxBlur averages the len(line) values of x that lie stride apart over 2·radius+1
// neighbours; the field goes on periodically.
func boxBlur(x, line []float32, stride, radius int) {
	n := len(line)
	for i := range line {
		line[i] = x[i*stride]
	}
	sum := float64(line[0])
	for k := 1; k <= radius; k++ {
		sum += float64(line[k]) + float64(line[n-k])
	}
	share := 1 / float64(2*radius+1)
	for i := range line {
		x[i*stride] = float32(sum * share)
		sum += float64(line[(i+radius+1)%n]) - float64(line[(i+n-radius)%n])
	}
}

// Apply maps places in place.
func (e elastic) Apply(xs, ys []float64) {
	last := float64(e.size - 1)
	for i, x := range xs {
		x0, y0 := min(max(x, 0), last), min(max(ys[i], 0), last)
		u, v := int(x0), int(y0)
		right, below := min(u+1, e.size-1)-u, (min(v+1, e.size-1)-v)*e.size
		at, fx, fy := v*e.size+u, float32(x0-float64(u)), float32(y0-float64(v))
		xs[i] += float64(bilinear(e.dx, at, right, below, fx, fy))
		ys[i] += float64(bilinear(e.dy, at, right, below, fx, fy))
	}
}

// bilinear interpolates f between at and its neighbours to the right and below.
func bilinear(f []float32, at, right, below int, fx, fy float32) float32 {
	top := f[at] + (f[at+right]-f[at])*fx
	bottom := f[at+below] + (f[at+below+right]-f[at+below])*fx
	return top + (bottom-top)*fy
}
