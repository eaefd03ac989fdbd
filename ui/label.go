package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// label is one line of text without Fyne's padding around it. What does not fit is cut
// and ends in an ellipsis.
type label struct {
	widget.BaseWidget
	full  string
	text  *canvas.Text
	whole bool // the label asks for the room of its whole text
}

func newLabel(s string, c color.Color) *label {
	l := &label{full: s, text: canvas.NewText(s, c)}
	l.text.TextSize = theme.Size(theme.SizeNameText)
	l.ExtendBaseWidget(l)
	return l
}

// newWholeLabel returns a label that is never cut.
func newWholeLabel(s string, c color.Color) *label {
	l := newLabel(s, c)
	l.whole = true
	return l
}

// newHeading returns a panel's title.
func newHeading(s string) *label {
	l := newWholeLabel(s, inkQuiet)
	l.text.TextStyle.Bold = true
	l.text.TextSize = theme.Size(theme.SizeNameCaptionText)
	return l
}

// set changes the text, and draws only if it is another one.
func (l *label) set(s string) {
	if l.full == s {
		return
	}
	l.full = s
	l.cut()
	if l.whole {
		l.BaseWidget.Refresh()
	}
}

// paint changes the colour.
func (l *label) paint(c color.Color) {
	if l.text.Color != c {
		l.text.Color = c
		l.text.Refresh()
	}
}

// cut makes the text fit into the label's width.
func (l *label) cut() {
	fits := l.full
	if !l.whole && l.width(fits) > l.Size().Width {
		fits = l.longest([]rune(l.full))
	}
	if l.text.Text != fits {
		l.text.Text = fits
		l.text.Refresh()
	}
}

// longest finds by halving how much of the text fits beside an ellipsis.
func (l *label) longest(text []rune) string {
	low, high := 0, len(text)
	for low < high {
		if mid := (low + high + 1) / 2; l.width(string(text[:mid])+"…") <= l.Size().Width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low == 0 {
		return ""
	}
	return string(text[:low]) + "…"
}

func (l *label) width(s string) float32 {
	return fyne.MeasureText(s, l.text.TextSize, l.text.TextStyle).Width
}

func (l *label) MinSize() fyne.Size {
	size := fyne.MeasureText(l.full, l.text.TextSize, l.text.TextStyle)
	if !l.whole {
		size.Width = min(size.Width, 16)
	}
	if l.full == "" {
		size.Height = fyne.MeasureText("x", l.text.TextSize, l.text.TextStyle).Height
	}
	return size
}

func (l *label) Resize(s fyne.Size) {
	if s == l.Size() {
		return
	}
	l.BaseWidget.Resize(s)
	l.cut()
}

func (l *label) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(l.text) }
