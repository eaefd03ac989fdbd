// Command drawicon draws Glasswork's icon: two lungs, ground glass in one and a
// consolidation in the other, in the colours of the overlays. Run it through go generate.
package main

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"log"
	"math"
	"os"

	"glasswork/dataset/atomicfile"
)

const (
	side    = 512
	samples = 4 // in either direction, for smooth edges
)

// point is a place on the icon; both coordinates run from 0 to 1.
type point struct{ x, y float64 }

var (
	ground = color.NRGBA{R: 0x10, G: 0x12, B: 0x16, A: 0xff}
	lung   = color.NRGBA{R: 0x8c, G: 0x9a, B: 0xab, A: 0xff}
	air    = color.NRGBA{R: 0x27, G: 0x2d, B: 0x35, A: 0xff}
	glass  = color.NRGBA{R: 0xeb, G: 0x40, B: 0x34, A: 0xff}
	dense  = color.NRGBA{R: 0x34, G: 0xc7, B: 0x59, A: 0xff}

	// corners of the patient's right lung, which is seen at the left; the other is its mirror
	// image with room for the heart.
	right = smooth([]point{
		{0.39, 0.17},
		{0.29, 0.26},
		{0.21, 0.42},
		{0.16, 0.62},
		{0.16, 0.79},
		{0.27, 0.80},
		{0.38, 0.77},
		{0.45, 0.72},
		{0.45, 0.58},
		{0.42, 0.46},
		{0.45, 0.33},
		{0.45, 0.21},
	})
	left = smooth([]point{
		{0.61, 0.17},
		{0.71, 0.26},
		{0.79, 0.42},
		{0.84, 0.62},
		{0.84, 0.79},
		{0.73, 0.80},
		{0.66, 0.77},
		{0.64, 0.68},
		{0.58, 0.58},
		{0.58, 0.46},
		{0.55, 0.33},
		{0.55, 0.21},
	})
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("drawicon FILE.png")
	}
	icon := draw()
	err := atomicfile.WriteFile(os.Args[1], func(w io.Writer) error { return png.Encode(w, icon) })
	if err != nil {
		log.Fatal(err)
	}
}

// draw averages several samples a pixel.
func draw() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			var r, g, b, a float64
			for i := range samples * samples {
				c := at(point{
					(float64(x) + (float64(i%samples)+0.5)/samples) / side,
					(float64(y) + (float64(i/samples)+0.5)/samples) / side,
				})
				weight := float64(c.A) / 255
				r += float64(c.R) * weight
				g += float64(c.G) * weight
				b += float64(c.B) * weight
				a += weight
			}
			if a > 0 {
				alpha := uint8(a / (samples * samples) * 255)
				img.SetNRGBA(x, y, color.NRGBA{uint8(r / a), uint8(g / a), uint8(b / a), alpha})
			}
		}
	}
	return img
}

// at is the colour at one place.
func at(p point) color.NRGBA {
	const line = 0.018
	switch {
	case !inSquare(p):
		return color.NRGBA{}
	case near(right, p) < line || near(left, p) < line:
		return lung
	case !inside(right, p) && !inside(left, p):
		return ground
	case inside(right, p) && blob(p, point{0.24, 0.66}, 0.125, 5):
		return glass
	case inside(left, p) && blob(p, point{0.77, 0.70}, 0.075, 3):
		return dense
	}
	return air
}

// inSquare is the icon's ground: a square with round corners.
func inSquare(p point) bool {
	const corner = 0.18
	dx := math.Max(math.Abs(p.x-0.5)-(0.5-corner), 0)
	dy := math.Max(math.Abs(p.y-0.5)-(0.5-corner), 0)
	return math.Hypot(dx, dy) <= corner
}

// blob is a disc with a wavy edge.
func blob(p, centre point, radius float64, waves int) bool {
	dx, dy := p.x-centre.x, p.y-centre.y
	return math.Hypot(dx, dy) < radius*(1+0.12*math.Sin(float64(waves)*math.Atan2(dy, dx)))
}

// smooth returns a closed Catmull-Rom curve through the corners as a polygon.
func smooth(corners []point) (out []point) {
	n := len(corners)
	for i := range corners {
		a, b, c, d := corners[(i+n-1)%n], corners[i], corners[(i+1)%n], corners[(i+2)%n]
		for step := range 12 {
			t := float64(step) / 12
			mix := func(a, b, c, d float64) float64 {
				return 0.5 * (2*b + (c-a)*t + (2*a-5*b+4*c-d)*t*t + (3*b-a-3*c+d)*t*t*t)
			}
			out = append(out, point{mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y)})
		}
	}
	return out
}

// inside is the even-odd rule.
func inside(polygon []point, p point) (in bool) {
	for i, a := range polygon {
		b := polygon[(i+1)%len(polygon)]
		if (a.y > p.y) != (b.y > p.y) && p.x < (b.x-a.x)*(p.y-a.y)/(b.y-a.y)+a.x {
			in = !in
		}
	}
	return in
}

// near is the distance from p to the polygon's line.
func near(polygon []point, p point) float64 {
	least := math.Inf(1)
	for i, a := range polygon {
		b := polygon[(i+1)%len(polygon)]
		dx, dy := b.x-a.x, b.y-a.y
		t := math.Min(math.Max(((p.x-a.x)*dx+(p.y-a.y)*dy)/(dx*dx+dy*dy), 0), 1)
		least = math.Min(least, math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy))
	}
	return least
}
