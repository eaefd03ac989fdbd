package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"glasswork/dataset/annotation"
	"glasswork/dataset/importing"
	"glasswork/dataset/words"
	"glasswork/viewer"
)

// segmentColumns are the widths of name, code, volume and what a segment becomes, and the
// heading of codes, which have no column where there are none.
func segmentColumns(all []importing.Segment) (widths columns, codes string) {
	for _, a := range all {
		if a.Code != "" {
			return columns{0, 260, 80, 190}, "Code"
		}
	}
	return columns{0, columnGap, 80, 190}, ""
}

// askSegments asks what the segments of a file are. What they suggest is chosen already.
func (w *Window) askSegments(f *importing.File) *sheet {
	var names []string
	for _, c := range annotation.Choices() {
		names = append(names, words.UpperFirst(string(c)))
	}
	choices := make([]annotation.Choice, len(f.Segments))
	widths, codes := segmentColumns(f.Segments)
	rows := container.NewVBox()
	for i, a := range f.Segments {
		choices[i] = a.Choice
		become := newChoice(names, func(string) {})
		become.SetSelected(words.UpperFirst(string(a.Choice)))
		become.OnChanged = func(name string) {
			for k, c := range annotation.Choices() {
				if names[k] == name {
					choices[i] = c
				}
			}
		}
		rows.Add(segmentRow(widths, a, become))
	}
	head := container.New(widths, newHeading("Segment"), newHeading(codes), newHeading("Volume"),
		newHeading("Becomes"))
	text := fmt.Sprintf("The project does not know all segments of %s yet. What you choose is "+
		"remembered, so that the same segments are not asked about again.", f.Name)
	if f.Known() {
		text = fmt.Sprintf("This is what the segments of %s became so far. What you choose now "+
			"is remembered.", f.Name)
	}
	body := container.NewBorder(container.NewVBox(tight(paragraph(text)), head), nil, nil, nil,
		container.NewVScroll(rows))
	return w.sheet("What are these segments?", body,
		fyne.NewSize(820, min(600, 230+42*float32(len(f.Segments)))), w.s.Importing.Cancel,
		answer{text: "Cancel", do: w.s.Importing.Cancel},
		answer{text: "Import", safe: true, do: func() { w.s.Importing.Answer(choices) }})
}

// segmentRow is one segment with the field in which to choose.
func segmentRow(widths columns, a importing.Segment, become *choice) fyne.CanvasObject {
	cell := func(text string, c color.Color) fyne.CanvasObject {
		return container.NewVBox(layout.NewSpacer(), newLabel(text, c), layout.NewSpacer())
	}
	return container.New(widths, cell(a.Name, inkStrong), cell(a.Code, ink),
		cell(viewer.Millilitres(a.ML), ink), become)
}
