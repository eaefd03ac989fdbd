package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// patience is how long something may take before the window says that it is happening.
const patience = 200 * time.Millisecond

// empty is the middle of the window while no study is open, and what says that one is being
// opened.
type empty struct {
	w       *Window
	object  *fyne.Container
	invite  fyne.CanvasObject
	opening fyne.CanvasObject
	what    *label
	bar     *widget.ProgressBarInfinite
	timer   *time.Timer
}

func newEmpty(w *Window) *empty {
	e := &empty{w: w, what: newLabel("", ink), bar: widget.NewProgressBarInfinite()}
	drop := canvas.NewText("Drop a chest CT here", ink)
	drop.TextSize, drop.Alignment = theme.Size(theme.SizeNameHeadingText), fyne.TextAlignCenter
	const formats = "DICOM, NIfTI, NRRD, MetaImage, TIFF, NPY or pictures: a folder or a file"
	kinds := canvas.NewText(formats, inkQuiet)
	kinds.Alignment = fyne.TextAlignCenter
	sample := newButton("Open the sample study", func() { w.s.Opening.OpenSample() })
	e.invite = container.NewCenter(container.NewVBox(drop, kinds, spacer(0, 10),
		container.NewCenter(container.NewHBox(newButton("Open…", w.askOpen), sample))))
	ground := canvas.NewRectangle(raised)
	ground.CornerRadius = 5
	e.what.text.Alignment = fyne.TextAlignCenter
	e.opening = container.NewCenter(container.NewStack(ground,
		container.NewPadded(container.NewPadded(container.NewVBox(
			container.NewGridWrap(fyne.NewSize(420, 20), e.what), thin(e.bar),
			container.NewCenter(newButton("Cancel", func() { w.s.Opening.Cancel() })))))))
	e.opening.Hide()
	e.bar.Stop()
	e.object = container.NewStack(e.invite, e.opening)
	return e
}

func (e *empty) update() {
	what := e.w.s.Opening.Text()
	show(e.invite, what == "" && !e.w.reading())
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	if what == "" {
		e.opening.Hide()
		e.bar.Stop()
		return
	}
	e.what.set(what)
	if !e.opening.Visible() {
		e.timer = time.AfterFunc(patience, func() { e.w.post(e.wait) })
	}
}

// wait says that something is being opened, if it still is.
func (e *empty) wait() {
	if e.w.s.Opening.Text() != "" {
		e.opening.Show()
		e.bar.Start()
	}
}
