package anatomy

import (
	"cmp"
	"math"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// What tells lungs from other gas, and how far beyond aerated lung a lesion can lie.
const (
	cellMM    = 3    // side of the cells in which a slice is looked at
	gasHU     = -960 // gas in bowel, stomach and trachea is below it in the median, lungs above
	leastLung = 100  // ml; less is no lung
	lungShare = 0.05 // of the largest lung; a part below it is not one of its own
	reachMM   = 8    // how far consolidation at the edge can reach out of what is aerated
	heightMM  = 20   // how far above and below aerated lung a lesion can lie
)

// Chest is the space of a study in which lungs, and so their lesions, can lie. It is found by
// density and in three dimensions: the largest air spaces in the body that are not pure gas,
// mirrored from side to side, so that a lung without any air keeps its place, and made convex
// in each slice, so that consolidation at the chest wall and between the lobes belongs to it.
// Bowel, stomach, arms, blankets and the chest wall do not.
type Chest struct {
	cell int      // side of a cell in pixels
	rows [][]span // by z and row of cells, the cells that belong to it; nil without lung
}

// FindChest looks for the lungs in HU [z,y,x], read slice by slice. Its memory is a byte for each
// cell of about 3 × 3 mm, so that it serves studies of any length.
func FindChest(g volume.Geometry, read func(z int) ([]int16, error)) (*Chest, error) {
	c := &Chest{
		cell: max(int(math.Round(cellMM/g.Spacing()[2])), 1),
		rows: make([][]span, g.Size[0]),
	}
	air := newCells(g, c.cell)
	for z := range g.Size[0] {
		hu, err := read(z)
		if err != nil {
			return nil, err
		}
		air.fill(z, hu, g.Size[2])
	}
	lungs := air.lungs(g)
	if lungs == nil {
		return c, nil
	}
	side, up := reachMM/(g.Spacing()[2]*float64(c.cell)), heightMM/g.Spacing()[0]
	for z := range c.rows {
		first, last := max(z-int(up), 0), min(z+int(up), g.Size[0]-1)
		c.rows[z] = air.hull(lungs, first, last, int(math.Ceil(side)))
	}
	return c, nil
}

// Found says whether the study shows any lung.
func (c *Chest) Found() bool {
	return slices.ContainsFunc(c.rows, func(rows []span) bool { return rows != nil })
}

// Limit turns labels of slice z, [y,x] of w columns, into background where no lung can be, and
// says how many pixels of lesions that were.
func (c *Chest) Limit(z int, labels []uint8, w int) (lesions int) {
	for i, class := range labels {
		if class == classes.Background {
			continue
		}
		x, y := i%w/c.cell, i/w/c.cell
		if rows := c.rows[z]; y < len(rows) && rows[y].has(x) {
			continue
		}
		if classes.IsLesion(class) {
			lesions++
		}
		labels[i] = classes.Background
	}
	return lesions
}

// cells are the means over squares of a study's pixels: [z,y,x], d slices of h × w.
type cells struct {
	d, h, w, side int
	hu            []int8 // mean HU over 8, as far as it matters
	middle        []int  // by z, twice the column of cells in the middle of the body
}

func newCells(g volume.Geometry, side int) *cells {
	c := &cells{
		d: g.Size[0], h: (g.Size[1] + side - 1) / side, w: (g.Size[2] + side - 1) / side,
		side:   side,
		middle: make([]int, g.Size[0]),
	}
	c.hu = make([]int8, c.d*c.h*c.w)
	return c
}

// coarse is how many HU a step of a cell's value is; lowest is the value of -1024 HU and less.
const (
	coarse = 8
	lowest = -1024 / coarse
)

// fill takes the means of a slice, and finds the middle of the body.
func (c *cells) fill(z int, hu []int16, w int) {
	h := len(hu) / w
	own := c.hu[z*c.h*c.w : (z+1)*c.h*c.w]
	for y := range c.h {
		for x := range c.w {
			sum, n := 0, 0
			for v := y * c.side; v < min((y+1)*c.side, h); v++ {
				for u := x * c.side; u < min((x+1)*c.side, w); u++ {
					sum, n = sum+int(hu[v*w+u]), n+1
				}
			}
			own[y*c.w+x] = int8(min(max(sum/max(n, 1)/coarse, lowest), math.MaxInt8))
		}
	}
	c.middle[z] = c.w
	if b := FindBody(hu, w, h); b != nil {
		c.middle[z] = (b.Box.Min.X + b.Box.Max.X) / c.side
	}
}

// lungs are the cells of the large air spaces inside the body that are no mere gas; nil if there
// is none.
func (c *cells) lungs(g volume.Geometry) []bool {
	air := make([]bool, len(c.hu))
	n := c.h * c.w
	for z := range c.d {
		slice := air[z*n : (z+1)*n]
		for i, v := range c.hu[z*n : (z+1)*n] {
			slice[i] = int(v)*coarse < airHU
		}
		clearOutside(slice, c.w, c.h)
	}
	ml := g.VoxelML() * float64(c.side*c.side)
	var kept [][]int
	for _, part := range c.parts(air) {
		if float64(len(part))*ml >= leastLung*lungShare && !c.gas(part, air) {
			kept = append(kept, part)
		}
	}
	slices.SortFunc(kept, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	if len(kept) == 0 || float64(len(kept[0]))*ml < leastLung {
		return nil
	}
	clear(air)
	for _, part := range kept {
		if float64(len(part)) < lungShare*float64(len(kept[0])) {
			break
		}
		for _, i := range part {
			air[i] = true
		}
	}
	return air
}

// parts are the 6-connected components of a mask.
func (c *cells) parts(mask []bool) (all [][]int) {
	seen := make([]bool, len(mask))
	for start := range mask {
		if !mask[start] || seen[start] {
			continue
		}
		seen[start] = true
		part := []int{start}
		for at := 0; at < len(part); at++ {
			for _, next := range c.neighbours(part[at]) {
				if next >= 0 && mask[next] && !seen[next] {
					seen[next] = true
					part = append(part, next)
				}
			}
		}
		all = append(all, part)
	}
	return all
}

// neighbours are the six cells that share a face with cell i; -1 for those outside.
func (c *cells) neighbours(i int) [6]int {
	n := c.h * c.w
	x, y, z := i%c.w, i%n/c.w, i/n
	all := [6]int{i - 1, i + 1, i - c.w, i + c.w, i - n, i + n}
	for k, inside := range [6]bool{x > 0, x < c.w-1, y > 0, y < c.h-1, z > 0, z < c.d-1} {
		if !inside {
			all[k] = -1
		}
	}
	return all
}

// gas says whether a part of the air is gas without lung around it: the median of the cells that
// have air on all sides in their slice.
func (c *cells) gas(part []int, air []bool) bool {
	var values []int8
	for _, i := range part {
		near := c.neighbours(i)
		if !slices.ContainsFunc(near[:4], func(k int) bool { return k < 0 || !air[k] }) {
			values = append(values, c.hu[i])
		}
	}
	if len(values) == 0 {
		return true
	}
	slices.Sort(values)
	return int(values[len(values)/2])*coarse < gasHU
}

// hull is, by row of cells, the convex hull of the lungs in slices first to last together with
// their mirror images, wider by reach cells on all sides; nil without lung.
func (c *cells) hull(lungs []bool, first, last, reach int) []span {
	var corners [][2]int
	for z := first; z <= last; z++ {
		for y := range c.h {
			row := lungs[(z*c.h+y)*c.w : (z*c.h+y+1)*c.w]
			left := slices.Index(row, true)
			if left < 0 {
				continue
			}
			right := len(row) - 1
			for !row[right] {
				right--
			}
			from, to := min(left, c.middle[z]-right)-reach, max(right, c.middle[z]-left)+reach
			corners = append(corners, [2]int{from, y - reach}, [2]int{to, y - reach},
				[2]int{from, y + reach}, [2]int{to, y + reach})
		}
	}
	if corners == nil {
		return nil
	}
	return c.within(convex(corners))
}

// within are the spans of cells inside a convex polygon.
func (c *cells) within(polygon [][2]int) []span {
	rows := make([]span, c.h)
	for y := range rows {
		low, high := math.Inf(1), math.Inf(-1)
		for i, a := range polygon {
			b := polygon[(i+1)%len(polygon)]
			if y < min(a[1], b[1]) || y > max(a[1], b[1]) {
				continue
			}
			for _, x := range crossing(a, b, y) {
				low, high = min(low, x), max(high, x)
			}
		}
		if low <= high {
			rows[y] = span{max(int(math.Ceil(low)), 0), min(int(high)+1, c.w)}
		}
	}
	return rows
}

// crossing are the columns at which the edge from a to b meets row y, which it reaches.
func crossing(a, b [2]int, y int) [2]float64 {
	if a[1] == b[1] {
		return [2]float64{float64(a[0]), float64(b[0])}
	}
	x := float64(a[0]) + float64(b[0]-a[0])*float64(y-a[1])/float64(b[1]-a[1])
	return [2]float64{x, x}
}

// convex is the convex hull of points (Andrew 1979).
func convex(points [][2]int) [][2]int {
	slices.SortFunc(points, func(a, b [2]int) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	points = slices.Compact(points)
	chain := func() [][2]int {
		var hull [][2]int
		for _, p := range points {
			for len(hull) > 1 && turn(hull[len(hull)-2], hull[len(hull)-1], p) <= 0 {
				hull = hull[:len(hull)-1]
			}
			hull = append(hull, p)
		}
		return hull[:len(hull)-1]
	}
	lower := chain()
	slices.Reverse(points)
	return append(lower, chain()...)
}

// turn is positive where the way from a over b to p bends to the left.
func turn(a, b, p [2]int) int {
	return (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])
}
