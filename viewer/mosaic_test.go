package viewer

import (
	"image/color"
	"testing"
)

func TestMosaic(t *testing.T) {
	black, white := make([]int16, 6), make([]int16, 6)
	for i := range black {
		black[i], white[i] = -2000, 2000
	}
	tiles := []Tile{{black, nil, 3}, {white, nil, 3}, {white, nil, 3}}
	m := Mosaic(tiles, 2, WindowLevel{Center: 0, Width: 100}, DefaultStyle())
	if m.Rect.Dx() != 2*3+mosaicGap || m.Rect.Dy() != 2*2+mosaicGap {
		t.Fatalf("the sheet is %v", m.Rect)
	}
	for _, c := range []struct {
		x, y int
		want uint8
	}{
		{1, 1, 0},
		{3 + mosaicGap, 0, 255},
		{9, 1, 255},
		{0, 2 + mosaicGap, 255},
		{4, 1, 0},
		{9, 7, 0},
	} {
		if got := m.RGBAAt(c.x, c.y); got != (color.RGBA{c.want, c.want, c.want, 255}) {
			t.Errorf("pixel %d, %d is %v, want %d", c.x, c.y, got, c.want)
		}
	}
	if empty := Mosaic(nil, 4, WindowLevel{}, DefaultStyle()); !empty.Rect.Empty() {
		t.Errorf("a mosaic of nothing is %v", empty.Rect)
	}
}
