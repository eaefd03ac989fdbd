package augment

import (
	"math"
	"math/rand/v2"
)

// Draw is one variation: what a chain does to one sample. Its geometry is a single map, so
// that any chain resamples a sample only once. Grey values change afterwards, in the order of
// the chain.
type Draw struct {
	size  int
	warps []warp // from the input to the output
	tones []tone
	// shift is added to the window's centre in HU, factor multiplies its width.
	shift, factor float64
}

// warp turns places in the output, given row by row, into places in the input.
type warp interface {
	Apply(xs, ys []float64)
}

// tone changes values x, [size,size], in place. unit is what one HU is worth in x.
type tone interface {
	apply(x []float32, size int, unit float64)
}

// Draw draws a variation of a square of size × size pixels. The same rng state gives
// the same variation.
func (c Chain) Draw(rng *rand.Rand, size int) Draw {
	d := Draw{size: size, factor: 1}
	for _, t := range c {
		if rng.Float64() < t.P {
			d.add(t, rng)
		}
	}
	return d
}

// add draws the limits of t and applies it.
func (d *Draw) add(t Transform, rng *rand.Rand) {
	switch t.Letter {
	case 0:
		d.add(t.pick(rng), rng)
	case 'W':
		d.shift += either(rng, t.Limits[0])
		d.factor *= factor(rng, t.Limits[1])
	default:
		if w := t.warp(rng, d.size); w != nil {
			d.warps = append(d.warps, w)
		} else {
			d.tones = append(d.tones, t.tone(rng))
		}
	}
}

// pick draws one of a choice's transforms.
func (t Transform) pick(rng *rand.Rand) Transform {
	total := 0.0
	for _, o := range t.Of {
		total += o.P
	}
	at := rng.Float64() * total
	last := Transform{}
	for _, o := range t.Of {
		if o.P == 0 {
			continue
		}
		last = o
		if at < o.P {
			break
		}
		at -= o.P
	}
	return last
}

// Window is the window in HU that the sample is seen through instead of this one.
func (d Draw) Window(center, width float64) (newCenter, newWidth float64) {
	return center + d.shift, width * d.factor
}

// Row fills xs and ys, size long, with the places in the input that row v of the output
// shows. Places are pixel indices; whole numbers are pixel centres.
func (d Draw) Row(v int, xs, ys []float64) {
	for u := range xs {
		xs[u], ys[u] = float64(u), float64(v)
	}
	for i := len(d.warps) - 1; i >= 0; i-- {
		d.warps[i].Apply(xs, ys)
	}
}

// Tone changes the values of x, [size,size], 0…1, in place; width is that of the window
// in HU.
func (d Draw) Tone(x []float32, width float64) {
	for _, t := range d.tones {
		t.apply(x, d.size, 1/width)
	}
	if len(d.tones) > 0 {
		clip(x)
	}
}

// either draws between −limit and limit.
func either(rng *rand.Rand, limit float64) float64 { return (2*rng.Float64() - 1) * limit }

// factor draws between 1/(1+spread) and 1+spread, symmetric on a log scale.
func factor(rng *rand.Rand, spread float64) float64 {
	return math.Exp(either(rng, math.Log1p(spread)))
}
