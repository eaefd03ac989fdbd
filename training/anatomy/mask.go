package anatomy

// Sections are the 4-connected regions of a slice's mask, as lists of pixels.
func Sections(mask []bool, w, h int) [][]int {
	seen := make([]bool, len(mask))
	var all [][]int
	for start := range mask {
		if !mask[start] || seen[start] {
			continue
		}
		seen[start] = true
		part := []int{start}
		for at := 0; at < len(part); at++ {
			i := part[at]
			x, y := i%w, i/w
			for _, next := range [4]struct {
				at int
				ok bool
			}{{i - 1, x > 0}, {i + 1, x < w-1}, {i - w, y > 0}, {i + w, y < h-1}} {
				if next.ok && mask[next.at] && !seen[next.at] {
					seen[next.at] = true
					part = append(part, next.at)
				}
			}
		}
		all = append(all, part)
	}
	return all
}

// Open is the morphological opening of a mask [h,w] by a square of 2·radius+1 pixels a side: it
// removes what the square does not fit into.
func Open(mask []bool, w, h, radius int) []bool {
	return spread(spread(mask, w, h, radius, false), w, h, radius, true)
}

// Close is the morphological closing by the same square: it fills gaps that are too small for
// the square.
func Close(mask []bool, w, h, radius int) []bool {
	return spread(spread(mask, w, h, radius, true), w, h, radius, false)
}

// spread grows the pixels of the given value by radius, first along rows, then along columns.
func spread(mask []bool, w, h, radius int, value bool) []bool {
	rows, out := make([]bool, len(mask)), make([]bool, len(mask))
	for i := range mask {
		rows[i], out[i] = !value, !value
	}
	for i, m := range mask {
		if m == value {
			x, y := i%w, i/w
			for k := max(x-radius, 0); k <= min(x+radius, w-1); k++ {
				rows[y*w+k] = value
			}
		}
	}
	for i, m := range rows {
		if m == value {
			x, y := i%w, i/w
			for k := max(y-radius, 0); k <= min(y+radius, h-1); k++ {
				out[k*w+x] = value
			}
		}
	}
	return out
}
