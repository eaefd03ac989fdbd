package ui

import (
	"fmt"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/classes"
	"glasswork/dataset/words"
	"glasswork/ui/session"
	"glasswork/viewer"
)

// findings is the legend: what was found, how much, and how it is drawn.
type findings struct {
	measuring *session.Measuring
	display   *session.Display
	tools     *session.Tools
	object    fyne.CanvasObject
	rows      []*findingRow
	lesions   *label
	opacity   *slider
	percent   *label
	known     *label // of how many slices anything is known, while not of all
	modes     []*segment
	palette   []*segment
}

func newFindings(
	measuring *session.Measuring, display *session.Display, tools *session.Tools,
) *findings {
	f := &findings{
		measuring: measuring, display: display, tools: tools,
		opacity: newSlider(0, 100, 5), percent: newWholeLabel("", inkQuiet),
		known:   newWholeLabel("", inkQuiet),
		lesions: newWholeLabel("", inkQuiet),
	}
	f.opacity.OnChanged = func(v float64) { display.SetOpacity(v / 100) }
	f.opacity.OnChangeEnded = func(float64) { unfocus(f.opacity) }
	body := []fyne.CanvasObject{}
	for _, finding := range measuring.Classes() {
		r := newFindingRow(f, finding.Class)
		f.rows = append(f.rows, r)
		body = append(body, r.row)
	}
	body = append(body, f.lesions)
	for _, m := range []viewer.Mode{viewer.Fill, viewer.Outline, viewer.Both} {
		f.modes = append(f.modes, newSegment(words.UpperFirst(m.String()),
			func() { display.SetMode(m) }))
	}
	for i, p := range viewer.Palettes() {
		f.palette = append(f.palette,
			newSegment(words.UpperFirst(p.Name), func() { display.SetPalette(i) }))
	}
	body = append(body,
		container.NewBorder(nil, nil, newWholeLabel("Opacity", inkQuiet), f.percent, f.opacity),
		segments(f.modes...), segments(f.palette...))
	f.object = section("FINDINGS", f.known, body...)
	return f
}

// unfocus gives the keyboard back to the picture.
func unfocus(o fyne.CanvasObject) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil {
		c.Unfocus()
	}
}

func (f *findings) update() {
	all := f.measuring.Classes()
	for i, r := range f.rows {
		r.show(all[i], f.tools.Painting())
	}
	f.known.set("")
	if known, of := f.measuring.Known(); known < of {
		f.known.set(fmt.Sprintf("on %d of %d slices", known, of))
	}
	f.lesions.set(f.measuring.Lesions())
	style := f.display.Style()
	if v := math.Round(style.Opacity * 100); v != f.opacity.Value {
		f.opacity.Value = v
		f.opacity.Refresh()
	}
	f.percent.set(viewer.Number(style.Opacity*100, 0) + " %")
	for i, m := range f.modes {
		m.choose(viewer.Mode(i) == style.Mode)
	}
	for i, p := range viewer.Palettes() {
		f.palette[i].choose(p.Name == style.Palette.Name)
	}
}

// findingRow is one class: its colour, name, volume, share of the lung, and whether it is drawn.
type findingRow struct {
	row     *row
	chip    *canvas.Rectangle
	name    *label
	amount  *label
	here    *label
	eye     *eye
	outline bool
}

func newFindingRow(f *findings, c classes.Class) *findingRow {
	r := &findingRow{
		chip: canvas.NewRectangle(color.Transparent), name: newLabel("", ink),
		amount: newWholeLabel("", inkStrong),
		here:   newLabel("", inkQuiet), outline: c == classes.LungsOther,
	}
	r.chip.CornerRadius = 2
	r.chip.SetMinSize(fyne.NewSize(14, 14))
	r.eye = newEye(func() { f.display.SetVisible(c, !f.measuring.Classes()[c-1].Visible) })
	head := container.NewBorder(nil, nil,
		container.NewHBox(container.NewCenter(r.chip), spacer(0, 0)), container.NewCenter(r.eye),
		r.name)
	amounts := container.NewBorder(nil, nil,
		container.NewHBox(spacer(16, 0), r.amount, spacer(2, 0)), nil, r.here)
	r.row = newRow(container.NewVBox(head, amounts), func() { f.tools.SetClass(c) })
	return r
}

// show brings the row up to date; painting says that the left button paints the active class.
func (r *findingRow) show(f session.ClassMeasure, painting bool) {
	fill, stroke := color.Color(f.Color), color.Color(color.Transparent)
	if r.outline {
		fill, stroke = color.Transparent, f.Color
	}
	if r.chip.FillColor != fill || r.chip.StrokeColor != stroke {
		r.chip.FillColor, r.chip.StrokeColor, r.chip.StrokeWidth = fill, stroke, 2
		r.chip.Refresh()
	}
	r.name.set(words.UpperFirst(f.Name))
	r.amount.set(f.Text())
	r.here.set(f.Detail())
	r.eye.open(f.Visible)
	r.row.choose(f.Active && painting)
}

// eye shows whether something is drawn, and switches that.
type eye struct {
	pressable
	icon  *canvas.Image
	frame *canvas.Rectangle
	on    bool
}

var _ desktop.Cursorable = (*eye)(nil)

func newEye(tapped func()) *eye {
	e := &eye{
		icon: canvas.NewImageFromResource(theme.VisibilityIcon()), on: true,
		frame: canvas.NewRectangle(color.Transparent),
	}
	e.icon.SetMinSize(fyne.NewSize(16, 16))
	e.tip = "Show or hide (S held hides all)"
	e.init(e, tapped, e.paint)
	return e
}

func (e *eye) open(on bool) {
	if e.on == on {
		return
	}
	e.on, e.icon.Resource = on, theme.VisibilityIcon()
	if !on {
		e.icon.Resource = theme.VisibilityOffIcon()
	}
	e.icon.Refresh()
}

// paint frames the eye while it has the keyboard.
func (e *eye) paint() {
	e.frame.StrokeColor, e.frame.StrokeWidth = color.Transparent, 0
	if e.focused {
		e.frame.StrokeColor, e.frame.StrokeWidth = inkStrong, 1
	}
	e.frame.Refresh()
}

// Cursor is called by Fyne.
func (e *eye) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is called by Fyne.
func (e *eye) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(e.icon, e.frame))
}
