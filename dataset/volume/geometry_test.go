package volume

import (
	"math"
	"testing"
)

// tilted is a grid whose slices are sheared by 18.5 degrees, as a gantry tilt leaves it.
func tilted() Geometry {
	g := NewGeometry([3]int{28, 512, 512}, [3]float64{5, 0.5, 0.5}, Point{-128, -128, 40})
	angle := 18.5 * math.Pi / 180
	g.Affine[1][1], g.Affine[2][1] = 0.5*math.Cos(angle), -0.5*math.Sin(angle)
	return g
}

func TestToIndexInvertsToMM(t *testing.T) {
	grids := map[string]Geometry{
		"axial": NewGeometry([3]int{64, 512, 512}, [3]float64{5, 0.84, 0.84},
			Point{-215, -301, -212.5}),
		"tilted": tilted(),
		"flipped": {Size: [3]int{4, 5, 6}, Affine: Affine{
			{-1, 0, 0, 10}, {0, -2, 0, 20}, {0, 0, 3, 30},
		}},
	}
	for name, g := range grids {
		for _, want := range [][3]float64{{0, 0, 0}, {3, 4, 5}, {1.5, 0.25, 2}} {
			got, ok := g.ToIndex(g.ToMM(want[0], want[1], want[2]))
			if !ok {
				t.Fatalf("%s: grid called degenerate", name)
			}
			for i := range 3 {
				if math.Abs(got[i]-want[i]) > 1e-9 {
					t.Errorf("%s: index = %v, want %v", name, got, want)
				}
			}
		}
	}
}

func TestVoxelMLOfATiltedGridIsThePerpendicularVolume(t *testing.T) {
	want := 5 * 0.5 * 0.5 * math.Cos(18.5*math.Pi/180) / 1000
	if got := tilted().VoxelML(); math.Abs(got-want) > 1e-12 {
		t.Errorf("VoxelML = %v ml, want %v", got, want)
	}
	if got := tilted().Spacing(); math.Abs(got[1]-0.5) > 1e-12 || got[0] != 5 {
		t.Errorf("Spacing = %v mm, want 5, 0.5, 0.5", got)
	}
}

func TestNormalPointsWhereZGrows(t *testing.T) {
	up := NewGeometry([3]int{2, 2, 2}, [3]float64{5, 1, 1}, Point{})
	down := up
	down.Affine[2][2] = -5
	if n := up.Normal(); n != [3]float64{0, 0, 1} {
		t.Errorf("Normal = %v, want 0 0 1", n)
	}
	if n := down.Normal(); n[2] != -1 {
		t.Errorf("Normal of a grid stacked to the feet = %v, want z = -1", n)
	}
}

func TestSameGrid(t *testing.T) {
	g := NewGeometry([3]int{3, 4, 5}, [3]float64{5, 1, 1}, Point{})
	near, far, other := g, g, g
	near.Affine[0][3] += 0.009
	far.Affine[0][0] += 0.01 // 0.04 mm at the last column
	other.Size[0] = 4
	for _, c := range []struct {
		name string
		o    Geometry
		want bool
	}{
		{"itself", g, true},
		{"shifted 9 µm", near, true},
		{"stretched 40 µm", far, false},
		{"one slice more", other, false},
	} {
		if got := g.SameGrid(c.o); got != c.want {
			t.Errorf("%s: SameGrid = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestValidateRefusesGridsThatMeasureNothing(t *testing.T) {
	flat := NewGeometry([3]int{2, 2, 2}, [3]float64{0, 1, 1}, Point{})
	empty := NewGeometry([3]int{0, 2, 2}, [3]float64{1, 1, 1}, Point{})
	nan := NewGeometry([3]int{2, 2, 2}, [3]float64{math.NaN(), 1, 1}, Point{})
	for name, g := range map[string]Geometry{"flat": flat, "empty": empty, "nan": nan} {
		if g.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := tilted().Validate(); err != nil {
		t.Errorf("tilted: %v", err)
	}
}
