package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// row is something in a panel that can be clicked: it lights up under the pointer, and is
// framed while it is the active one.
type row struct {
	pressable
	content  fyne.CanvasObject
	ground   *canvas.Rectangle
	selected bool
}

func newRow(content fyne.CanvasObject, tapped func()) *row {
	r := &row{content: content, ground: canvas.NewRectangle(color.Transparent)}
	r.ground.CornerRadius = 4
	r.init(r, tapped, r.paint)
	return r
}

// choose frames the row or takes the frame away.
func (r *row) choose(on bool) {
	if r.selected != on {
		r.selected = on
		r.paint()
	}
}

func (r *row) paint() {
	r.ground.FillColor, r.ground.StrokeColor, r.ground.StrokeWidth = color.Transparent,
		color.Transparent, 0
	if r.over && r.do != nil {
		r.ground.FillColor = hoverVeil
	}
	if r.selected {
		r.ground.FillColor, r.ground.StrokeColor, r.ground.StrokeWidth = selectVeil, inkQuiet, 1
	}
	if r.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = inkStrong, 1
	}
	r.ground.Refresh()
}

func (r *row) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(r.ground,
		container.New(layout.NewCustomPaddedLayout(4, 4, 6, 6), r.content)))
}
