package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

const (
	toastTime  = 4 * time.Second
	mostToasts = 3
)

// toasts are short news over the lower edge of the picture. They go by themselves.
type toasts struct {
	box    *fyne.Container
	timers map[fyne.CanvasObject]*time.Timer
	after  func(time.Duration, func()) *time.Timer
}

func newToasts(post func(func())) *toasts {
	t := &toasts{box: container.NewVBox(), timers: map[fyne.CanvasObject]*time.Timer{}}
	t.after = func(d time.Duration, f func()) *time.Timer {
		return time.AfterFunc(d, func() { post(f) })
	}
	return t
}

// object is what lies over the picture: it takes no click outside its toasts.
func (t *toasts) object() fyne.CanvasObject {
	return container.NewVBox(layout.NewSpacer(), container.NewCenter(t.box), spacer(0, 36))
}

// show shows a piece of news. The same one again stays longer instead of standing twice.
func (t *toasts) show(text string) {
	for _, o := range t.box.Objects {
		if o.(*fyne.Container).Objects[1].(*fyne.Container).Objects[0].(*label).full == text {
			t.drop(o)
			break
		}
	}
	for len(t.box.Objects) >= mostToasts {
		t.drop(t.box.Objects[0])
	}
	ground := canvas.NewRectangle(raised)
	ground.CornerRadius, ground.StrokeColor, ground.StrokeWidth = 5, line, 1
	toast := container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(6, 6, 12, 12), newWholeLabel(text, inkStrong)))
	t.box.Add(toast)
	t.timers[toast] = t.after(toastTime, func() { t.drop(toast) })
}

func (t *toasts) drop(o fyne.CanvasObject) {
	if timer := t.timers[o]; timer != nil {
		timer.Stop()
		delete(t.timers, o)
	}
	t.box.Remove(o)
}

// close lets no timer fire any more.
func (t *toasts) close() {
	for _, o := range slices.Clone(t.box.Objects) {
		t.drop(o)
	}
}

// spacer takes up room.
func spacer(w, h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(nil)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}
