package viewer

import (
	"math"
	"testing"

	"glasswork/dataset/volume"
)

// grid returns a grid with columns along x and rows along y, in LPS.
func grid(x, y [3]float64) volume.Geometry {
	g := volume.Geometry{Size: [3]int{1, 2, 2}}
	for i := range 3 {
		g.Affine[i][0], g.Affine[i][1] = x[i], y[i]
	}
	return g
}

func TestLetters(t *testing.T) {
	sin, cos := math.Sincos(30 * math.Pi / 180)
	small, most := math.Sincos(10 * math.Pi / 180)
	tests := []struct {
		name   string
		g      volume.Geometry
		mirror Mirror
		want   Letters
	}{
		{
			"supine, head first", grid([3]float64{1, 0, 0}, [3]float64{0, 1, 0}),
			Mirror{},
			Letters{"R", "L", "A", "P"},
		},
		{
			"stored from right to left", grid([3]float64{-1, 0, 0}, [3]float64{0, 1, 0}),
			Mirror{X: true},
			Letters{"R", "L", "A", "P"},
		},
		{
			"NIfTI's RAS", grid([3]float64{-1, 0, 0}, [3]float64{0, -1, 0}),
			Mirror{true, true},
			Letters{"R", "L", "A", "P"},
		},
		{
			"coronal", grid([3]float64{1, 0, 0}, [3]float64{0, 0, -1}),
			Mirror{},
			Letters{"R", "L", "H", "F"},
		},
		{
			"sagittal, feet first", grid([3]float64{0, 1, 0}, [3]float64{0, 0, 1}),
			Mirror{Y: true},
			Letters{"A", "P", "H", "F"},
		},
		{
			"turned by 30°", grid([3]float64{cos, sin, 0}, [3]float64{-sin, cos, 0}),
			Mirror{},
			Letters{"RA", "LP", "AL", "PR"},
		},
		{
			"turned by 10°", grid([3]float64{most, small, 0}, [3]float64{-small, most, 0}),
			Mirror{},
			Letters{"R", "L", "A", "P"},
		},
		{"nothing known", volume.Geometry{}, Mirror{}, Letters{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := MirrorFor(tt.g)
			if m != tt.mirror {
				t.Errorf("mirror %v, want %v", m, tt.mirror)
			}
			if got := LettersFor(tt.g, m); got != tt.want {
				t.Errorf("letters %v, want %v", got, tt.want)
			}
		})
	}
}

func TestScaleBar(t *testing.T) {
	tests := []struct {
		unitsPerMM, most, mm float64
		label                string
	}{
		{2, 150, 50, "5 cm"},
		{2, 25, 10, "1 cm"},
		{2, 19, 5, "5 mm"},
		{1, 120, 100, "10 cm"},
		{40, 150, 2, "2 mm"},
		{300, 150, 0.5, "0.5 mm"},
	}
	for _, tt := range tests {
		if mm, label := ScaleBar(tt.unitsPerMM, tt.most); mm != tt.mm || label != tt.label {
			t.Errorf("%v units a mm, at most %v: %v %q, want %v %q", tt.unitsPerMM, tt.most, mm,
				label, tt.mm, tt.label)
		}
	}
}

func TestEnds(t *testing.T) {
	g := volume.NewGeometry([3]int{4, 2, 2}, [3]float64{5, 1, 1}, volume.Point{})
	if got := Ends(g); got != [2]string{"feet", "head"} {
		t.Errorf("slices that go up: %v", got)
	}
	g.Affine[2][2] = -5
	if got := Ends(g); got != [2]string{"head", "feet"} {
		t.Errorf("slices that go down: %v", got)
	}
	g.Affine[2][2], g.Affine[1][2] = 0, 5
	g.Affine[2][1], g.Affine[1][1] = 1, 0
	if got := Ends(g); got != [2]string{} {
		t.Errorf("coronal slices: %v", got)
	}
}
