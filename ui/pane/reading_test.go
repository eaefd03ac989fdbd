package pane

import (
	"image"
	"image/color"
	"strconv"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// What the pointer does with the tools that are tried here.
var (
	look  = viewer.Hand{Gesture: viewer.Pan, Cursor: viewer.Arrow}
	brush = viewer.Hand{Gesture: viewer.Draw, Cursor: viewer.TipOutline}
	lasso = viewer.Hand{Gesture: viewer.Enclose, Cursor: viewer.Cross}
)

// testLook is for a dark room.
func testLook() Look {
	return Look{
		Ground:  color.NRGBA{A: 255},
		Text:    color.NRGBA{R: 200, G: 205, B: 210, A: 255},
		Quiet:   color.NRGBA{R: 90, G: 96, B: 104, A: 255},
		Current: color.NRGBA{R: 255, G: 196, B: 61, A: 255},
		Size:    13,
	}
}

// book is a study in memory that can be read and painted on, and notes what is asked of it.
type book struct {
	ct       *volume.Volume
	labels   *volume.LabelMap
	closed   bool
	missing  bool // slices are not loaded
	sizeless bool // millimetres cannot be trusted
	z        int
	wl       viewer.WindowLevel
	style    viewer.Style
	hand     viewer.Hand
	tip      viewer.Tip
	stroke   *viewer.Stroke
	patches  []volume.Patch
	released int
	lines    [][]viewer.Point
	erased   bool
	pointed  []int // x, y, or nil beside the slice
	reads    int
	changed  func()
}

func (b *book) Grid() (volume.Geometry, bool) { return b.ct.Geometry, !b.closed }
func (b *book) Slice() int                    { return b.z }
func (b *book) GoTo(z int)                    { b.z = min(max(z, 0), b.ct.Size[0]-1); b.changed() }

func (b *book) Voxels(z int) (hu []int16, labels []uint8) {
	b.reads++
	if b.missing {
		return nil, nil
	}
	return b.ct.Slice(z), b.labels.Slice(z)
}
func (b *book) Window() viewer.WindowLevel      { return b.wl }
func (b *book) SetWindow(wl viewer.WindowLevel) { b.wl = wl; b.changed() }
func (b *book) Style() viewer.Style             { return b.style }
func (b *book) Hand() viewer.Hand               { return b.hand }
func (b *book) Brush() (viewer.Tip, classes.Class, bool) {
	return b.tip, classes.GroundGlass, false
}
func (b *book) SetTip(t viewer.Tip)                 { b.tip = t }
func (b *book) Captions() (series, proposer string) { return "CHEST", "proposed by baseline" }
func (b *book) Enclose(line []viewer.Point, erase bool) {
	b.lines, b.erased = append(b.lines, line), erase
}
func (b *book) Drag(x, y float64) image.Rectangle { return b.stroke.To(x, y) }

func (b *book) PositionText() string { return "slice " + strconv.Itoa(b.z+1) }
func (b *book) Measurable() bool     { return !b.sizeless }

func (b *book) Press(x, y float64, erase bool) image.Rectangle {
	b.stroke = viewer.NewStroke(b.labels, nil, b.z,
		viewer.StrokeOptions{Class: classes.GroundGlass, Tip: b.tip, Erase: erase})
	return b.stroke.To(x, y)
}

func (b *book) Release() {
	b.released++
	if p, ok := b.stroke.End(); ok {
		b.patches = append(b.patches, p)
	}
}

func (b *book) Point(x, y int, ok bool) {
	if b.pointed = nil; ok {
		b.pointed = []int{x, y}
	}
}

// open shows a study of 4 slices of 40 × 40 voxels of 1 mm, 100 HU, in a view of 400 × 400:
// ten units a voxel.
func open(t *testing.T, change func(*book)) (*book, *View, fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	g := volume.NewGeometry([3]int{4, 40, 40}, [3]float64{5, 1, 1}, volume.Point{-20, -20, 100})
	b := &book{
		ct: volume.New(g), labels: volume.NewLabelMap(g), hand: brush,
		tip: viewer.Tip{DiameterMM: 3},
		wl:  viewer.WindowLevel{Center: 128, Width: 256}, style: viewer.DefaultStyle(),
	}
	for i := range b.ct.HU {
		b.ct.HU[i] = 100
	}
	if change != nil {
		change(b)
	}
	v := NewView(b, testLook())
	b.changed = v.Update
	v.modifiers = func() fyne.KeyModifier { return 0 }
	w := test.NewTempWindow(t, v)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 400))
	v.Update()
	return b, v, w
}

func press(v *View, x, y float32, button desktop.MouseButton, held fyne.KeyModifier) {
	ev := &desktop.MouseEvent{Button: button, Modifier: held}
	ev.Position = fyne.NewPos(x, y)
	v.MouseDown(ev)
}

func drag(v *View, x, y float32) {
	ev := &fyne.DragEvent{}
	ev.Position = fyne.NewPos(x, y)
	v.Dragged(ev)
}

func move(v *View, x, y float32, button desktop.MouseButton) {
	ev := &desktop.MouseEvent{Button: button}
	ev.Position = fyne.NewPos(x, y)
	v.MouseMoved(ev)
}

// release does what Fyne does at the end of a drag.
func release(v *View) {
	v.MouseUp(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	v.DragEnd()
	v.MouseOut()
}

func wheel(v *View, x, y, dy float32, held fyne.KeyModifier) {
	v.modifiers = func() fyne.KeyModifier { return held }
	ev := &fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, dy)}
	ev.Position = fyne.NewPos(x, y)
	v.Scrolled(ev)
}
