package pane

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// inset is the distance of captions and letters from the view's edges.
const inset = 8

// marks is what lies over the picture: letters, scale bar, captions, the tip's outline and
// the lasso's line.
type marks struct {
	look                            Look
	left, right, top, bottom        *canvas.Text // orientation
	series, proposer, window, slice *canvas.Text // corners
	waiting                         *canvas.Text // while the slice is not loaded
	bar, barEndA, barEndB           *canvas.Line
	barLabel                        *canvas.Text
	tip, tipShade                   *canvas.Circle
	line                            *fyne.Container
}

func newMarks(look Look) *marks {
	text := func(align fyne.TextAlign) *canvas.Text {
		t := canvas.NewText("", look.Text)
		t.TextSize, t.Alignment = look.Size, align
		return t
	}
	bar := func() *canvas.Line {
		l := canvas.NewLine(look.Text)
		l.StrokeWidth = 1
		return l
	}
	circle := func(c color.Color) *canvas.Circle {
		o := canvas.NewCircle(color.Transparent)
		o.StrokeColor, o.StrokeWidth = c, 1
		return o
	}
	m := &marks{
		look: look,
		left: text(fyne.TextAlignLeading), right: text(fyne.TextAlignTrailing),
		top: text(fyne.TextAlignCenter), bottom: text(fyne.TextAlignCenter),
		series: text(fyne.TextAlignLeading), proposer: text(fyne.TextAlignTrailing),
		window: text(fyne.TextAlignLeading), slice: text(fyne.TextAlignTrailing),
		waiting: text(fyne.TextAlignCenter), barLabel: text(fyne.TextAlignCenter),
		bar: bar(), barEndA: bar(), barEndB: bar(),
		tip: circle(look.Text), tipShade: circle(color.NRGBA{A: 160}),
		line: container.NewWithoutLayout(),
	}
	for _, t := range []*canvas.Text{m.left, m.right, m.top, m.bottom} {
		t.TextStyle.Bold = true
	}
	m.hide()
	return m
}

func (m *marks) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		m.left, m.right, m.top, m.bottom, m.series, m.proposer, m.window, m.slice, m.waiting,
		m.bar, m.barEndA, m.barEndB, m.barLabel, m.line, m.tipShade, m.tip,
	}
}

func (m *marks) hide() {
	for _, o := range m.objects() {
		o.Hide()
	}
}

// place writes and positions everything but the tip.
func (m *marks) place(v *View) {
	w, h := v.Size().Width, v.Size().Height
	letters := viewer.LettersFor(v.grid, v.viewport.Mirror())
	series, proposer := v.reading.Captions()
	hu, _ := v.reading.Voxels(v.reading.Slice())
	waiting := ""
	if hu == nil {
		waiting = "Loading slice " + strconv.Itoa(v.reading.Slice()+1) + " …"
	}
	m.write(m.left, letters.Left, inset, h/2, 0, -0.5)
	m.write(m.right, letters.Right, w-inset, h/2, -1, -0.5)
	m.write(m.top, letters.Top, w/2, inset, -0.5, 0)
	m.write(m.bottom, letters.Bottom, w/2, h-inset, -0.5, -1)
	m.write(m.series, series, inset, inset, 0, 0)
	m.write(m.proposer, proposer, w-inset, inset, -1, 0)
	m.write(m.window, v.windowCaption(), inset, h-inset, 0, -1)
	m.write(m.slice, v.sliceCaption(), w-inset, h-inset, -1, -1)
	m.write(m.waiting, waiting, w/2, h/2, -0.5, -0.5)
	m.placeBar(v.viewport.UnitsPerMM(), w, h)
	m.lasso(v.hand.line, &v.viewport)
}

// windowCaption is "W 1500 L −600   ×1.7   0.84 mm".
func (v *View) windowCaption() string {
	scale := float32(1)
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		scale = c.Scale()
	}
	mm := v.grid.Spacing()
	return v.reading.Window().String() + "   ×" + viewer.Number(v.viewport.Zoom()*float64(scale), 1) +
		"   " + viewer.Number(mm[2], 2) + " mm"
}

// sliceCaption is "slice 31 / 64   −212.5".
func (v *View) sliceCaption() string {
	z := v.reading.Slice()
	at := v.grid.ToMM(float64(z), float64(v.grid.Size[1]-1)/2, float64(v.grid.Size[2]-1)/2)
	return "slice " + strconv.Itoa(z+1) + " / " + strconv.Itoa(v.grid.Size[0]) + "   " + viewer.Number(at[2], 1)
}

// write puts a text at x, y, shifted by parts of its own size. Texts that stay the same
// are not drawn again.
func (m *marks) write(t *canvas.Text, s string, x, y, dx, dy float32) {
	if t.Text != s {
		t.Text = s
		t.Refresh()
	}
	if s == "" {
		t.Hide()
		return
	}
	size := t.MinSize()
	t.Resize(size)
	t.Move(fyne.NewPos(x+dx*size.Width, y+dy*size.Height))
	t.Show()
}

// placeBar draws the scale at the lower edge, right of the window's caption or left of the
// middle letter, whichever leaves it readable.
func (m *marks) placeBar(unitsPerMM float64, w, h float32) {
	mm, label := viewer.ScaleBar(unitsPerMM, float64(w)/6)
	length, y, end := float32(mm*unitsPerMM), h-inset-m.window.MinSize().Height-10, float32(4)
	x := float32(inset)
	for line, ends := range map[*canvas.Line][4]float32{
		m.bar:     {x, y, x + length, y},
		m.barEndA: {x, y - end, x, y + end},
		m.barEndB: {x + length, y - end, x + length, y + end},
	} {
		line.Position1, line.Position2 = fyne.NewPos(ends[0], ends[1]), fyne.NewPos(ends[2], ends[3])
		line.Show()
		line.Refresh()
	}
	m.write(m.barLabel, label, x+length+inset, y, 0, -0.5)
}

// lasso draws the line so far, nothing if it is empty.
func (m *marks) lasso(line []viewer.Point, at *viewer.Viewport) {
	if len(line) == 0 {
		m.line.Hide()
		m.line.Objects = nil
		return
	}
	m.line.Show()
	position := func(p viewer.Point) fyne.Position {
		x, y := at.ToView(p.X, p.Y)
		return fyne.NewPos(float32(x), float32(y))
	}
	for len(m.line.Objects) < len(line) {
		o := canvas.NewLine(m.look.Current)
		o.StrokeWidth = 1.5
		m.line.Objects = append(m.line.Objects, o)
	}
	m.line.Objects = m.line.Objects[:len(line)]
	for i, p := range line {
		o := m.line.Objects[i].(*canvas.Line)
		o.Position1, o.Position2 = position(line[max(i-1, 0)]), position(p)
	}
	m.line.Refresh()
}

// placeTip shows the tip's outline at its true size where the brush would paint, in the
// colour of what it paints; erasing is white.
func (v *View) placeTip() {
	m := v.marks
	if !v.open || !v.over || v.pan || v.reading.Tool() != viewer.Brush {
		m.tip.Hide()
		m.tipShade.Hide()
		return
	}
	tip, class, erase := v.reading.Brush()
	stroke := color.Color(v.reading.Style().Palette.Colors[class])
	if erase || v.hand.erase || class == volume.Background {
		stroke = color.White
	}
	d := max(float32(tip.DiameterMM*v.viewport.UnitsPerMM()), 3)
	around := func(c *canvas.Circle, d float32) {
		c.Resize(fyne.NewSize(d, d))
		c.Move(v.pointer.SubtractXY(d/2, d/2))
		c.Show()
	}
	m.tip.StrokeColor = stroke
	around(m.tipShade, d+2)
	around(m.tip, d)
}
