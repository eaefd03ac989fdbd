package volume

// FromEdge marks the pixels of a slice of h rows and w columns that can be reached from
// its edge over open pixels, 4-connected. open is asked by index, y*w+x.
func FromEdge(w, h int, open func(i int) bool) []bool {
	seen, stack := make([]bool, w*h), make([]int, 0, 2*(w+h))
	visit := func(x, y int) {
		if x < 0 || y < 0 || x >= w || y >= h {
			return
		}
		if i := y*w + x; !seen[i] && open(i) {
			seen[i] = true
			stack = append(stack, i)
		}
	}
	for x := range w {
		visit(x, 0)
		visit(x, h-1)
	}
	for y := range h {
		visit(0, y)
		visit(w-1, y)
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		x, y := i%w, i/w
		visit(x-1, y)
		visit(x+1, y)
		visit(x, y-1)
		visit(x, y+1)
	}
	return seen
}
