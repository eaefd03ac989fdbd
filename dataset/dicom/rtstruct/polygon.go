package rtstruct

import "math"

// vertex is a corner of a contour in index coordinates of one slice: x along columns, y along rows,
// with voxel centres at whole numbers.
type vertex struct{ x, y float64 }

// fill sets every pixel of mask ([y,x], width pixels per row, all 0 before) whose centre lies
// inside an odd number of the closed polygons. A centre on the left or upper edge is inside. A
// centre on the right or lower edge is not, so neighbouring polygons share no pixel. A channel that
// is passed in both directions (keyhole) covers nothing.
func fill(mask []uint8, width int, polygons [][]vertex) {
	for _, polygon := range polygons {
		for i, a := range polygon {
			cross(mask, width, a, polygon[(i+1)%len(polygon)])
		}
	}
	for row := mask; len(row) >= width; row = row[width:] {
		inside := uint8(0)
		for x := range width {
			inside ^= row[x]
			row[x] = inside
		}
	}
}

// cross looks at each row whose centre line the edge from a to b crosses. It flips the first pixel
// to the right of the crossing. An edge includes its upper end and not its lower one.
func cross(mask []uint8, width int, a, b vertex) {
	if a.y > b.y {
		a, b = b, a
	}
	height := len(mask) / width
	slope := (b.x - a.x) / (b.y - a.y)
	for y := firstAt(a.y, height); y < firstAt(b.y, height); y++ {
		if x := firstAt(a.x+(float64(y)-a.y)*slope, width); x < width {
			mask[y*width+x] ^= 1
		}
	}
}

// firstAt returns the first whole number that is at least v, limited to 0…n.
func firstAt(v float64, n int) int {
	return int(math.Ceil(min(max(v, 0), float64(n))))
}
