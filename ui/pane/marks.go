package pane

import (
	"image/color"
	"sort"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"glasswork/dataset/classes"
	"glasswork/viewer"
)

// inset is the distance of captions and letters from the view's edges.
const inset = 8

// shade and plateInk make what lies over the picture readable on bright tissue too.
var (
	shade    = color.NRGBA{A: 190}
	plateInk = color.NRGBA{A: 140}
)

// caption is a text on a plate that keeps it readable over bright tissue.
type caption struct {
	text  *canvas.Text
	plate *canvas.Rectangle
}

func newCaption(look Look, align fyne.TextAlign, bold bool) *caption {
	c := &caption{text: canvas.NewText("", look.Text), plate: canvas.NewRectangle(plateInk)}
	c.text.TextSize, c.text.Alignment, c.text.TextStyle.Bold = look.Size, align, bold
	c.plate.CornerRadius = 3
	return c
}

// write puts the text at x, y, shifted by parts of its own size. A text that stays the
// same is not drawn again.
func (c *caption) write(s string, x, y, dx, dy float32) {
	if c.text.Text != s {
		c.text.Text = s
		c.text.Refresh()
	}
	c.text.Hidden, c.plate.Hidden = s == "", s == ""
	size := c.text.MinSize()
	at := fyne.NewPos(x+dx*size.Width, y+dy*size.Height)
	c.text.Resize(size)
	c.text.Move(at)
	c.plate.Resize(size.AddWidthHeight(8, 0))
	c.plate.Move(at.SubtractXY(4, 0))
}

// fit cuts a text that is wider than there is room, and lets it end in an ellipsis.
func (c *caption) fit(s string, width float32) string {
	fits := func(s string) bool {
		return fyne.MeasureText(s, c.text.TextSize, c.text.TextStyle).Width <= width
	}
	if fits(s) {
		return s
	}
	text := []rune(s)
	n := sort.Search(len(text), func(n int) bool { return !fits(string(text[:n+1]) + "…") })
	return string(text[:n]) + "…"
}

// bar is a line with its shadow.
type bar struct{ line, shadow *canvas.Line }

func newBar(look Look) *bar {
	b := &bar{line: canvas.NewLine(look.Text), shadow: canvas.NewLine(shade)}
	b.line.StrokeWidth, b.shadow.StrokeWidth = 1, 3
	return b
}

func (b *bar) place(x0, y0, x1, y1 float32) {
	for _, l := range []*canvas.Line{b.line, b.shadow} {
		l.Position1, l.Position2 = fyne.NewPos(x0, y0), fyne.NewPos(x1, y1)
		l.Hidden = false
		l.Refresh()
	}
}

// marks is what lies over the picture: letters, scale bar, captions, the tip's outline and
// the lasso's line.
type marks struct {
	look                            Look
	left, right, top, bottom        *caption // orientation
	series, proposer, window, slice *caption // corners
	waiting, scale                  *caption // while the slice is not loaded; the bar's length
	bars                            [3]*bar
	tip, tipShade                   *canvas.Circle
	line                            *fyne.Container
}

func newMarks(look Look) *marks {
	left, middle, right := fyne.TextAlignLeading, fyne.TextAlignCenter, fyne.TextAlignTrailing
	m := &marks{
		look: look,
		left: newCaption(look, left, true), right: newCaption(look, right, true),
		top: newCaption(look, middle, true), bottom: newCaption(look, middle, true),
		series: newCaption(look, left, false), proposer: newCaption(look, right, false),
		window: newCaption(look, left, false), slice: newCaption(look, right, false),
		waiting: newCaption(look, middle, false), scale: newCaption(look, left, false),
		bars: [3]*bar{newBar(look), newBar(look), newBar(look)},
		tip:  canvas.NewCircle(color.Transparent), tipShade: canvas.NewCircle(color.Transparent),
		line: container.NewWithoutLayout(),
	}
	m.tip.StrokeWidth, m.tipShade.StrokeWidth = 1.5, 1
	m.hide()
	return m
}

func (m *marks) captions() []*caption {
	return []*caption{
		m.left, m.right, m.top, m.bottom, m.series, m.proposer, m.window, m.slice,
		m.waiting, m.scale,
	}
}

// objects are in the order in which they are painted.
func (m *marks) objects() (o []fyne.CanvasObject) {
	for _, c := range m.captions() {
		o = append(o, c.plate, c.text)
	}
	for _, b := range m.bars {
		o = append(o, b.shadow)
	}
	for _, b := range m.bars {
		o = append(o, b.line)
	}
	return append(o, m.line, m.tipShade, m.tip)
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
	m.left.write(letters.Left, inset, h/2, 0, -0.5)
	m.right.write(letters.Right, w-inset, h/2, -1, -0.5)
	m.top.write(letters.Top, w/2, inset, -0.5, 0)
	m.bottom.write(letters.Bottom, w/2, h-inset, -0.5, -1)
	side := w/2 - inset - m.top.text.MinSize().Width/2 - 2 // between a corner and a letter
	m.series.write(m.series.fit(series, side), inset, inset, 0, 0)
	m.proposer.write(m.proposer.fit(proposer, side), w-inset, inset, -1, 0)
	m.window.write(m.window.fit(v.windowCaption(), side), inset, h-inset, 0, -1)
	m.slice.write(m.slice.fit(v.reading.PositionText(), side), w-inset, h-inset, -1, -1)
	m.waiting.write(waiting, w/2, h/2, -0.5, -0.5)
	m.placeBar(v.viewport.UnitsPerMM(), w, h, v.reading.Measurable())
	m.lasso(v.hand.line, &v.viewport)
}

// windowCaption is "W 1500 L −600   ×1.7   0.84 mm": window, device pixels a voxel, and
// the voxel's size.
func (v *View) windowCaption() string {
	scale := float32(1)
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		scale = c.Scale()
	}
	text := v.reading.Window().String() + "   ×" +
		viewer.Number(v.viewport.Zoom()*float64(scale), 1)
	if !v.reading.Measurable() {
		return text
	}
	return text + "   " + viewer.Number(v.grid.Spacing()[2], 2) + " mm"
}

// placeBar draws the scale above the window's caption, if there is one.
func (m *marks) placeBar(unitsPerMM float64, w, h float32, known bool) {
	if !known {
		for _, b := range m.bars {
			b.line.Hide()
			b.shadow.Hide()
		}
		m.scale.write("", 0, 0, 0, 0)
		return
	}
	mm, label := viewer.ScaleBar(unitsPerMM, float64(w)/6)
	const end = 4
	x0, x1, y := float32(inset), inset+float32(mm*unitsPerMM),
		h-inset-m.window.text.MinSize().Height-10
	m.bars[0].place(x0, y, x1, y)
	m.bars[1].place(x0, y-end, x0, y+end)
	m.bars[2].place(x1, y-end, x1, y+end)
	m.scale.write(label, x1+inset, y, 0, -0.5)
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
// colour of what it paints inside a light ring; erasing is black.
func (v *View) placeTip() {
	m := v.marks
	if !v.open || !v.over || v.pan || v.reading.Hand().Cursor != viewer.TipOutline {
		m.tip.Hide()
		m.tipShade.Hide()
		return
	}
	tip, class, erase := v.reading.Brush()
	m.tip.StrokeColor, m.tipShade.StrokeColor = v.reading.Style().Palette.Colors[class], m.look.Text
	if erase || v.hand.erase || class == classes.Background {
		m.tip.StrokeColor = color.Black
	}
	d := max(float32(tip.DiameterMM*v.viewport.UnitsPerMM()), 3)
	around := func(c *canvas.Circle, d float32) {
		c.Resize(fyne.NewSize(d, d))
		c.Move(v.pointer.SubtractXY(d/2, d/2))
		c.Show()
	}
	around(m.tip, d)
	around(m.tipShade, d+2)
}
