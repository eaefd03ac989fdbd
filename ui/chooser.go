package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/series"
	"glasswork/viewer"
)

// choose asks which of several series is to be opened.
func (w *Window) choose(all []*series.Series) *sheet {
	chosen := 0
	var s *sheet
	list := widget.NewList(
		func() int { return len(all) },
		func() fyne.CanvasObject { return newSeriesRow() },
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*seriesRow).show(all[i], i == chosen) })
	list.HideSeparators = true
	pick := func(i int) {
		chosen = min(max(i, 0), len(all)-1)
		list.ScrollTo(chosen)
		list.Refresh()
	}
	list.OnSelected = func(i widget.ListItemID) {
		again := i == chosen
		list.UnselectAll()
		unfocus(list)
		if pick(i); again {
			s.enter()
		}
	}
	head := container.New(seriesLayout())
	for _, c := range seriesColumns {
		head.Add(newHeading(c.title))
	}
	s = w.sheet("Which series?", container.NewBorder(container.NewPadded(head), nil, nil, nil,
		list), fyne.NewSize(760, min(420, 170+30*float32(len(all)))), w.s.Opening.Cancel,
		answer{text: "Cancel", do: w.s.Opening.Cancel},
		answer{text: "Open", safe: true, do: func() { w.s.Opening.Choose(chosen) }})
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

// seriesRow is one series of the chooser.
type seriesRow struct {
	widget.BaseWidget
	cells  []*label
	ground *canvas.Rectangle
}

func newSeriesRow() *seriesRow {
	r := &seriesRow{ground: canvas.NewRectangle(color.Transparent)}
	r.ground.CornerRadius = 4
	for range seriesColumns {
		r.cells = append(r.cells, newLabel("", ink))
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *seriesRow) show(s *series.Series, chosen bool) {
	for i, c := range seriesColumns {
		r.cells[i].set(c.text(s))
		r.cells[i].paint(ink)
		if chosen {
			r.cells[i].paint(inkStrong)
		}
	}
	r.ground.FillColor = color.Transparent
	if chosen {
		r.ground.FillColor = line
	}
	r.ground.Refresh()
}

func (r *seriesRow) CreateRenderer() fyne.WidgetRenderer {
	row := container.New(seriesLayout())
	for _, c := range r.cells {
		row.Add(c)
	}
	return widget.NewSimpleRenderer(container.NewStack(r.ground, container.NewPadded(row)))
}

// columns gives the objects of a row their widths; the first takes what is left.
type columns []float32

func (c columns) Layout(all []fyne.CanvasObject, size fyne.Size) {
	x := size.Width
	for i := len(all) - 1; i > 0; i-- {
		x -= c[i]
		place(all[i], x, 0, c[i]-columnGap, size.Height)
	}
	place(all[0], 0, 0, x-columnGap, size.Height)
}

func (c columns) MinSize(all []fyne.CanvasObject) (size fyne.Size) {
	for i, o := range all {
		size.Width += max(c[i], 120)
		size.Height = max(size.Height, o.MinSize().Height)
	}
	return size
}

// columnGap is between columns.
const columnGap = 8

// seriesLayout is the columns of a list of series.
func seriesLayout() (c columns) {
	for _, s := range seriesColumns {
		c = append(c, s.width)
	}
	return c
}

// seriesColumns are what tells series apart.
var seriesColumns = []struct {
	title string
	width float32
	text  func(*series.Series) string
}{
	{"Series", 0, func(s *series.Series) string {
		if s.Description == "" {
			return "without a description"
		}
		return s.Description
	}},
	{"Slices", 70, func(s *series.Series) string { return fmt.Sprint(s.Geometry.Size[0]) }},
	{"Size", 100, func(s *series.Series) string {
		return fmt.Sprintf("%d × %d", s.Geometry.Size[2], s.Geometry.Size[1])
	}},
	{"Thickness", 100, func(s *series.Series) string {
		if s.Thickness <= 0 {
			return "unknown"
		}
		return viewer.Number(s.Thickness, 2) + " mm"
	}},
	{"Date", 100, func(s *series.Series) string { return s.Date }},
	{"Kind", 80, func(s *series.Series) string {
		if s.Modality != "" {
			return s.Modality
		}
		return s.Format
	}},
}
