package rtstruct

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// drawn parses a mask written as text. # is set.
func drawn(rows ...string) (mask []uint8, width int) {
	for _, r := range strings.Join(rows, "") {
		v := uint8(0)
		if r == '#' {
			v = 1
		}
		mask = append(mask, v)
	}
	return mask, len(rows[0])
}

// refilled fills a mask's own outlines, each with at most most corners.
func refilled(t *testing.T, mask []uint8, width, most int) []uint8 {
	t.Helper()
	again := make([]uint8, len(mask))
	var polygons [][]vertex
	for _, contour := range outlines(mask, width, most) {
		if len(contour) > most {
			t.Errorf("a contour has %d corners, at most %d were asked for", len(contour), most)
		}
		var polygon []vertex
		for _, c := range contour {
			polygon = append(polygon, vertex{float64(c.x) - 0.5, float64(c.y) - 0.5})
		}
		polygons = append(polygons, polygon)
	}
	fill(again, width, polygons)
	return again
}

func TestOutlinesOfShapes(t *testing.T) {
	for name, c := range map[string]struct {
		rows     []string
		contours int
	}{
		"nothing":                         {[]string{"...", "..."}, 0},
		"one pixel":                       {[]string{"...", ".#.", "..."}, 1},
		"everything":                      {[]string{"###", "###"}, 1},
		"diagonal touch":                  {[]string{"#.", ".#"}, 2},
		"other diagonal":                  {[]string{".#", "#."}, 2},
		"hole":                            {[]string{"####", "#..#", "####"}, 1},
		"two holes":                       {[]string{"#######", "#.###.#", "#######"}, 1},
		"holes by a corner":               {[]string{"####", "#.##", "##.#", "####"}, 1},
		"hole at a corner of the outside": {[]string{".####", "#.###", "#####"}, 1},
		"island in a hole": {
			[]string{"#####", "#...#", "#.#.#", "#...#", "#####"}, 2,
		},
		"hole in an island": {[]string{
			"#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#.....#", "#######",
		}, 2},
		"chessboard": {[]string{"#.#.", ".#.#", "#.#."}, 6},
		"arms":       {[]string{"#.#", "###", "#.#"}, 1},
	} {
		mask, width := drawn(c.rows...)
		if got := outlines(mask, width, 1<<20); len(got) != c.contours {
			t.Errorf("%s: %d contours, want %d", name, len(got), c.contours)
		}
		if !slices.Equal(refilled(t, mask, width, 1<<20), mask) {
			t.Errorf("%s: filled outlines differ from the mask", name)
		}
	}
}

func TestStraightSidesHaveNoCornersBetween(t *testing.T) {
	mask, width := drawn("......", ".####.", ".####.", "......")
	if got := outlines(mask, width, 1<<20); len(got) != 1 || len(got[0]) != 4 {
		t.Errorf("a rectangle has the contours %v", got)
	}
}

func TestRandomMasksComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for range 300 {
		width, height := 1+r.IntN(20), 1+r.IntN(20)
		mask := make([]uint8, width*height)
		share := r.Float64()
		for i := range mask {
			if r.Float64() < share {
				mask[i] = 1
			}
		}
		if !slices.Equal(refilled(t, mask, width, 4+r.IntN(60)), mask) {
			t.Fatalf("a mask of %d × %d with %.0f %% set does not come back", width, height,
				100*share)
		}
	}
}

func BenchmarkOutlines(b *testing.B) {
	const width = 512
	mask := make([]uint8, width*width)
	for i := range mask {
		x, y := float64(i%width-256), float64(i/width-256)
		if d := x*x + y*y; d < 200*200 && int(d)%97 > 3 {
			mask[i] = 1
		}
	}
	for b.Loop() {
		outlines(mask, width, 1<<20)
	}
}
