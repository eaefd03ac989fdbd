package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"glasswork/dataset/series"
	"glasswork/viewer"
)

// choose asks which of several series is to be opened.
func (w *Window) choose(all []*series.Series) *sheet {
	head := container.New(seriesLayout())
	for _, c := range seriesColumns {
		head.Add(newHeading(c.title))
	}
	return w.list(listing{
		title: "Which series?", head: head, length: len(all), yes: "Open",
		row: func() fyne.CanvasObject {
			cells := container.New(seriesLayout())
			for range seriesColumns {
				cells.Add(newLabel("", ink))
			}
			return cells
		},
		show: func(i int, row fyne.CanvasObject) {
			for k, c := range seriesColumns {
				row.(*fyne.Container).Objects[k].(*label).set(c.text(all[i]))
			}
		},
		left: w.s.Opening.Cancel,
		do:   w.s.Opening.Choose,
	})
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
