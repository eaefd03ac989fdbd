package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// listing is a sheet that lets one of a list be chosen, by mouse or keys.
type listing struct {
	title  string
	head   fyne.CanvasObject
	length int
	yes    string // what the answer that takes the chosen one is called
	row    func() fyne.CanvasObject
	show   func(i int, row fyne.CanvasObject)
	left   func()
	do     func(i int)
}

func (w *Window) list(l listing) *sheet {
	chosen := 0
	var s *sheet
	items := newList(func() int { return l.length },
		func() fyne.CanvasObject { return newListRow(l.row()) },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			row := o.(*listRow)
			l.show(i, row.content)
			row.choose(i == chosen)
		})
	items.pass = true
	pick := func(i int) {
		chosen = min(max(i, 0), l.length-1)
		items.ScrollTo(chosen)
		items.Refresh()
	}
	items.OnSelected = func(i widget.ListItemID) {
		again := i == chosen
		items.UnselectAll()
		unfocus(items)
		if pick(i); again {
			s.enter()
		}
	}
	s = w.sheet(l.title, container.NewBorder(container.NewPadded(l.head), nil, nil, nil, items),
		fyne.NewSize(760, min(420, 170+30*float32(l.length))), l.left,
		answer{text: "Cancel", do: l.left},
		answer{text: l.yes, safe: true, do: func() { l.do(chosen) }})
	s.keys = func(name fyne.KeyName) bool {
		step := map[fyne.KeyName]int{
			fyne.KeyDown: 1, fyne.KeyUp: -1, fyne.KeyPageDown: 10,
			fyne.KeyPageUp: -10,
		}[name]
		if step != 0 {
			pick(chosen + step)
		}
		return step != 0
	}
	return s
}

// listRow is a row of a listing. The chosen one stands on a ground of its own.
type listRow struct {
	widget.BaseWidget
	content fyne.CanvasObject
	ground  *canvas.Rectangle
}

func newListRow(content fyne.CanvasObject) *listRow {
	r := &listRow{content: content, ground: canvas.NewRectangle(color.Transparent)}
	r.ground.CornerRadius = 4
	r.ExtendBaseWidget(r)
	return r
}

func (r *listRow) choose(on bool) {
	r.ground.FillColor = color.Transparent
	if on {
		r.ground.FillColor = line
	}
	r.ground.Refresh()
}

func (r *listRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(r.ground, container.NewPadded(r.content)))
}
