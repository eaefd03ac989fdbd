package pane

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// View shows one slice of the study with its overlays, orientation, scale and captions,
// and turns the pointer's gestures into scrolling, windowing, zooming and painting.
//
// Wheel: slices. Ctrl+wheel: zoom at the pointer. Ctrl+Shift+wheel: size of the tip. Right
// drag: window. Middle drag, or left drag with HoldPan: pan. Left: the tool; with Shift it erases.
type View struct {
	widget.BaseWidget
	reading  Reading
	look     Look
	viewport viewer.Viewport
	grid     volume.Geometry
	open     bool

	picture *picture
	marks   *marks
	layers  *fyne.Container

	hand      hand
	pan       bool          // the pan key is held
	pointer   fyne.Position // last known, while over
	over      bool
	told      time.Time // when the reading was last told what is under the pointer
	modifiers func() fyne.KeyModifier
}

var (
	_ desktop.Mouseable  = (*View)(nil)
	_ desktop.Hoverable  = (*View)(nil)
	_ desktop.Cursorable = (*View)(nil)
	_ fyne.Draggable     = (*View)(nil)
	_ fyne.Scrollable    = (*View)(nil)
)

// NewView returns a view of a reading. Call Update when the reading changes.
func NewView(r Reading, look Look) *View {
	v := &View{reading: r, look: look, modifiers: heldModifiers}
	v.picture = newPicture(r)
	v.marks = newMarks(look)
	v.layers = container.NewWithoutLayout(append([]fyne.CanvasObject{v.picture.Raster},
		v.marks.objects()...)...)
	v.picture.Hide()
	v.ExtendBaseWidget(v)
	return v
}

// heldModifiers asks the driver, because wheel events do not say.
func heldModifiers() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// Measure lets m measure this view from now on; nil ends it.
func (v *View) Measure(m *Meter) { v.picture.meter = m }

// Update shows the reading's present state: study, slice, window, style, labels, tool.
func (v *View) Update() {
	g, open := v.reading.Grid()
	if !open {
		v.open = false
		v.hand = hand{}
		v.picture.Hide()
		v.marks.hide()
		return
	}
	if !v.open || !g.SameGrid(v.grid) {
		v.grid, v.open, v.hand = g, true, hand{}
		v.picture.show(g)
		v.viewport.Show(g)
	}
	v.picture.Show()
	v.picture.all()
	v.place()
}

// HoldPan makes the left button pan while on.
func (v *View) HoldPan(on bool) { v.pan = on; v.placeTip() }

// Fit shows the whole slice.
func (v *View) Fit() { v.viewport.Fit(); v.place() }

// Zoom enlarges by factor, at the pointer if it is over the picture.
func (v *View) Zoom(factor float64) {
	at := v.pointer
	if !v.over {
		at = fyne.NewPos(v.Size().Width/2, v.Size().Height/2)
	}
	v.viewport.ZoomAt(factor, float64(at.X), float64(at.Y))
	v.place()
}

// Cancel gives up a lasso that is being drawn. It reports whether there was one.
func (v *View) Cancel() bool {
	if v.hand.does != enclosing {
		return false
	}
	v.hand = hand{}
	v.marks.lasso(nil, nil)
	return true
}

// place brings everything on the view to where the viewport says.
func (v *View) place() {
	if !v.open {
		return
	}
	x, y, w, h := v.viewport.Picture()
	mode := canvas.ImageScaleFastest
	if v.viewport.Zoom() >= pixelsFrom {
		mode = canvas.ImageScalePixels
	}
	if v.picture.ScaleMode != mode {
		v.picture.ScaleMode = mode
		v.picture.Refresh()
	}
	v.picture.Move(fyne.NewPos(float32(x), float32(y)))
	v.picture.Resize(fyne.NewSize(float32(w), float32(h)))
	v.marks.place(v)
	v.placeTip()
}

// cursors are Fyne's for ours.
var cursors = map[viewer.Cursor]desktop.Cursor{
	viewer.Arrow: desktop.DefaultCursor, viewer.Cross: desktop.CrosshairCursor,
	viewer.TipOutline: desktop.HiddenCursor,
}

// Cursor hides the pointer where the tip's outline takes its place.
func (v *View) Cursor() desktop.Cursor {
	if !v.open || v.pan {
		return desktop.DefaultCursor
	}
	return cursors[v.reading.Hand().Cursor]
}

// MinSize leaves the room to others.
func (v *View) MinSize() fyne.Size { return fyne.NewSize(160, 160) }

// Resize fits or keeps the picture.
func (v *View) Resize(s fyne.Size) {
	if s == v.Size() {
		return
	}
	v.BaseWidget.Resize(s)
	v.viewport.Resize(float64(s.Width), float64(s.Height))
	v.place()
}

// CreateRenderer is called by Fyne. Beside the picture the window's ground is seen:
// painting another would cost as much as the picture.
func (v *View) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewClip(v.layers))
}
