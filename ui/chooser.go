package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// choose asks which of several series is to be opened.
func (w *Window) choose(all []*volume.Series) *sheet {
	chosen := 0
	var s *sheet
	list := widget.NewTable(
		func() (int, int) { return len(all), len(seriesColumns) },
		func() fyne.CanvasObject { return container.NewPadded(newLabel("", ink)) },
		func(id widget.TableCellID, o fyne.CanvasObject) {
			l := o.(*fyne.Container).Objects[0].(*label)
			l.set(seriesColumns[id.Col].text(all[id.Row]))
			l.paint(ink)
			if id.Row == chosen {
				l.paint(current)
			}
		})
	list.ShowHeaderRow, list.HideSeparators = true, true
	list.CreateHeader = func() fyne.CanvasObject { return container.NewPadded(newHeading("")) }
	list.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		if id.Col >= 0 {
			o.(*fyne.Container).Objects[0].(*label).set(seriesColumns[id.Col].title)
		}
	}
	for i, c := range seriesColumns {
		list.SetColumnWidth(i, c.width)
	}
	pick := func(row int) {
		chosen = min(max(row, 0), len(all)-1)
		list.ScrollTo(widget.TableCellID{Row: chosen})
		list.Refresh()
	}
	list.OnSelected = func(id widget.TableCellID) {
		again := id.Row == chosen
		list.UnselectAll()
		unfocus(list)
		if pick(id.Row); again {
			s.enter()
		}
	}
	s = w.sheet("Which series?", list, fyne.NewSize(760, 420), w.s.CancelOpening,
		answer{text: "Cancel", do: w.s.CancelOpening},
		answer{text: "Open", safe: true, do: func() { w.s.Choose(chosen) }})
	s.keys = func(name fyne.KeyName) bool {
		step := map[fyne.KeyName]int{fyne.KeyDown: 1, fyne.KeyUp: -1, fyne.KeyPageDown: 10, fyne.KeyPageUp: -10}[name]
		if step != 0 {
			pick(chosen + step)
		}
		return step != 0
	}
	return s
}

// seriesColumns are what tells series apart.
var seriesColumns = []struct {
	title string
	width float32
	text  func(*volume.Series) string
}{
	{"Series", 260, func(s *volume.Series) string {
		if s.Description == "" {
			return "without a description"
		}
		return s.Description
	}},
	{"Slices", 70, func(s *volume.Series) string { return fmt.Sprint(s.Geometry.Size[0]) }},
	{"Size", 100, func(s *volume.Series) string {
		return fmt.Sprintf("%d × %d", s.Geometry.Size[2], s.Geometry.Size[1])
	}},
	{"Thickness", 100, func(s *volume.Series) string {
		if s.Thickness <= 0 {
			return "unknown"
		}
		return viewer.Number(s.Thickness, 2) + " mm"
	}},
	{"Date", 100, func(s *volume.Series) string { return s.Date }},
	{"Kind", 80, func(s *volume.Series) string {
		if s.Modality != "" {
			return s.Modality
		}
		return s.Format
	}},
}
