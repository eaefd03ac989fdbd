package anatomy

import (
	"image"
	"testing"

	"glasswork/training/internal/fake"
)

func TestFindBody(t *testing.T) {
	shape := image.Rect(100, 60, 420, 300)
	hu := fake.BodySlice(512, 512, shape)
	for x := range 512 { // a table's shell under the body
		for y := 299; y < 305; y++ {
			hu[y*512+x] = 200
		}
	}
	for y := 150; y < 200; y++ { // lung, to the chest wall
		for x := 120; x < 200; x++ {
			hu[y*512+x] = -850
		}
	}
	b := FindBody(hu, 512, 512)
	if !shape.Inset(6).In(b.Box) || !b.Box.In(shape.Inset(-3*bodyBlock)) {
		t.Errorf("the body's box is %v, want a tight one around %v", b.Box, shape)
	}
	for _, c := range []struct {
		x, y int
		want bool
	}{
		{260, 180, true},
		{150, 175, true},
		{20, 302, false},
		{500, 180, false},
		{3, 3, false},
		{511, 511, false},
	} {
		if got := b.Contains(c.x, c.y); got != c.want {
			t.Errorf("pixel %d, %d in the body: %v", c.x, c.y, got)
		}
	}
}

// Where the picture cuts the body, lung at the border still belongs to it.
func TestABodyCutByThePicture(t *testing.T) {
	hu := make([]int16, 128*128)
	for i := range hu {
		if x := i % 128; x < 40 || x > 110 {
			hu[i] = -850
		}
	}
	b := FindBody(hu, 128, 128)
	if b.Contains(2, 60) || !b.Contains(60, 2) || !b.Contains(60, 127) {
		t.Error("a body cut above and below, with air at its sides")
	}
	for i := range hu {
		if y := i / 128; y < 20 {
			hu[i] = 40
		}
	}
	if b := FindBody(hu, 128, 128); !b.Contains(2, 60) || !b.Contains(125, 60) {
		t.Error("lung cut by the picture's border is not in the body")
	}
}
