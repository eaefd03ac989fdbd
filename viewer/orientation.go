package viewer

import (
	"fmt"
	"math"

	"glasswork/dataset/volume"
)

// Letters name the directions of the patient at the edges of the picture: R and L, A and P, H
// (head) and F (feet). There are two letters if the edge lies between two directions.
type Letters struct{ Left, Right, Top, Bottom string }

// MirrorFor returns how a slice must be flipped to be shown as radiologists expect it: the
// patient's left on the right, anterior or the head at the top.
func MirrorFor(g volume.Geometry) Mirror {
	return Mirror{X: backwards(g.Step(0)), Y: backwards(g.Step(1))}
}

// backwards reports a direction whose largest component points to the patient's
// right, to anterior or, for an axis that runs along the body, to the head.
func backwards(d volume.Vector) bool {
	main := 0
	for i := range d {
		if math.Abs(d[i]) > math.Abs(d[main]) {
			main = i
		}
	}
	if main == 2 {
		return d[2] > 0
	}
	return d[main] < 0
}

// LettersFor returns the letters of a picture of g's slices, drawn with a mirror.
func LettersFor(g volume.Geometry, m Mirror) Letters {
	right, bottom := g.Step(0), g.Step(1)
	if m.X {
		right = right.Scale(-1)
	}
	if m.Y {
		bottom = bottom.Scale(-1)
	}
	return Letters{
		Left: direction(right.Scale(-1)), Right: direction(right),
		Top: direction(bottom.Scale(-1)), Bottom: direction(bottom),
	}
}

// direction names an LPS direction, the largest component first. A component counts if the
// direction is more than 15 degrees off the other axis.
func direction(d volume.Vector) string {
	length := d.Length()
	if length == 0 || math.IsNaN(length) {
		return ""
	}
	names, letters := [3][2]string{{"L", "R"}, {"P", "A"}, {"H", "F"}}, ""
	for range 3 {
		best := 0
		for i := range d {
			if math.Abs(d[i]) > math.Abs(d[best]) {
				best = i
			}
		}
		if math.Abs(d[best])/length < math.Sin(15*math.Pi/180) {
			break
		}
		if d[best] > 0 {
			letters += names[best][0]
		} else {
			letters += names[best][1]
		}
		d[best] = 0
	}
	return letters
}

// ScaleBar returns the longest round length in mm that takes no more than most view units, and its
// label ("5 mm", "5 cm").
func ScaleBar(unitsPerMM, most float64) (mm float64, label string) {
	mm = 0.1
	for _, n := range []float64{0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500} {
		if n*unitsPerMM <= most {
			mm = n
		}
	}
	if mm >= 10 {
		return mm, fmt.Sprintf("%g cm", mm/10)
	}
	return mm, fmt.Sprintf("%g mm", mm)
}

// Ends are what lies beyond the first and the last slice: "feet" and "head" for axial slices,
// in their order, and nothing for others.
func Ends(g volume.Geometry) [2]string {
	switch z := g.Normal()[2]; {
	case z > axialFrom:
		return [2]string{"feet", "head"}
	case z < -axialFrom:
		return [2]string{"head", "feet"}
	}
	return [2]string{}
}

// axialFrom is the part of the way to the next slice that leads to the head or the feet in
// axial slices, tilted ones included.
const axialFrom = 0.7
