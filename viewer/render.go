package viewer

import (
	"encoding/binary"
	"image"
	"image/color"

	"glasswork/dataset/classes"
)

// Placements of a voxel within its class, by its four neighbours. Everything beyond the edge of the
// slice counts as background, so outlines are closed.
const (
	inside     = iota // all neighbours are of the same class
	atClass           // a neighbour is of another class, none is background
	atOutside         // a neighbour is background: the border of the whole lung
	placements        // the number of placements
)

// Mirror says along which axes a slice is flipped when it is drawn.
type Mirror struct{ X, Y bool }

// Renderer draws slices. It keeps the tables of the last window and style, so drawing the next
// slice allocates nothing. The zero value is ready. Two goroutines must not use a Renderer at the
// same time.
type Renderer struct {
	// Mirror flips the picture; see MirrorFor.
	Mirror Mirror

	wl      WindowLevel
	style   Style
	ready   bool
	grey    [1 << 16]uint8                          // by the HU's bits
	pixels  [classes.Labels][placements][256]uint32 // RGBA by class, placement and grey
	beyond  []uint8                                 // a row of background above and below the slice
	nothing bool                                    // the style draws nothing
}

// Render draws a whole slice into dst, whose bounds are the size of the slice. hu and labels are
// [y,x]. labels may be nil. A slice of another size than dst is not drawn.
func (r *Renderer) Render(dst *image.RGBA, hu []int16, labels []uint8, wl WindowLevel, st Style) {
	r.RenderRect(dst, hu, labels, wl, st, image.Rectangle{Max: dst.Rect.Size()})
}

// RenderRect redraws after the labels in rect (voxels) have changed: rect and the voxels around
// it, whose outlines depend on it. It returns the pixels of dst that were drawn.
func (r *Renderer) RenderRect(
	dst *image.RGBA, hu []int16, labels []uint8, wl WindowLevel, st Style, rect image.Rectangle,
) image.Rectangle {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	rect = rect.Inset(-1).Intersect(image.Rect(0, 0, w, h))
	if len(hu) != w*h || (labels != nil && len(labels) != w*h) || rect.Empty() {
		return image.Rectangle{}
	}
	r.prepare(wl, st, w)
	out := r.mirrored(rect, w, h)
	for y := rect.Min.Y; y < rect.Max.Y; y++ {
		at := (out.Min.Y+y-rect.Min.Y)*dst.Stride + out.Min.X*4
		if r.Mirror.Y {
			at = (out.Max.Y-1-y+rect.Min.Y)*dst.Stride + out.Min.X*4
		}
		row := dst.Pix[at : at+rect.Dx()*4]
		if labels == nil || r.nothing {
			r.plain(row, hu[y*w+rect.Min.X:y*w+rect.Max.X], &r.pixels[classes.Background][inside])
		} else {
			r.overlaid(row, hu, labels, y, w, rect.Min.X, rect.Max.X)
		}
		if r.Mirror.X {
			reverse(row)
		}
	}
	return out.Add(dst.Rect.Min)
}

// mirrored returns where rect of a w × h slice lies in the picture.
func (r *Renderer) mirrored(rect image.Rectangle, w, h int) image.Rectangle {
	if r.Mirror.X {
		rect.Min.X, rect.Max.X = w-rect.Max.X, w-rect.Min.X
	}
	if r.Mirror.Y {
		rect.Min.Y, rect.Max.Y = h-rect.Max.Y, h-rect.Min.Y
	}
	return rect
}

// plain draws a run of voxels that share one table.
func (r *Renderer) plain(row []byte, hu []int16, table *[256]uint32) {
	row = row[:len(hu)*4]
	for i, v := range hu {
		binary.LittleEndian.PutUint32(row[i*4:], table[r.grey[uint16(v)]])
	}
}

// overlaid draws the voxels x0 to x1 of row y. Most voxels equal all their neighbours, so it
// tests eight of them at a time.
func (r *Renderer) overlaid(row []byte, hu []int16, labels []uint8, y, w, x0, x1 int) {
	line, up, down := labels[y*w:(y+1)*w], r.beyond[:w], r.beyond[:w]
	if y > 0 {
		up = labels[(y-1)*w : y*w]
	}
	if (y+2)*w <= len(labels) {
		down = labels[(y+1)*w : (y+2)*w]
	}
	hu = hu[y*w : (y+1)*w]
	word := binary.LittleEndian.Uint64
	for x := x0; x < x1; {
		if n := 8; x > 0 && x+n < w && x+n <= x1 {
			c := word(line[x:])
			if (c^word(line[x-1:]))|(c^word(line[x+1:]))|(c^word(up[x:]))|(c^word(down[x:])) == 0 {
				r.plain(row[(x-x0)*4:], hu[x:x+n], &r.pixels[class(line[x])][inside])
				x += n
				continue
			}
		}
		for end := min(x+8, x1); x < end; x++ {
			table := &r.pixels[class(line[x])][placement(line, up, down, x)]
			binary.LittleEndian.PutUint32(row[(x-x0)*4:], table[r.grey[uint16(hu[x])]])
		}
	}
}

// class maps a label that is not a class to background.
func class(c uint8) uint8 {
	if c >= classes.Labels {
		return classes.Background
	}
	return c
}

func placement(line, up, down []uint8, x int) int {
	left, right := classes.Background, classes.Background
	if x > 0 {
		left = line[x-1]
	}
	if x+1 < len(line) {
		right = line[x+1]
	}
	c, u, d := line[x], up[x], down[x]
	switch {
	case c == left && c == right && c == u && c == d:
		return inside
	case left == classes.Background || right == classes.Background || u == classes.Background ||
		d == classes.Background:
		return atOutside
	}
	return atClass
}

// prepare brings the tables up to date with the window and the style.
func (r *Renderer) prepare(wl WindowLevel, st Style, w int) {
	if !r.ready || wl != r.wl {
		r.wl = wl
		wl.fill(&r.grey)
	}
	if !r.ready || st != r.style {
		r.style, r.nothing = st, st.empty()
		for c := range r.pixels {
			for p := range r.pixels[c] {
				st.table(&r.pixels[c][p], uint8(c), p)
			}
		}
	}
	if len(r.beyond) < w {
		r.beyond = make([]uint8, w)
	}
	r.ready = true
}

// table fills the pixels of class c at a placement. Outlines of lesions are drawn over those of
// the lung, because lesions are what is judged.
func (s Style) table(t *[256]uint32, c uint8, place int) {
	lesion := classes.IsLesion(c)
	filled, lined := s.Mode != Outline, s.Mode != Fill
	tint, opacity := color.RGBA{}, 0.0
	switch {
	case lesion && s.Visible[c] && lined && place != inside:
		tint, opacity = s.Palette.Colors[c], min(1, 2*s.Opacity)
	case c != classes.Background && place == atOutside && s.Visible[classes.LungsOther]:
		tint, opacity = s.Palette.Colors[classes.LungsOther], min(1, 2*s.Opacity)
	case lesion && s.Visible[c] && filled:
		tint, opacity = s.Palette.Colors[c], min(1, s.Opacity)
	}
	for g := range t {
		t[g] = mix(g, tint.R, opacity) | mix(g, tint.G, opacity)<<8 | mix(g, tint.B,
			opacity)<<16 | 255<<24
	}
}

func mix(grey int, tint uint8, opacity float64) uint32 {
	return uint32(float64(grey)*(1-opacity) + float64(tint)*opacity + 0.5)
}

func reverse(row []byte) {
	for i, j := 0, len(row)-4; i < j; i, j = i+4, j-4 {
		a, b := binary.LittleEndian.Uint32(row[i:]), binary.LittleEndian.Uint32(row[j:])
		binary.LittleEndian.PutUint32(row[i:], b)
		binary.LittleEndian.PutUint32(row[j:], a)
	}
}
