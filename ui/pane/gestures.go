package pane

import (
	"image"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"glasswork/viewer"
)

// hand is the gesture in progress.
type hand struct {
	does  gesture
	last  fyne.Position
	line  []viewer.Point // of the lasso, in voxel coordinates
	erase bool
}

type gesture uint8

const (
	idle gesture = iota
	painting
	enclosing
	panning
	windowing
)

const (
	zoomStep    = 1.2
	lassoStep   = 3 // view units between two corners of a lasso
	eraseHolder = fyne.KeyModifierShift
	tellEvery   = 50 * time.Millisecond // while painting
)

// MouseDown begins a gesture. The first dab is painted here, because Fyne begins a drag
// only after two units.
func (v *View) MouseDown(ev *desktop.MouseEvent) {
	received := time.Now()
	if !v.open || v.hand.does != idle {
		return
	}
	v.hand = hand{last: ev.Position, erase: ev.Modifier&eraseHolder != 0}
	does := v.reading.Hand().Gesture
	switch {
	case ev.Button == desktop.MouseButtonSecondary:
		v.hand.does = windowing
	case ev.Button == desktop.MouseButtonTertiary, v.pan, does == viewer.Pan:
		v.hand.does = panning
	case does == viewer.Enclose:
		v.hand.does = enclosing
		v.extendLasso(ev.Position)
	default:
		v.hand.does = painting
		x, y := v.voxel(ev.Position)
		v.paint(received, v.reading.Press(x, y, v.hand.erase))
	}
}

// MouseUp ends the gesture.
func (v *View) MouseUp(*desktop.MouseEvent) { v.finish() }

// DragEnd ends the gesture, if MouseUp has not.
func (v *View) DragEnd() { v.finish() }

// MouseIn begins to follow the pointer.
func (v *View) MouseIn(ev *desktop.MouseEvent) { v.MouseMoved(ev) }

// MouseMoved follows the pointer, and the window drag: Fyne does not report drags
// with the right button.
func (v *View) MouseMoved(ev *desktop.MouseEvent) {
	v.follow(ev.Position)
	if v.hand.does == windowing {
		if ev.Button&desktop.MouseButtonSecondary == 0 {
			v.finish()
			return
		}
		v.dragWindow(ev.Position)
	}
}

// MouseOut ends what only works over the picture; a stroke that goes on as a drag is not
// told of it by Fyne.
func (v *View) MouseOut() {
	v.over = false
	v.finish()
	v.placeTip()
	v.reading.Point(0, 0, false)
}

// Dragged goes on with the gesture.
func (v *View) Dragged(ev *fyne.DragEvent) {
	received := time.Now()
	switch v.hand.does {
	case painting:
		x, y := v.voxel(ev.Position)
		v.paint(received, v.reading.Drag(x, y))
	case enclosing:
		d := ev.Position.Subtract(v.hand.last)
		if math.Hypot(float64(d.X), float64(d.Y)) >= lassoStep {
			v.extendLasso(ev.Position)
		}
	case panning:
		d := ev.Position.Subtract(v.hand.last)
		v.hand.last = ev.Position
		v.viewport.PanBy(float64(d.X), float64(d.Y))
		v.place()
	case windowing:
		v.dragWindow(ev.Position)
	}
	v.follow(ev.Position)
}

// Scrolled turns the wheel's direction into one step; its speed depends on the system
// and is not used.
func (v *View) Scrolled(ev *fyne.ScrollEvent) {
	step := sign(ev.Scrolled.DY)
	if step == 0 {
		step = sign(ev.Scrolled.DX) // what some systems make of Shift+wheel
	}
	if !v.open || step == 0 {
		return
	}
	switch held := v.modifiers(); {
	case held&fyne.KeyModifierControl != 0 && held&fyne.KeyModifierShift != 0:
		tip, _, _ := v.reading.Brush()
		v.reading.SetTip(tip.Larger(step))
		v.placeTip()
	case held&fyne.KeyModifierControl != 0:
		factor := math.Pow(zoomStep, float64(step))
		v.viewport.ZoomAt(factor, float64(ev.Position.X), float64(ev.Position.Y))
		v.place()
	default:
		v.scroll(step)
	}
	v.follow(ev.Position)
}

// scroll goes towards the head (step > 0) or the feet. A stroke stays on its slice.
func (v *View) scroll(step int) {
	if v.hand.does == painting || v.hand.does == enclosing {
		return
	}
	if v.grid.Normal()[2] < 0 {
		step = -step
	}
	before := v.reading.Slice()
	v.reading.GoTo(before + step)
	if v.reading.Slice() != before {
		v.picture.meter.scrolled()
	}
}

func sign(d float32) int {
	switch {
	case d > 0:
		return 1
	case d < 0:
		return -1
	}
	return 0
}

// finish ends the gesture in progress, once.
func (v *View) finish() {
	done := v.hand
	v.hand = hand{}
	switch done.does {
	case painting:
		v.reading.Release()
		v.tell()
	case enclosing:
		v.marks.lasso(nil, nil)
		if len(done.line) > 2 {
			v.reading.Enclose(done.line, done.erase)
		}
	}
}

// follow keeps the tip's outline and the reading at the pointer. What is read out there
// costs its readers more time than a dab takes, so a stroke tells it only now and then.
func (v *View) follow(at fyne.Position) {
	v.pointer, v.over = at, true
	v.placeTip()
	if v.hand.does != painting || time.Since(v.told) >= tellEvery {
		v.tell()
	}
}

// tell reads out the voxel under the pointer.
func (v *View) tell() {
	if v.open {
		v.told = time.Now()
		v.reading.Point(v.viewport.Voxel(float64(v.pointer.X), float64(v.pointer.Y)))
	}
}

func (v *View) voxel(at fyne.Position) (x, y float64) {
	return v.viewport.ToVoxel(float64(at.X), float64(at.Y))
}

// paint draws what a pointer event changed without waiting for the painter: it is little.
func (v *View) paint(received time.Time, changed image.Rectangle) {
	if !changed.Empty() {
		v.picture.change(changed)
		v.picture.flush()
		v.picture.meter.painted(received)
	}
}

func (v *View) extendLasso(at fyne.Position) {
	x, y := v.voxel(at)
	v.hand.last = at
	v.hand.line = append(v.hand.line, viewer.Point{X: x, Y: y})
	v.marks.lasso(v.hand.line, &v.viewport)
}

func (v *View) dragWindow(at fyne.Position) {
	d, size := at.Subtract(v.hand.last), v.Size()
	v.hand.last = at
	v.reading.SetWindow(v.reading.Window().Drag(float64(d.X/size.Width), float64(d.Y/size.Height)))
}
