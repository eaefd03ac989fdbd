package rtstruct

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/volume"
)

// squareAt returns a square from column and row 1.5 to 4.5 at height z, in index coordinates of
// grid, as LPS points.
func squareAt(grid volume.Geometry, z float64) []volume.Point {
	var p []volume.Point
	for _, c := range [][2]float64{{1.5, 1.5}, {4.5, 1.5}, {4.5, 4.5}, {1.5, 4.5}} {
		p = append(p, grid.ToMM(z, c[1], c[0]))
	}
	return p
}

// filledSlices returns the slices of mask that hold the nine voxels of the square.
func filledSlices(t *testing.T, grid volume.Geometry, mask []uint8) (filled []int) {
	t.Helper()
	for z := range grid.Size[0] {
		sum := 0
		for _, v := range mask[z*grid.SliceVoxels() : (z+1)*grid.SliceVoxels()] {
			sum += int(v)
		}
		switch sum {
		case 0:
		case 9:
			filled = append(filled, z)
		default:
			t.Errorf("slice %d holds %d voxels of a square of 9", z, sum)
		}
	}
	return filled
}

func TestContoursFillTheSlicesTheyBelongTo(t *testing.T) {
	oblique := volume.Geometry{Size: [3]int{12, 6, 7}, Affine: volume.Affine{
		{0.6, -0.2, 0.9, -30}, {0.3, 0.7, -0.3, 12}, {-0.1, 0.2, 2.4, 100},
	}}
	for name, c := range map[string]struct {
		heights []float64
		want    []int
		warning string
	}{
		"on slices":            {[]float64{2, 3, 4}, []int{2, 3, 4}, ""},
		"nearly on slices":     {[]float64{2.004, 2.996}, []int{2, 3}, ""},
		"one alone":            {[]float64{5}, []int{5}, ""},
		"half a slice off":     {[]float64{2.5, 3.5, 4.5}, []int{2, 3, 4}, "between slices"},
		"a third off":          {[]float64{2.3, 3.3}, []int{2, 3}, "between slices"},
		"every second slice":   {[]float64{2, 4, 6}, []int{1, 2, 3, 4, 5, 6}, "took the nearest"},
		"two lesions":          {[]float64{1, 2, 3, 8, 9, 10}, []int{1, 2, 3, 8, 9, 10}, ""},
		"thinner than slices":  {[]float64{2, 2.5, 3, 3.5}, []int{2, 3}, "closer together"},
		"partly outside":       {[]float64{-3, -2, -1, 0, 1}, []int{0, 1}, "outside"},
		"everything elsewhere": {[]float64{40, 41}, nil, "outside"},
	} {
		for _, grid := range []volume.Geometry{volume.NewGeometry([3]int{12, 6, 7},
			[3]float64{3, 0.7, 0.8}, volume.Point{-20, 5, 7}), oblique} {
			var contours [][]volume.Point
			for _, z := range c.heights {
				contours = append(contours, squareAt(grid, z))
			}
			mask := make([]uint8, grid.Voxels())
			warnings, err := rasterise(context.Background(), contours, grid, mask)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := filledSlices(t, grid, mask); !slices.Equal(got, c.want) {
				t.Errorf("%s: slices %v are filled, want %v", name, got, c.want)
			}
			said := strings.Join(warnings, "; ")
			if (c.warning == "") != (said == "") || !strings.Contains(said, c.warning) {
				t.Errorf("%s: warnings %q, want one of %q", name, said, c.warning)
			}
		}
	}
}

// A ball drawn on sagittal, oblique or axial planes gives the same voxels, except at its surface.
func TestContoursAcrossSlices(t *testing.T) {
	grid := volume.NewGeometry([3]int{40, 60, 60}, [3]float64{1.5, 1, 1},
		volume.Point{-30, -30, -30})
	const radius = 20
	for name, normal := range map[string]volume.Vector{
		"sagittal": {1, 0, 0}, "coronal": {0, 1, 0}, "oblique": {0.3, -0.5, 0.8},
		"tilted": {0, 0.3, 1},
	} {
		w, _ := normal.Unit()
		f, ok := frameOf([][]volume.Point{{
			{}, w.Cross(volume.Vector{1, 2, 3}), w.Cross(w.Cross(volume.Vector{1, 2, 3})),
		}}, 1)
		if !ok {
			t.Fatal(name)
		}
		var contours [][]volume.Point
		for d := -radius + 0.5; d < radius; d++ {
			var c []volume.Point
			for i := range 90 {
				s, co := math.Sincos(2 * math.Pi * float64(i) / 90)
				r := math.Sqrt(radius*radius - d*d)
				var p volume.Point
				for k := range p {
					p[k] = d*f.w[k] + r*(s*f.u[k]+co*f.v[k])
				}
				c = append(c, p)
			}
			contours = append(contours, c)
		}
		mask := make([]uint8, grid.Voxels())
		warnings, err := rasterise(context.Background(), contours, grid, mask)
		if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "resampled") {
			t.Errorf("%s: %q %v", name, warnings, err)
		}
		wrong := 0
		for z := range grid.Size[0] {
			for y := range grid.Size[1] {
				for x := range grid.Size[2] {
					p := grid.ToMM(float64(z), float64(y), float64(x))
					off := math.Sqrt(p.Dot(p)) - radius
					if (off < 0) != (mask[(z*60+y)*60+x] != 0) && math.Abs(off) > 1.5 {
						wrong++
					}
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d voxels away from the surface are wrong", name, wrong)
		}
	}
}

func TestContoursInNoPlaneAreRefused(t *testing.T) {
	grid := volume.NewGeometry([3]int{9, 9, 9}, [3]float64{1, 1, 1}, volume.Point{})
	for name, contours := range map[string][][]volume.Point{
		"bent": {{{3, 2, 2}, {3, 6, 2}, {7, 6, 6}, {3, 2, 6}}},
		"two ways": {
			{{3, 2, 2}, {3, 6, 2}, {3, 6, 6}, {3, 2, 6}}, {
				{2, 3, 2}, {6, 3, 2}, {6, 3, 6}, {2, 3, 6},
			},
		},
		"a line":     {{{3, 2, 2}, {3, 2, 6}, {3, 2, 4}}},
		"far across": {{{3, 2, 2}, {3, 9e5, 2}, {3, 9e5, 9e5}, {3, 2, 6}}},
	} {
		if _, err := rasterise(context.Background(), contours, grid,
			make([]uint8, 729)); err == nil {
			t.Errorf("%s: contours were put onto slices", name)
		}
	}
}

func TestRasteriseLeavesTheRestAloneAndCanBeStopped(t *testing.T) {
	grid := volume.NewGeometry([3]int{3, 6, 6}, [3]float64{1, 1, 1}, volume.Point{})
	mask := make([]uint8, grid.Voxels())
	mask[0] = 1
	if _, err := rasterise(context.Background(), [][]volume.Point{squareAt(grid, 0)}, grid,
		mask); err != nil || mask[0] != 1 {
		t.Errorf("what was set before is %d, error %v", mask[0], err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := rasterise(ctx, [][]volume.Point{squareAt(grid, 0)}, grid, mask); err == nil {
		t.Error("a cancelled context was not heard")
	}
}

func BenchmarkRasterise(b *testing.B) {
	grid := volume.NewGeometry([3]int{300, 512, 512}, [3]float64{1, 0.7, 0.7}, volume.Point{})
	var contours [][]volume.Point
	for z := range 300 {
		for part := range 10 {
			var c []volume.Point
			for i := range 500 {
				s, co := math.Sincos(2 * math.Pi * float64(i) / 500)
				c = append(c, grid.ToMM(float64(z), 256+100*s, 50+40*float64(part)+18*co))
			}
			contours = append(contours, c)
		}
	}
	mask := make([]uint8, grid.Voxels())
	for b.Loop() {
		if _, err := rasterise(context.Background(), contours, grid, mask); err != nil {
			b.Fatal(err)
		}
	}
}
