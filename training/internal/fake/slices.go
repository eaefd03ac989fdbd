package fake

import (
	"image"
	"math"

	"glasswork/dataset/series"
)

// BodySlice is air with a dense ellipse and a small dense speck beside it: HU of w × h pixels.
func BodySlice(w, h int, body image.Rectangle) []int16 {
	hu := make([]int16, w*h)
	cx, cy := float64(body.Min.X+body.Max.X-1)/2, float64(body.Min.Y+body.Max.Y-1)/2
	rx, ry := float64(body.Dx())/2, float64(body.Dy())/2
	for i := range hu {
		x, y := (float64(i%w)-cx)/rx, (float64(i/w)-cy)/ry
		hu[i] = -1000
		if x*x+y*y <= 1 {
			hu[i] = 40
		}
	}
	for i := range 8 * 8 {
		hu[(i/8)*w+i%8] = 500
	}
	return hu
}

// Chest are HU of a made-up slice: lung with some vessels and lesions, soft tissue around
// it, and a black frame.
func Chest() []float64 {
	hu := make([]float64, 0, 10000)
	for i := range 10000 {
		ripple := 20 * math.Sin(float64(i)*0.7)
		switch {
		case i < 500:
			hu = append(hu, -5000)
		case i < 5500:
			hu = append(hu, -850+ripple)
		case i < 6000:
			hu = append(hu, -500+10*ripple)
		default:
			hu = append(hu, 50+ripple)
		}
	}
	return hu
}

// Picture is how a picture of hu in a window is read: grey values taken for the assumed window.
func Picture(hu []float64, center, width float64) []int16 {
	slope, intercept := series.AssumedScale()
	out := make([]int16, len(hu))
	for i, v := range hu {
		grey := math.Round(min(max((v-center+width/2)/width, 0), 1) * 255)
		out[i] = int16(math.Round(grey*slope + intercept))
	}
	return out
}
