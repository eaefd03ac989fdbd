package augment

import (
	"math"
	"math/rand/v2"
)

// tone draws the change of grey values of a transform that is not geometric.
func (t Transform) tone(rng *rand.Rand) tone {
	switch t.Letter {
	case 'B':
		// albumentations' RandomBrightnessContrast: values × contrast + brightness, clipped
		return linear{
			gain: float32(1 + either(rng, t.Limits[1])), offset: float32(either(rng, t.Limits[0])),
			clipped: true,
		}
	case 'K':
		offset, gain := either(rng, t.Limits[0]), factor(rng, t.Limits[1])
		return linear{gain: float32(gain), offset: float32(0.5 - 0.5*gain + offset)}
	case 'N':
		return noise{hu: rng.Float64() * t.Limits[0], seed: rng.Uint64()}
	case 'Y':
		return gamma(factor(rng, t.Limits[0]))
	default: // F
		return filter(rng.Float64()*(t.Limits[0]+t.Limits[1]) - t.Limits[0])
	}
}

func clip(x []float32) {
	for i, v := range x {
		x[i] = min(max(v, 0), 1)
	}
}

// linear is v·gain + offset.
type linear struct {
	gain, offset float32
	clipped      bool
}

func (l linear) apply(x []float32, _ int, _ float64) {
	for i, v := range x {
		x[i] = v*l.gain + l.offset
	}
	if l.clipped {
		clip(x)
	}
}

// noise is normal with a standard deviation in HU.
type noise struct {
	hu   float64
	seed uint64
}

func (n noise) apply(x []float32, _ int, unit float64) {
	rng := rand.New(rand.NewPCG(n.seed, 0))
	deviation := float32(n.hu * unit)
	for i := range x {
		x[i] += deviation * float32(rng.NormFloat64())
	}
}

// gamma is v^gamma of clipped values.
type gamma float64

const curveSteps = 4096

func (g gamma) apply(x []float32, _ int, _ float64) {
	var curve [curveSteps]float32
	for i := range curve {
		curve[i] = float32(math.Pow(float64(i)/(curveSteps-1), float64(g)))
	}
	for i, v := range x {
		x[i] = curve[int(min(max(v, 0), 1)*(curveSteps-1)+0.5)]
	}
}

// filter moves values away from their 3 × 3 binomial blur by so much; −1 is the blur itself.
type filter float32

func (f filter) apply(x []float32, size int, _ float64) {
	clip(x)
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
		x[i] += float32(f) * (x[i] - blur)
	}
}
