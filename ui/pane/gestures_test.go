package pane

import (
	"math"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

const left, right, middle = desktop.MouseButtonPrimary, desktop.MouseButtonSecondary,
	desktop.MouseButtonTertiary

func painted(b *book) (n int) {
	for _, c := range b.labels.Slice(b.z) {
		if c == classes.GroundGlass {
			n++
		}
	}
	return n
}

func TestPainting(t *testing.T) {
	b, v, w := open(t, nil)
	press(v, 105, 205, left, 0)
	if painted(b) != 9 {
		t.Errorf("pressing paints %d voxels, want 9 under a tip of 3 mm", painted(b))
	}
	if got := shown(w, 10, 20); got == plain {
		t.Error("the first dab is not shown before the pointer moves")
	}
	drag(v, 305, 205)
	if want := 9 + 20*3; painted(b) != want {
		t.Errorf("dragging by 20 voxels paints %d, want %d", painted(b), want)
	}
	if shown(w, 20, 20) == plain || shown(w, 31, 20) == plain || shown(w, 32, 20) != plain {
		t.Error("the frame does not show the stroke")
	}
	wheel(v, 305, 205, 1, 0)
	if b.z != 0 {
		t.Error("the wheel took the stroke to another slice")
	}
	release(v)
	if b.released != 1 || len(b.patches) != 1 {
		t.Errorf("the stroke ended %d times, as %d patches", b.released, len(b.patches))
	}
}

func TestReadoutFollowsAStrokeNowAndThen(t *testing.T) {
	b, v, _ := open(t, nil)
	at := func(want ...int) {
		t.Helper()
		if !slices.Equal(b.pointed, want) {
			t.Errorf("the voxel read out is %v, want %v", b.pointed, want)
		}
	}
	move(v, 105, 205, 0)
	press(v, 105, 205, left, 0)
	v.told = time.Now()
	drag(v, 205, 205)
	at(10, 20)
	v.told = time.Now().Add(-tellEvery)
	drag(v, 255, 205)
	at(25, 20)
	v.told = time.Now()
	drag(v, 305, 205)
	v.MouseUp(&desktop.MouseEvent{Button: left})
	at(30, 20)
}

func TestAClickIsAStroke(t *testing.T) {
	b, v, _ := open(t, nil)
	press(v, 105, 205, left, 0)
	v.MouseUp(&desktop.MouseEvent{Button: left})
	if b.released != 1 || len(b.patches) != 1 {
		t.Errorf("the click ended %d times, as %d patches", b.released, len(b.patches))
	}
}

func TestStrokeLeftWithoutADrag(t *testing.T) {
	b, v, _ := open(t, nil)
	press(v, 399, 205, left, 0)
	v.MouseOut()
	drag(v, 200, 200)
	if b.released != 1 || len(b.patches) != 1 {
		t.Errorf("the stroke ended %d times, as %d patches", b.released, len(b.patches))
	}
}

func TestShiftErases(t *testing.T) {
	b, v, _ := open(t, func(b *book) {
		for i := range b.labels.Slice(0) {
			b.labels.Labels[i] = classes.GroundGlass
		}
	})
	press(v, 105, 205, left, fyne.KeyModifierShift)
	release(v)
	if got := painted(b); got != 1600-9 {
		t.Errorf("%d voxels are left of 1600, want 1591", got)
	}
}

func TestASecondButtonDoesNotInterrupt(t *testing.T) {
	b, v, _ := open(t, nil)
	wl := b.wl
	press(v, 105, 205, left, 0)
	press(v, 105, 205, right, 0)
	drag(v, 205, 205)
	if painted(b) != 9+10*3 || b.wl != wl || b.released != 0 {
		t.Errorf("%d voxels painted, window %v, ended %d times", painted(b), b.wl, b.released)
	}
}

func TestWindowDrag(t *testing.T) {
	b, v, _ := open(t, func(b *book) { b.wl = viewer.WindowLevel{Center: -600, Width: 1500} })
	press(v, 100, 100, right, 0)
	move(v, 140, 100, right)
	if b.wl != (viewer.WindowLevel{Center: -600, Width: 1800}) {
		t.Errorf("a tenth of the view to the right gives %v", b.wl)
	}
	move(v, 140, 90, right)
	if b.wl.Center != -690 {
		t.Errorf("up gives %v, want a lower centre", b.wl)
	}
	before := b.wl
	v.MouseOut()
	move(v, 300, 300, right)
	if b.wl != before {
		t.Error("the drag goes on after the pointer left")
	}
	press(v, 100, 100, right, 0)
	move(v, 110, 100, 0)
	move(v, 120, 100, right)
	if b.wl != before || painted(b) != 0 {
		t.Errorf("a button that is up moves the window to %v", b.wl)
	}
}

func TestWheel(t *testing.T) {
	b, v, _ := open(t, nil)
	steps := []struct {
		dy   float32
		want int
	}{{1, 1}, {250, 2}, {0.01, 3}, {9, 3}, {-400, 2}, {0, 2}}
	for _, s := range steps {
		if wheel(v, 50, 50, s.dy, 0); b.z != s.want {
			t.Fatalf("wheel by %v goes to slice %d, want %d", s.dy, b.z, s.want)
		}
	}
	b.ct.Affine[2][2] *= -1 // slices run to the feet
	v.Update()
	if wheel(v, 50, 50, 1, 0); b.z != 1 {
		t.Errorf("up leads to slice %d, want towards the head", b.z)
	}
}

func TestWheelSizesTheTip(t *testing.T) {
	b, v, _ := open(t, nil)
	move(v, 50, 50, 0)
	wheel(v, 50, 50, 5, fyne.KeyModifierControl|fyne.KeyModifierShift)
	if b.tip.DiameterMM != 3.5 || b.z != 0 || v.marks.tip.Size().Width != 35 {
		t.Errorf("tip %v mm, %v units, slice %d", b.tip.DiameterMM, v.marks.tip.Size().Width, b.z)
	}
}

func TestPanning(t *testing.T) {
	tests := []struct {
		name   string
		button desktop.MouseButton
		set    func(*book, *View)
	}{
		{"middle button", middle, func(*book, *View) {}},
		{"pan key", left, func(_ *book, v *View) { v.HoldPan(true) }},
		{"no tool", left, func(b *book, _ *View) { b.hand = look }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, v, _ := open(t, nil)
			tt.set(b, v)
			press(v, 200, 200, tt.button, 0)
			drag(v, 230, 190)
			drag(v, 240, 185)
			release(v)
			drag(v, 0, 0)
			if p := v.picture.Position(); p != fyne.NewPos(40, -15) {
				t.Errorf("the picture is at %v, want 40,-15", p)
			}
			if painted(b) != 0 || b.released != 0 {
				t.Error("panning painted")
			}
		})
	}
}

func TestLasso(t *testing.T) {
	b, v, _ := open(t, func(b *book) { b.hand = lasso })
	press(v, 105, 105, left, fyne.KeyModifierShift)
	for _, p := range [][2]float32{{106, 105}, {205, 105}, {205, 205}, {105, 205}} {
		drag(v, p[0], p[1])
	}
	if n := len(v.marks.line.Objects); n != 4 || !v.marks.line.Visible() {
		t.Errorf("the line has %d pieces, want 4: movements of a unit are left out", n)
	}
	release(v)
	if len(b.lines) != 1 || len(b.lines[0]) != 4 || !b.erased {
		t.Fatalf("lines %v, erasing %v", b.lines, b.erased)
	}
	for i, want := range []viewer.Point{
		{X: 10, Y: 10},
		{X: 20, Y: 10},
		{X: 20, Y: 20},
		{X: 10, Y: 20},
	} {
		if got := b.lines[0][i]; math.Abs(got.X-want.X)+math.Abs(got.Y-want.Y) > 1e-6 {
			t.Errorf("corner %d is %v, want %v", i, got, want)
		}
	}
	if v.marks.line.Visible() {
		t.Error("the line stays")
	}
}

func TestLassoGivenUp(t *testing.T) {
	b, v, _ := open(t, func(b *book) { b.hand = lasso })
	press(v, 105, 105, left, 0)
	drag(v, 205, 105)
	release(v)
	if len(b.lines) != 0 {
		t.Error("two points enclose something")
	}
	press(v, 105, 105, left, 0)
	drag(v, 205, 105)
	drag(v, 205, 205)
	if !v.Cancel() || v.Cancel() {
		t.Error("Cancel does not say whether there was a lasso")
	}
	release(v)
	if len(b.lines) != 0 {
		t.Error("a lasso that was given up encloses something")
	}
}

func TestNoStudyNoGestures(t *testing.T) {
	b, v, _ := open(t, func(b *book) { b.closed = true })
	press(v, 100, 100, left, 0)
	drag(v, 200, 200)
	move(v, 200, 200, right)
	wheel(v, 100, 100, 1, 0)
	wheel(v, 100, 100, 1, fyne.KeyModifierControl)
	release(v)
	if b.released != 0 || b.z != 0 || b.pointed != nil {
		t.Errorf("released %d, slice %d, pointed %v", b.released, b.z, b.pointed)
	}
}

// BenchmarkPaint is one pointer event on a 512 × 512 slice, from the event to the pixels
// the painter gets.
func BenchmarkPaint(b *testing.B) {
	g := volume.NewGeometry([3]int{1, 512, 512}, [3]float64{5, 0.7, 0.7}, volume.Point{})
	k := &book{
		ct: volume.New(g), labels: volume.NewLabelMap(g), hand: brush,
		tip: viewer.Tip{DiameterMM: 12},
		wl:  viewer.Presets()[0].WindowLevel, style: viewer.DefaultStyle(),
	}
	p := newPicture(k)
	p.show(g)
	k.Press(0, 0, false)
	x := 0.0
	for b.Loop() {
		x += 7
		k.stroke.Class = uint8(int(x) / 512 % 3)
		p.dirty = p.dirty.Union(k.Drag(math.Mod(x, 512), 256))
		p.frame(512, 512)
	}
}
