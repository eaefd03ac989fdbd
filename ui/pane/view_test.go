package pane

import (
	"image"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

var plain = color.RGBA{R: 100, G: 100, B: 100, A: 255}

// shown is the colour in the middle of a voxel of a 10-units-a-voxel view.
func shown(w fyne.Window, x, y int) color.RGBA {
	return color.RGBAModel.Convert(w.Canvas().Capture().At(x*10+5, y*10+5)).(color.RGBA)
}

func TestViewShowsSliceAndOverlay(t *testing.T) {
	b, v, w := open(t, func(b *book) { b.labels.Slice(0)[20*40+10] = classes.Consolidation })
	want := b.style.Palette.Colors[classes.Consolidation] // one voxel is all outline
	want.R, want.G, want.B = mixed(want.R), mixed(want.G), mixed(want.B)
	if got := shown(w, 10, 20); got != want {
		t.Errorf("the labelled voxel is %v, want %v", got, want)
	}
	if got := shown(w, 11, 20); got != plain {
		t.Errorf("its neighbour is %v, want %v", got, plain)
	}
	visible := b.style.Visible
	b.style.Visible = [classes.Labels]bool{}
	v.Update()
	if got := shown(w, 10, 20); got != plain {
		t.Errorf("with overlays hidden the voxel is %v", got)
	}
	b.style.Visible = visible
	v.Update()
	if got := shown(w, 10, 20); got != want {
		t.Errorf("with overlays back the voxel is %v", got)
	}
	b.GoTo(1)
	if got := shown(w, 10, 20); got != plain {
		t.Errorf("the next slice's voxel is %v", got)
	}
	b.wl.Center -= 50
	v.Update()
	if got := shown(w, 10, 20); got.R != 150 {
		t.Errorf("in another window the voxel is %v", got)
	}
}

// mixed is a line at the default opacity of 0.4, drawn at twice that, over grey 100.
func mixed(tint uint8) uint8 { return uint8(100*0.2 + float64(tint)*0.8 + 0.5) }

func TestOnlyTheLastChangeIsDrawn(t *testing.T) {
	b, v, w := open(t, nil)
	w.Canvas().Capture()
	b.changed = func() { v.picture.all() }
	before := b.reads
	for z := range 4 {
		b.GoTo(z)
	}
	w.Canvas().Capture()
	w.Canvas().Capture()
	if drawn := b.reads - before; drawn != 1 {
		t.Errorf("four slices were drawn %d times for one frame", drawn)
	}
}

func TestChangesBetweenFramesAddUp(t *testing.T) {
	b, v, w := open(t, nil)
	w.Canvas().Capture()
	for _, at := range []image.Point{{X: 5, Y: 5}, {X: 30, Y: 30}} {
		b.labels.Labels[at.Y*40+at.X] = classes.GroundGlass
		v.picture.change(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
	}
	if shown(w, 5, 5) == plain || shown(w, 30, 30) == plain {
		t.Error("one of two changes is not shown")
	}
}

func TestSliceThatIsNotLoaded(t *testing.T) {
	b, v, w := open(t, func(b *book) { b.missing = true })
	if got := v.marks.waiting.text; got.Text != "Loading slice 1 …" || !got.Visible() {
		t.Errorf("the view says %q, visible %v", got.Text, got.Visible())
	}
	if got := shown(w, 3, 3); got == plain {
		t.Error("voxels that are not there are shown")
	}
	b.missing = false
	v.Update()
	if got := shown(w, 3, 3); got != plain || v.marks.waiting.text.Visible() {
		t.Errorf("after loading the voxel is %v, message visible %v", got,
			v.marks.waiting.text.Visible())
	}
}

func TestCaptions(t *testing.T) {
	b, v, _ := open(t, nil)
	tests := map[string]*caption{
		"R": v.marks.left, "L": v.marks.right, "A": v.marks.top, "P": v.marks.bottom,
		"CHEST": v.marks.series, "proposed by baseline": v.marks.proposer,
		"W 256 L 128   ×10.0   1.00 mm": v.marks.window, "slice 1": v.marks.slice,
		"5 mm": v.marks.scale,
	}
	for want, c := range tests {
		if c.text.Text != want || !c.text.Visible() || !c.plate.Visible() {
			t.Errorf("a caption says %q, want %q", c.text.Text, want)
		}
	}
	if length := v.marks.bars[0].line.Size().Width; length != 50 {
		t.Errorf("5 mm are %v units long, want 50", length)
	}
	b.GoTo(2)
	if got := v.marks.slice.text.Text; got != "slice 3" {
		t.Errorf("slice caption %q", got)
	}
	b.sizeless = true
	v.Update()
	if got := v.marks.window.text.Text; got != "W 256 L 128   ×10.0" ||
		v.marks.scale.text.Visible() || v.marks.bars[0].line.Visible() {
		t.Errorf("without trusted millimetres: %q, scale %v", got, v.marks.scale.text.Visible())
	}
	b.closed = true
	v.Update()
	for _, o := range v.layers.Objects {
		if o.Visible() {
			t.Errorf("%T is visible without a study", o)
		}
	}
}

func TestTipOutline(t *testing.T) {
	b, v, _ := open(t, func(b *book) { b.tip.DiameterMM = 8 })
	visible := func() bool { return v.marks.tip.Visible() && v.marks.tipShade.Visible() }
	if visible() {
		t.Error("a tip before the pointer is over the view")
	}
	move(v, 120, 90, 0)
	if !visible() || v.marks.tip.Size() != fyne.NewSquareSize(80) ||
		v.marks.tip.Position() != fyne.NewPos(80, 50) {
		t.Errorf("8 mm at 120,90: %v at %v, visible %v", v.marks.tip.Size(), v.marks.tip.Position(),
			visible())
	}
	if v.Cursor() != desktop.HiddenCursor {
		t.Error("the arrow covers the tip")
	}
	v.Zoom(2)
	if v.marks.tip.Size() != fyne.NewSquareSize(160) {
		t.Errorf("zoomed twice it is %v", v.marks.tip.Size())
	}
	if v.marks.tip.StrokeColor != color.Color(b.style.Palette.Colors[classes.GroundGlass]) {
		t.Errorf("its colour is %v", v.marks.tip.StrokeColor)
	}
	for _, leave := range []func(){
		func() { b.hand = lasso; v.Update() },
		func() { b.hand = look; v.Update() },
		func() { b.hand = brush; v.HoldPan(true) },
		func() { v.HoldPan(false); v.MouseOut() },
	} {
		if leave(); visible() {
			t.Error("the tip stays where it would not paint")
		}
	}
	if b.pointed != nil {
		t.Error("the pointer left, but a voxel is still read out")
	}
}

func TestZoomAndResize(t *testing.T) {
	b, v, w := open(t, nil)
	if v.picture.ScaleMode != canvas.ImageScalePixels {
		t.Error("large voxels are blurred")
	}
	wheel(v, 105, 105, 3, fyne.KeyModifierControl)
	if got := v.viewport.Zoom(); math.Abs(got-12) > 1e-6 {
		t.Errorf("one step of the wheel zooms to %v, want 12", got)
	}
	move(v, 105, 105, 0)
	if len(b.pointed) != 2 || b.pointed[0] != 10 || b.pointed[1] != 10 {
		t.Errorf("voxel %v is under the pointer after zooming, want 10,10", b.pointed)
	}
	v.Fit()
	w.Resize(fyne.NewSize(200, 100))
	if x, _, width, h := v.viewport.Picture(); x != 50 || width != 100 || h != 100 {
		t.Errorf("fitted into 200 × 100: at %v, %v × %v", x, width, h)
	}
	if v.picture.ScaleMode != canvas.ImageScaleFastest {
		t.Error("small voxels are not interpolated")
	}
}

func TestAnotherStudyIsFitted(t *testing.T) {
	b, v, w := open(t, nil)
	v.Zoom(3)
	press(v, 100, 100, desktop.MouseButtonPrimary, 0)
	g := volume.NewGeometry([3]int{2, 20, 40}, [3]float64{5, 2, 1}, volume.Point{})
	b.ct, b.labels, b.z = volume.New(g), volume.NewLabelMap(g), 0
	v.Update()
	if !v.viewport.Fitted() || v.hand.does != idle {
		t.Errorf("fitted %v, gesture %v", v.viewport.Fitted(), v.hand.does)
	}
	if got := shown(w, 39, 39); got != (color.RGBA{A: 255}) {
		t.Errorf("the new study's last voxel is %v, want black", got)
	}
}
