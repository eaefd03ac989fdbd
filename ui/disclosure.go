package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// disclosure shows something only to those who ask for it.
type disclosure struct {
	object *fyne.Container
	head   *button
	body   fyne.CanvasObject
	title  string
	open   bool
}

func newDisclosure(title string, body fyne.CanvasObject) *disclosure {
	d := &disclosure{body: body, title: title}
	d.head = newButton("", func() { d.set(!d.open) })
	d.object = container.NewVBox(container.NewHBox(d.head, layout.NewSpacer()), body)
	d.set(false)
	return d
}

func (d *disclosure) set(open bool) {
	d.open = open
	show(d.body, open)
	mark := "▸ "
	if open {
		mark = "▾ "
	}
	d.head.SetText(mark + d.title)
}
