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
	box   *fyne.Container
	shown []*toast // in the order of box
	after func(time.Duration, func()) *time.Timer
}

type toast struct {
	text   string
	object fyne.CanvasObject
	timer  *time.Timer
}

func newToasts(post func(func())) *toasts {
	return &toasts{box: container.NewVBox(), after: func(d time.Duration, f func()) *time.Timer {
		return time.AfterFunc(d, func() { post(f) })
	}}
}

// object is what lies over the picture: it takes no click outside its toasts.
func (t *toasts) object() fyne.CanvasObject {
	return container.NewVBox(layout.NewSpacer(), container.NewCenter(t.box), spacer(0, 36))
}

// show shows a piece of news. The same one again stays longer instead of standing twice.
func (t *toasts) show(text string) {
	if i := slices.IndexFunc(t.shown, func(o *toast) bool { return o.text == text }); i >= 0 {
		t.drop(t.shown[i])
	}
	if len(t.shown) >= mostToasts {
		t.drop(t.shown[0])
	}
	ground := canvas.NewRectangle(raised)
	ground.CornerRadius, ground.StrokeColor, ground.StrokeWidth = 5, line, 1
	n := &toast{text: text, object: container.NewStack(ground,
		container.New(layout.NewCustomPaddedLayout(6, 6, 12, 12), newWholeLabel(text, inkStrong)))}
	n.timer = t.after(toastTime, func() { t.drop(n) })
	t.shown = append(t.shown, n)
	t.box.Add(n.object)
}

// drop takes a toast away, if it is still there.
func (t *toasts) drop(n *toast) {
	n.timer.Stop()
	t.shown = slices.DeleteFunc(t.shown, func(o *toast) bool { return o == n })
	t.box.Remove(n.object)
}

// close lets no timer fire any more.
func (t *toasts) close() {
	for _, n := range slices.Clone(t.shown) {
		t.drop(n)
	}
}

// spacer takes up room.
func spacer(w, h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(nil)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}
