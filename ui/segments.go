package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// segment is one of several things to choose from, side by side. The chosen one is light.
type segment struct {
	pressable
	text   *canvas.Text
	ground *canvas.Rectangle
	chosen bool
}

func newSegment(text string, tapped func()) *segment {
	s := &segment{
		text: canvas.NewText(text, ink), ground: canvas.NewRectangle(raised),
	}
	s.text.Alignment, s.text.TextSize = fyne.TextAlignCenter, theme.Size(theme.SizeNameCaptionText)
	s.ground.CornerRadius = 4
	s.init(s, tapped, s.paint)
	return s
}

// says gives the segment a tip.
func (s *segment) says(tip string) *segment {
	s.tip = tip
	return s
}

// choose marks the segment as chosen or not.
func (s *segment) choose(on bool) {
	if s.chosen != on {
		s.chosen = on
		s.paint()
	}
}

func (s *segment) set(text string) {
	if s.text.Text != text {
		s.text.Text = text
		s.text.Refresh()
	}
}

func (s *segment) paint() {
	s.text.Color, s.ground.FillColor, s.ground.StrokeWidth = ink, raised, 0
	if s.focused {
		s.ground.StrokeColor, s.ground.StrokeWidth = inkStrong, 2
	}
	switch {
	case s.chosen:
		s.text.Color, s.ground.FillColor = ground, ink
	case s.over:
		s.text.Color, s.ground.FillColor = inkStrong, line
	}
	s.text.Refresh()
	s.ground.Refresh()
}

func (s *segment) CreateRenderer() fyne.WidgetRenderer {
	s.paint()
	return widget.NewSimpleRenderer(container.NewStack(s.ground,
		container.New(layout.NewCustomPaddedLayout(4, 4, 6, 6), s.text)))
}

// segments puts segments side by side over the whole width.
func segments(all ...*segment) fyne.CanvasObject {
	objects := make([]fyne.CanvasObject, len(all))
	for i, s := range all {
		objects[i] = s
	}
	return container.New(&share{gap: 3}, objects...)
}

// share gives every object the width it needs and an equal part of what is left.
type share struct{ gap float32 }

func (e *share) Layout(all []fyne.CanvasObject, size fyne.Size) {
	extra := (size.Width - e.MinSize(all).Width) / float32(len(all))
	var x float32
	for _, o := range all {
		width := o.MinSize().Width + extra
		place(o, x, 0, width, size.Height)
		x += width + e.gap
	}
}

func (e *share) MinSize(all []fyne.CanvasObject) (size fyne.Size) {
	size.Width = e.gap * float32(len(all)-1)
	for _, o := range all {
		size.Width += o.MinSize().Width
		size.Height = max(size.Height, o.MinSize().Height)
	}
	return size
}

// evenly gives all objects the same width, however little they need.
type evenly struct{ gap float32 }

func (e *evenly) Layout(all []fyne.CanvasObject, size fyne.Size) {
	n := float32(len(all))
	width := (size.Width - e.gap*(n-1)) / n
	for i, o := range all {
		place(o, float32(i)*(width+e.gap), 0, width, size.Height)
	}
}

func (e *evenly) MinSize(all []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range all {
		size = size.Max(o.MinSize())
	}
	size.Width = size.Width*float32(len(all)) + e.gap*float32(len(all)-1)
	return size
}
