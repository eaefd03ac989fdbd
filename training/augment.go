package training

import (
	"math"
	"math/rand/v2"
)

// Augment says how far training samples are varied. The zero value changes nothing.
type Augment struct {
	// Flip mirrors left and right in half of the samples.
	Flip bool
	// Turn is the share of samples that are transposed and mirrored at random, so that
	// all eight orientations of a square occur.
	Turn float64
	// Scale is the largest zoom either way (0.2: ×0.83…1.2), Shift the largest shift as
	// a share of the side, Rotate the largest rotation in degrees.
	Scale, Shift, Rotate float64
	// Brightness is the largest shift of the window's range (0.05: 5 % of its width),
	// Contrast and Gamma the largest factor either way.
	Brightness, Contrast, Gamma float64
	// NoiseHU is the largest standard deviation of added noise.
	NoiseHU float64
	// Filter is the share of samples that are blurred or sharpened.
	Filter float64
}

// DefaultAugment suits CT slices, which all lie the same way and are calibrated.
func DefaultAugment() Augment {
	return Augment{
		Flip: true, Turn: 0.15, Scale: 0.25, Shift: 0.08, Rotate: 15,
		Brightness: 0.04, Contrast: 0.15, Gamma: 0.15, NoiseHU: 70, Filter: 0.4,
	}
}

// PictureAugment suits pictures without HU: any orientation, any display window.
func PictureAugment() Augment {
	a := DefaultAugment()
	a.Turn, a.Scale, a.Brightness, a.Contrast, a.Gamma, a.NoiseHU = 1, 0.35, 0.06, 0.25, 0.25, 40
	return a
}

// geometry draws the map from the network's square to itself that varies the sample. All
// geometric changes are this one map, so that the image is resampled once.
func (a Augment) geometry(rng *rand.Rand, size int) affine {
	c := float64(size-1) / 2
	angle := (2*rng.Float64() - 1) * a.Rotate * math.Pi / 180
	zoom := factor(rng, a.Scale)
	sin, cos := math.Sincos(angle)
	sin, cos = sin/zoom, cos/zoom
	dx, dy := (2*rng.Float64()-1)*a.Shift*float64(size), (2*rng.Float64()-1)*a.Shift*float64(size)
	m := affine{cos, -sin, dx, sin, cos, dy}
	flip, turn := a.Flip && rng.Uint64()&1 == 0, rng.Float64() < a.Turn
	transpose, upend := rng.Uint64()&1 == 0, rng.Uint64()&1 == 0
	if flip {
		m = m.after(affine{xx: -1, yy: 1})
	}
	if turn && upend {
		m = m.after(affine{xx: 1, yy: -1})
	}
	if turn && transpose {
		m = m.after(affine{xy: 1, yx: 1})
	}
	return affine{1, 0, c, 0, 1, c}.after(m).after(affine{1, 0, -c, 0, 1, -c})
}

// photometry varies the values of x, [size,size], 0…1, in place.
func (a Augment) photometry(rng *rand.Rand, x []float32, size int, win Window) {
	bright := float32((2*rng.Float64() - 1) * a.Brightness)
	contrast := float32(factor(rng, a.Contrast))
	gamma := factor(rng, a.Gamma)
	noise := float32(rng.Float64() * a.NoiseHU / win.Width)
	if rng.Uint64()&1 == 0 {
		noise = 0
	}
	curve := gammaCurve(gamma)
	for i, v := range x {
		v = (v-0.5)*contrast + 0.5 + bright
		if noise > 0 {
			v += noise * float32(rng.NormFloat64())
		}
		x[i] = curve[int(min(max(v, 0), 1)*(curveSteps-1)+0.5)]
	}
	if rng.Float64() < a.Filter {
		sharpen(x, size, float32(rng.Float64()*1.6-1))
	}
}

const curveSteps = 4096

// gammaCurve tabulates v^g on 0…1.
func gammaCurve(g float64) *[curveSteps]float32 {
	var c [curveSteps]float32
	for i := range c {
		c[i] = float32(math.Pow(float64(i)/(curveSteps-1), g))
	}
	return &c
}

// sharpen moves x, [size,size], away from its 3 × 3 binomial blur by amount; −1 is the
// blur itself.
func sharpen(x []float32, size int, amount float32) {
	rows := make([]float32, len(x))
	for i := range x {
		u := i % size
		left, right := i-min(u, 1), i+min(size-1-u, 1)
		rows[i] = (x[left] + 2*x[i] + x[right]) / 4
	}
	for i := range x {
		up, down := i-size, i+size
		if up < 0 {
			up = i
		}
		if down >= len(x) {
			down = i
		}
		blur := (rows[up] + 2*rows[i] + rows[down]) / 4
		x[i] = min(max(x[i]+amount*(x[i]-blur), 0), 1)
	}
}

// factor draws between 1/(1+spread) and 1+spread, symmetric on a log scale.
func factor(rng *rand.Rand, spread float64) float64 {
	return math.Exp((2*rng.Float64() - 1) * math.Log1p(spread))
}
