package rtstruct

import (
	"slices"
	"testing"
)

func TestFillTakesPixelsWhoseCentreIsInside(t *testing.T) {
	for name, c := range map[string]struct {
		polygons [][]vertex
		want     []string
	}{
		"square between centres": {[][]vertex{{
			{0.5, 0.5}, {2.5, 0.5}, {2.5, 2.5}, {0.5, 2.5},
		}}, []string{"....", ".##.", ".##.", "...."}},
		"left and upper edge belong to it": {
			[][]vertex{{{1, 1}, {3, 1}, {3, 3}, {1, 3}}}, []string{"....", ".##.", ".##.", "...."},
		},
		"other way round": {[][]vertex{{
			{0.5, 2.5}, {2.5, 2.5}, {2.5, 0.5}, {0.5, 0.5},
		}}, []string{"....", ".##.", ".##.", "...."}},
		"triangle": {
			[][]vertex{{{-0.5, -0.5}, {3.6, -0.5}, {-0.5, 3.6}}}, []string{
				"####", "###.", "##..", "#...",
			},
		},
		"beyond the picture": {
			[][]vertex{{{-9, -9}, {9, -9}, {9, 1.5}, {-9, 1.5}}}, []string{
				"####", "####", "....", "....",
			},
		},
		"hole as a second contour": {
			[][]vertex{
				{{-0.5, -0.5}, {3.5, -0.5}, {3.5, 3.5}, {-0.5, 3.5}},
				{{0.5, 0.5}, {2.5, 0.5}, {2.5, 2.5}, {0.5, 2.5}},
			},
			[]string{"####", "#..#", "#..#", "####"},
		},
		"keyhole": {
			[][]vertex{{
				{-0.5, 1},
				{-0.5, -0.5},
				{3.5, -0.5},
				{3.5, 3.5},
				{-0.5, 3.5},
				{-0.5, 1},
				{0.5, 1},
				{0.5, 2.5},
				{2.5, 2.5},
				{2.5, 0.5},
				{0.5, 0.5},
				{0.5, 1},
			}},
			[]string{"####", "#..#", "#..#", "####"},
		},
		"figure of eight": {
			[][]vertex{{{-0.5, -0.5}, {3.5, 3.5}, {3.5, -0.5}, {-0.5, 3.5}}},
			[]string{"...#", "#.##", "#.##", "...#"},
		},
		"a line": {[][]vertex{{{0, 0}, {3, 3}}}, []string{"....", "....", "....", "...."}},
	} {
		want, width := drawn(c.want...)
		mask := make([]uint8, len(want))
		fill(mask, width, c.polygons)
		if !slices.Equal(mask, want) {
			t.Errorf("%s: %v, want %v", name, mask, want)
		}
	}
}

// Neighbours share an edge through pixel centres. Every pixel belongs to exactly one of them.
func TestNeighboursShareNoPixel(t *testing.T) {
	mask := make([]uint8, 64)
	for _, p := range [][]vertex{
		{{0, 0}, {3, 0}, {5, 8}, {0, 8}}, {{3, 0}, {8, 0}, {8, 8}, {5, 8}},
	} {
		one := make([]uint8, 64)
		fill(one, 8, [][]vertex{p})
		for i := range one {
			mask[i] += one[i]
		}
	}
	for i, n := range mask {
		if n != 1 {
			t.Fatalf("pixel %d belongs to %d of two neighbours", i, n)
		}
	}
}
