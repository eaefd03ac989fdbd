package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/project"
	"glasswork/ui/session"
)

// studies lists what is in the project: alias, series, how far it has been reviewed, and
// whether its patient is held out.
type studies struct {
	in      *session.Studies
	reading *session.Reading
	object  fyne.CanvasObject
	search  *field
	list    *list
	none    *label
	shown   []project.Study
}

func newStudies(w *Window) *studies {
	st := &studies{in: w.s.Studies, reading: w.s.Reading, none: newLabel("", inkQuiet)}
	st.search = newField("Search", w.Focus)
	st.search.OnChanged = func(string) { st.update() }
	st.list = newList(func() int { return len(st.shown) },
		func() fyne.CanvasObject { return newStudyRow() },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			more := i > 0 && st.shown[i].PatientKey == st.shown[i-1].PatientKey
			o.(*studyRow).show(st.shown[i], st.shown[i].ID == st.reading.StudyID(), more)
		})
	st.list.OnSelected = func(i widget.ListItemID) {
		st.list.UnselectAll()
		unfocus(st.list)
		if i < len(st.shown) {
			w.s.Opening.OpenStudy(st.shown[i].ID)
		}
	}
	st.object = container.NewBorder(
		container.NewVBox(newHeading("STUDIES"), st.search),
		newButton("+ Open…", w.askOpen), nil, nil,
		container.NewStack(st.list, container.NewVBox(spacer(0, 8), st.none)))
	return st
}

func (st *studies) update() {
	all := st.in.All()
	st.shown = together(matching(all, st.search.Text))
	st.none.set("")
	switch {
	case len(all) == 0:
		st.none.set("No study yet")
	case len(st.shown) == 0:
		st.none.set("No study has this in its name")
	}
	st.list.Refresh()
}

// together puts the studies of one patient below each other.
func together(all []project.Study) []project.Study {
	first := map[string]int{}
	for i, st := range all {
		if _, seen := first[st.PatientKey]; !seen {
			first[st.PatientKey] = i
		}
	}
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b project.Study) int {
		return cmp.Compare(first[a.PatientKey], first[b.PatientKey])
	})
	return out
}

// matching are the studies in whose alias, series or state every word of the text is found.
func matching(all []project.Study, text string) (out []project.Study) {
	words := strings.Fields(strings.ToLower(text))
	for _, st := range all {
		hay := strings.ToLower(st.Alias + " " + st.Description)
		if st.Holdout {
			hay += " held out holdout"
		}
		fits := true
		for _, word := range words {
			fits = fits && strings.Contains(hay, word)
		}
		if fits {
			out = append(out, st)
		}
	}
	return out
}

// studyRow is one study of the list.
type studyRow struct {
	widget.BaseWidget
	mark, alias, about, state *label
	bar                       *canvas.Rectangle
}

func newStudyRow() *studyRow {
	r := &studyRow{
		mark: newWholeLabel("○", inkQuiet), alias: newLabel("", inkStrong),
		about: newLabel("", inkQuiet),
		state: newLabel("", inkQuiet), bar: canvas.NewRectangle(ground),
	}
	r.alias.text.TextStyle.Bold = true
	r.bar.CornerRadius = 4
	r.ExtendBaseWidget(r)
	return r
}

// show brings the row up to date; more says that the row above is of the same patient.
func (r *studyRow) show(st project.Study, open, more bool) {
	r.alias.set(st.Alias)
	r.about.set(st.Description)
	r.state.set(stateText(st))
	if more {
		r.state.set(stateText(st) + "   same patient")
	}
	r.mark.set("○")
	r.bar.FillColor = panel
	if open {
		r.mark.set("●")
		r.bar.FillColor = raised
	}
	r.bar.Refresh()
}

// stateText is how far a study has been reviewed, and whether it is held out.
func stateText(st project.Study) string {
	text := fmt.Sprintf("%d / %d ✓", st.Reviewed, st.Slices)
	if st.Holdout {
		text += "   held out"
	}
	return text
}

func (r *studyRow) CreateRenderer() fyne.WidgetRenderer {
	lines := container.NewVBox(r.alias, r.about, r.state)
	body := container.NewBorder(nil, nil, container.NewVBox(r.mark), nil, lines)
	return widget.NewSimpleRenderer(container.NewStack(r.bar, container.NewPadded(body)))
}

// openStudy is the open study as the list of studies has it, which is the newest state.
func openStudy(s *session.Session) (study project.Study, ok bool) {
	for _, st := range s.Studies.All() {
		if st.ID == s.Reading.StudyID() {
			return st, true
		}
	}
	return study, false
}
