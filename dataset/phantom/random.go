package phantom

import (
	"math"
	"math/rand/v2"
)

// Each stream gives the random numbers of one part of the phantom, so that a change in one part
// does not change the others.
const (
	streamAnatomy = iota + 1
	streamScan
	streamTree
	streamLesions
	streamScars
	streamSlice
)

// dice draws the random parameters of one part of a phantom.
type dice struct{ *rand.Rand }

func newDice(seed, stream uint64) dice {
	return dice{rand.New(rand.NewPCG(seed, stream*0x9e3779b97f4a7c15+1))}
}

// in returns a number that is uniform in [lo,hi).
func (d dice) in(lo, hi float64) float64 { return lo + (hi-lo)*d.Float64() }

// around returns a normal number about mean, limited to two and a half standard deviations.
func (d dice) around(mean, deviation float64) float64 {
	return mean + deviation*min(max(d.NormFloat64(), -2.5), 2.5)
}

// chance returns true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// hash mixes a lattice point and a seed into 32 random bits.
func hash(seed uint32, x, y, z int32) uint32 {
	h := seed ^ uint32(x)*0x8da6b343 ^ uint32(y)*0xd8163841 ^ uint32(z)*0xcb1ab31f
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}

// noise returns smooth value noise in about [-1,1]. The lattice distance is 1.
func noise(seed uint32, x, y, z float64) float64 {
	fx, fy, fz := math.Floor(x), math.Floor(y), math.Floor(z)
	ix, iy, iz := int32(fx), int32(fy), int32(fz)
	x, y, z = ease(x-fx), ease(y-fy), ease(z-fz)
	at := func(dx, dy, dz int32) float64 {
		return float64(hash(seed, ix+dx, iy+dy, iz+dz)) * (2.0 / math.MaxUint32)
	}
	low := mix(mix(at(0, 0, 0), at(1, 0, 0), x), mix(at(0, 1, 0), at(1, 1, 0), x), y)
	high := mix(mix(at(0, 0, 1), at(1, 0, 1), x), mix(at(0, 1, 1), at(1, 1, 1), x), y)
	return mix(low, high, z) - 1
}

// fractal sums octaves of noise, each half as strong and twice as fine.
func fractal(seed uint32, octaves int, x, y, z float64) float64 {
	sum, weight, total := 0.0, 1.0, 0.0
	for o := range octaves {
		sum += weight * noise(seed+uint32(o)*0x51ed27, x, y, z)
		total += weight
		weight *= 0.5
		x, y, z = x*2.03+11.7, y*2.03+5.3, z*2.03+7.9
	}
	return sum / total
}

// cellWalls returns the distance, in lattice units, from a point to the nearest wall between the
// cells of a jittered lattice (Voronoi). These walls are interlobular septa.
func cellWalls(seed uint32, x, y, z float64) float64 {
	ix, iy, iz := int32(math.Floor(x)), int32(math.Floor(y)), int32(math.Floor(z))
	first, second := math.MaxFloat64, math.MaxFloat64
	for dz := int32(-1); dz <= 1; dz++ {
		for dy := int32(-1); dy <= 1; dy++ {
			for dx := int32(-1); dx <= 1; dx++ {
				h := hash(seed, ix+dx, iy+dy, iz+dz)
				px := float64(ix+dx) + float64(h&1023)/1024 - x
				py := float64(iy+dy) + float64(h>>10&1023)/1024 - y
				pz := float64(iz+dz) + float64(h>>20&1023)/1024 - z
				distance := px*px + py*py + pz*pz
				if distance < first {
					first, second = distance, first
				} else if distance < second {
					second = distance
				}
			}
		}
	}
	return (math.Sqrt(second) - math.Sqrt(first)) / 2
}
