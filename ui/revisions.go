package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"glasswork/dataset/project"
)

// revisionColumns are the widths of number, time, author, model and reviewed slices.
var revisionColumns = columns{0, 150, 130, 150, 110}

// listRevisions shows the saved revisions of the open study, newest first, and shows the one
// that is chosen in the place of the present labels.
func (w *Window) listRevisions(all []project.Revision) *sheet {
	study, _ := w.s.Reading.Study()
	head := container.New(revisionColumns, newHeading("Revision"), newHeading("Saved"),
		newHeading("By"), newHeading("Proposed by"), newHeading("Reviewed"))
	return w.list(listing{
		title: "Revisions of " + study.Alias, head: head, length: len(all), yes: "Show",
		row: func() fyne.CanvasObject {
			cells := container.New(revisionColumns)
			for range revisionColumns {
				cells.Add(newLabel("", ink))
			}
			return cells
		},
		show: func(i int, row fyne.CanvasObject) {
			for k, text := range revisionText(all[i]) {
				row.(*fyne.Container).Objects[k].(*label).set(text)
			}
		},
		left: w.s.Revising.Drop,
		do:   func(i int) { w.s.Revising.Show(all[i].Number) },
	})
}

// revisionText is what tells one revision from another.
func revisionText(r project.Revision) []string {
	reviewed := 0
	for _, yes := range r.Reviewed {
		if yes {
			reviewed++
		}
	}
	model := r.Model
	if model == "" {
		model = "no model"
	}
	return []string{
		fmt.Sprint(r.Number), r.Time.Local().Format("2006-01-02 15:04"), r.Author, model,
		fmt.Sprintf("%d of %d", reviewed, len(r.Reviewed)),
	}
}
