package viewer

import (
	"image"
	"image/color"
	"testing"
)

func TestSnapshot(t *testing.T) {
	g := axial(4, 4, 2, 1) // 8 mm high, 4 mm wide
	g.Affine[0][0] = -1
	hu := make([]int16, 16)
	for i := range hu {
		hu[i] = int16(i % 4 * 85)
	}
	img := Snapshot(g, hu, nil, identity, DefaultStyle(), 80)
	if img.Rect != image.Rect(0, 0, 40, 80) {
		t.Fatalf("size %v, want 40 × 80", img.Rect)
	}
	left, right := img.NRGBAAt(1, 40), img.NRGBAAt(38, 40)
	if left != (color.NRGBA{R: 255, G: 255, B: 255, A: 255}) || right != (color.NRGBA{A: 255}) {
		t.Errorf("columns that run to the right are not turned: %v … %v", left, right)
	}
}
