package input

import "glasswork/dataset/series"

// Pictures are exported with different windows, so the same lung is darker in one than in
// another. Levelling maps two things that every chest slice shows, the darkest lung and soft
// tissue, to their usual values.
const (
	levelDark   = -963 // HU of the darkest lung
	levelBright = 64   // HU of soft tissue
	// leastContrast is how far apart they must be, in HU, to be trusted.
	leastContrast = 200
)

// Grey values of 8-bit pictures among which the two are looked for.
const (
	darkShare   = 0.03 // of the pixels outside a black frame are darker than the darkest lung
	blackFrame  = 2
	tissueFrom  = 150
	tissueTo    = 251
	greySmooth  = 4 // grey values on either side over which their frequency is averaged
	greyValues  = 256
	whitestGrey = greyValues - 1
)

// Levelled is a picture's HU, [y,x], mapped linearly so that its darkest lung and soft
// tissue have the usual values. Where they cannot be told apart it is hu itself.
func Levelled(hu []int16) []int16 {
	count := countGreys(hu)
	slope, intercept := series.AssumedScale()
	dark := intercept + slope*darkest(count)
	bright := intercept + slope*float64(mostTissue(count))
	if bright-dark < leastContrast {
		return hu
	}
	gain := (levelBright - levelDark) / (bright - dark)
	out := make([]int16, len(hu))
	for i, v := range hu {
		out[i] = int16(min(max(levelDark+(float64(v)-dark)*gain, -2000), 2000))
	}
	return out
}

// countGreys is how often each grey value occurs.
func countGreys(hu []int16) (count [greyValues]int) {
	slope, intercept := series.AssumedScale()
	for _, v := range hu {
		grey := (float64(v)-intercept)/slope + 0.5
		count[int(min(max(grey, 0), whitestGrey))]++
	}
	return count
}

// darkest is the grey value of the darkest lung.
func darkest(count [greyValues]int) float64 {
	n := 0
	for _, c := range count[blackFrame+1:] {
		n += c
	}
	below := 0
	for grey := blackFrame + 1; grey < greyValues; grey++ {
		if below += count[grey]; float64(below) > darkShare*float64(n) {
			return float64(grey)
		}
	}
	return whitestGrey
}

// mostTissue is the most frequent of the grey values that soft tissue can have.
func mostTissue(count [greyValues]int) int {
	best, most := tissueFrom, -1
	for grey := tissueFrom; grey <= tissueTo; grey++ {
		n := 0
		for _, c := range count[grey-greySmooth : min(grey+greySmooth, whitestGrey)+1] {
			n += c
		}
		if n > most {
			best, most = grey, n
		}
	}
	return best
}
