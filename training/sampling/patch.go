package sampling

import (
	"math/rand/v2"

	"glasswork/dataset/classes"
	"glasswork/training/anatomy"
	"glasswork/training/network"
)

// square is a sample: values 0…1 and classes, each [size,size].
type square struct {
	x    []float32
	y    []uint8
	size int
}

// Where lesions of another sample are pasted, in HU, and which of them are not worth it.
const (
	airyLeast, airyMost = -1000, -500 // aerated lung on average
	// noise of a single pixel; a pixel at an edge differs by more
	airyNoise = 300
	// vessels up to 2/96 of the side wide belong to the lung
	vesselReach = 96
	vesselLeast = -90 // pixels denser than this are vessels and keep their class
	pasteDenser = 100 // a lesion must be this much denser than the lung below it to be seen
	pasteLeast  = 500 // a lesion must cover at least 1/500 of the sample
)

// pasteLesions lays lesions of one sample into the aerated lung of another, with their
// labels: all, or each with even odds. Where the other is denser, as in vessels, it shows
// through (after copy-paste, Ghiasi et al. 2021, arXiv:2012.07177).
func pasteLesions(onto, from square, win network.Window, rng *rand.Rand) {
	n, size := len(onto.x), onto.size
	value := func(hu float64) float32 { return float32((hu-win.Center)/win.Width + 0.5) }
	field := onto.airy(value(airyLeast), value(airyMost), float32(airyNoise/win.Width))
	chosen, lesions, some := make([]float32, n), make([]bool, n), rng.IntN(2) == 0
	for i, class := range from.y {
		lesions[i] = classes.IsLesion(class)
	}
	pixels, denser := 0, float32(0)
	for _, lesion := range anatomy.Sections(lesions, size, size) {
		if some && rng.IntN(2) == 0 {
			continue
		}
		for _, i := range lesion {
			if field[i] && !classes.IsLesion(onto.y[i]) {
				chosen[i] = 1
				pixels++
				denser += from.x[i] - onto.x[i]
			}
		}
	}
	if pixels < n/pasteLeast || denser < float32(pixels)*float32(pasteDenser/win.Width) {
		return
	}
	vessel := value(vesselLeast)
	for i, s := range means(chosen, size) {
		if chosen[i] > 0 && onto.x[i] < vessel {
			onto.y[i] = from.y[i]
		}
		if field[i] {
			onto.x[i] += s * max(from.x[i]-onto.x[i], 0)
		}
	}
}

// airy marks pixels whose surroundings lie between two values on average and which differ from
// these by no more than noise. The vessels between them are marked too.
func (s square) airy(least, most, noise float32) []bool {
	mask := make([]bool, len(s.x))
	for i, v := range means(s.x, s.size) {
		mask[i] = v > least && v < most && s.x[i] > least-noise && s.x[i] < most+noise
	}
	radius := max(s.size/vesselReach, 1)
	return anatomy.Close(mask, s.size, s.size, radius)
}

// means are the means over 3 × 3 pixels, fewer at the border; v is [size,size].
func means(v []float32, size int) []float32 {
	rows, out := make([]float32, len(v)), make([]float32, len(v))
	meansOf3(rows, v, size, 1)
	meansOf3(out, rows, 1, size)
	return out
}

// meansOf3 averages each value with its two neighbours a step away; lines of size values
// begin a line apart.
func meansOf3(out, v []float32, line, step int) {
	size := max(line, step)
	for first := 0; first < size*line; first += line {
		for k := range size {
			sum, n := float32(0), float32(0)
			for j := max(k-1, 0); j <= min(k+1, size-1); j++ {
				sum, n = sum+v[first+j*step], n+1
			}
			out[first+k*step] = sum / n
		}
	}
}
