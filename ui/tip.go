package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// tip says what the thing under the pointer does, after a moment.
type tip struct {
	object *fyne.Container
	text   *label
	timer  *time.Timer
	post   func(func())
}

// tipDelay is how long the pointer rests before a tip is shown.
const tipDelay = 600 * time.Millisecond

func newTip(post func(func())) *tip {
	t := &tip{text: newWholeLabel("", inkStrong), post: post}
	ground := canvas.NewRectangle(raised)
	ground.CornerRadius, ground.StrokeColor, ground.StrokeWidth = 4, line, 1
	t.object = container.NewStack(ground,
		container.New(layout.NewCustomPaddedLayout(3, 3, 8, 8), t.text))
	t.object.Hide()
	return t
}

// over waits to say something below an object; empty: the pointer has left it.
func (t *tip) over(o fyne.CanvasObject, text string) {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	t.object.Hide()
	if text != "" {
		t.timer = time.AfterFunc(tipDelay, func() { t.post(func() { t.show(o, text) }) })
	}
}

// show says text below an object, inside the window.
func (t *tip) show(o fyne.CanvasObject, text string) {
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(o) // what was never drawn has none
	if t.timer == nil || c == nil || !o.Visible() {
		return
	}
	t.text.set(text)
	size := t.object.MinSize()
	base := driver.AbsolutePositionForObject(c.Content())
	at := driver.AbsolutePositionForObject(o).Subtract(base).AddXY(0, o.Size().Height+4)
	at.X = max(min(at.X, c.Content().Size().Width-size.Width-4), 4)
	t.object.Resize(size)
	t.object.Move(at)
	t.object.Show()
}

// close lets no tip appear any more.
func (t *tip) close() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// hover tells the window what the thing under the pointer does.
func hover(o fyne.CanvasObject, text string) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	if content, ok := c.Content().(*fyne.Container); ok {
		if f, ok := content.Layout.(*frame); ok && f.tip != nil {
			f.tip.over(o, text)
		}
	}
}
