package rtstruct

import (
	"math"
	"slices"
)

// corner is a corner of pixels. Corner (x,y) is the upper left corner of pixel (x,y), which is the
// point (x-0.5, y-0.5) between voxel centres.
type corner struct{ x, y int }

// edges holds unit edges by the corner at which they begin. out[d] is the edge along steps[d].
type edges map[corner][4]bool

// steps are the directions of edges. Each is a right turn from the one before.
var steps = [4]corner{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}

// outlines returns closed contours along the edges of the pixels that are set in mask ([y,x], width
// pixels per row). There is one contour for each region of pixels that are connected by edges.
// Holes are connected to the outside by a channel without width (the keyhole technique of PS3.3
// C.8.8.6.3). A region whose contour would have more than most corners is cut in half. Filling the
// contours by the even-odd rule gives mask again.
func outlines(mask []uint8, width, most int) [][]corner {
	var all [][]corner
	region, borders := borders(mask, width)
	for i, border := range borders {
		contour := straighten(keyhole(rings(border)))
		if len(contour) <= most {
			all = append(all, contour)
			continue
		}
		for _, half := range halves(region, int32(i), width) {
			all = append(all, outlines(half, width, most)...)
		}
	}
	return all
}

// halves returns the masks of the upper and the lower half of region i, or of the left and the
// right half if it is wide.
func halves(region []int32, i int32, width int) [2][]uint8 {
	low, high := corner{math.MaxInt, math.MaxInt}, corner{}
	for at, r := range region {
		if r == i {
			x, y := at%width, at/width
			low, high = corner{min(low.x, x), min(low.y, y)}, corner{max(high.x, x), max(high.y, y)}
		}
	}
	first := func(at int) bool { return at/width <= (low.y+high.y)/2 }
	if high.x-low.x > high.y-low.y {
		first = func(at int) bool { return at%width <= (low.x+high.x)/2 }
	}
	out := [2][]uint8{make([]uint8, len(region)), make([]uint8, len(region))}
	for at, r := range region {
		switch {
		case r != i:
		case first(at):
			out[0][at] = 1
		default:
			out[1][at] = 1
		}
	}
	return out
}

// borders numbers the regions of mask and returns the unit edges around each. The pixels of a
// region are on the right of its edges.
func borders(mask []uint8, width int) (region []int32, all []edges) {
	region, n := regions(mask, width)
	all = make([]edges, n)
	for i := range all {
		all[i] = edges{}
	}
	height := len(mask) / width
	for at, v := range mask {
		if v == 0 {
			continue
		}
		x, y := at%width, at/width
		border := all[region[at]]
		border.add(corner{x, y}, 0, y == 0 || mask[at-width] == 0)
		border.add(corner{x + 1, y}, 1, x == width-1 || mask[at+1] == 0)
		border.add(corner{x + 1, y + 1}, 2, y == height-1 || mask[at+width] == 0)
		border.add(corner{x, y + 1}, 3, x == 0 || mask[at-1] == 0)
	}
	return region, all
}

func (e edges) add(from corner, d int, outside bool) {
	if outside {
		out := e[from]
		out[d] = true
		e[from] = out
	}
}

// regions numbers the parts of mask that are connected by pixel edges. region[i] is the number of
// pixel i where mask is set.
func regions(mask []uint8, width int) (region []int32, n int) {
	region = make([]int32, len(mask))
	for i := range region {
		region[i] = -1
	}
	var todo []int
	for start, v := range mask {
		if v == 0 || region[start] >= 0 {
			continue
		}
		visit := func(at int, inside bool) {
			if inside && mask[at] != 0 && region[at] < 0 {
				region[at] = int32(n)
				todo = append(todo, at)
			}
		}
		for visit(start, true); len(todo) > 0; {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			visit(at-1, at%width > 0)
			visit(at+1, at%width < width-1)
			visit(at-width, at >= width)
			visit(at+width, at+width < len(mask))
		}
		n++
	}
	return region, n
}

// rings walks along the edges of one region until none is left. Each ring begins at its leftmost
// corner. The rings are sorted by that corner, so the outer ring comes first.
func rings(border edges) [][]corner {
	starts := make([]corner, 0, len(border))
	for c := range border {
		starts = append(starts, c)
	}
	slices.SortFunc(starts, func(a, b corner) int {
		if a.x != b.x {
			return a.x - b.x
		}
		return a.y - b.y
	})
	var all [][]corner
	for _, start := range starts {
		for d := range steps {
			if border[start][d] {
				all = append(all, border.follow(start, d))
			}
		}
	}
	return all
}

// follow walks from start along edges and removes them until it is back. Where two pixels touch
// only at a corner, it turns right and so stays with its pixel.
func (e edges) follow(start corner, d int) []corner {
	var ring []corner
	for at := start; len(ring) == 0 || at != start; {
		out := e[at]
		for _, turn := range []int{1, 0, 3} {
			if len(ring) > 0 && out[(d+turn)%4] {
				d = (d + turn) % 4
				break
			}
		}
		out[d] = false
		e[at] = out
		ring = append(ring, at)
		at = corner{at.x + steps[d].x, at.y + steps[d].y}
	}
	return ring
}

// place is a corner of a ring: the one with index i.
type place struct{ ring, i int }

// keyhole connects rings into one closed contour. The first ring is the outer one, the others are
// holes. Each hole is entered from the nearest corner to its left, which belongs to an earlier
// ring.
func keyhole(rings [][]corner) []corner {
	rows := map[int][]place{}
	n := 0
	for r, ring := range rings {
		n += len(ring) + 2
		for i, c := range ring {
			rows[c.y] = append(rows[c.y], place{r, i})
		}
	}
	holes := map[place][]int{}
	for r := 1; r < len(rings); r++ {
		from := rings[r][0]
		best, x := place{}, math.MinInt
		for _, p := range rows[from.y] {
			if c := rings[p.ring][p.i]; p.ring < r && c.x <= from.x && c.x > x {
				best, x = p, c.x
			}
		}
		holes[best] = append(holes[best], r)
	}
	return unroll(make([]corner, 0, n), rings, holes, 0)
}

// unroll appends ring r to contour. After each of its corners it appends the holes that are entered
// there.
func unroll(contour []corner, rings [][]corner, holes map[place][]int, r int) []corner {
	for i, c := range rings[r] {
		contour = append(contour, c)
		for _, hole := range holes[place{r, i}] {
			contour = append(unroll(contour, rings, holes, hole), rings[hole][0], c)
		}
	}
	return contour
}

// straighten removes the corners at which a contour goes straight on.
func straighten(contour []corner) []corner {
	var kept []corner
	for i, c := range contour {
		before, after := contour[(i+len(contour)-1)%len(contour)], contour[(i+1)%len(contour)]
		back := corner{c.x - before.x, c.y - before.y}
		ahead := corner{after.x - c.x, after.y - c.y}
		if back.x*ahead.y-back.y*ahead.x != 0 || back.x*ahead.x+back.y*ahead.y < 0 {
			kept = append(kept, c)
		}
	}
	return kept
}
