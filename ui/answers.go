package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// asked are the sheets that show what the session asks.
type asked struct {
	choice   *sheet
	segments *sheet
	listed   *sheet
	closing  *sheet
	plan     *retrainSheet
	verdict  *sheet
}

// answer shows and takes away the sheets that the session's questions need. One that the
// session asks while another is up waits until that is answered.
func (w *Window) answer() {
	choice := w.s.Opening.Choice()
	w.settle(&w.asked.choice, len(choice) > 0, func() *sheet { return w.choose(choice) })
	question, ok := w.s.Importing.Question()
	w.settle(&w.asked.segments, ok, func() *sheet { return w.askSegments(question) })
	revisions, ok := w.s.Revising.Listed()
	w.settle(&w.asked.listed, ok, func() *sheet { return w.listRevisions(revisions) })
	w.answerPlan()
	verdict, ok := w.s.Retraining.Verdict()
	w.settle(&w.asked.verdict, ok, func() *sheet { return w.compare(verdict) })
}

// settle shows one sheet, leaves it, or takes it away.
func (w *Window) settle(a **sheet, asked bool, ask func() *sheet) {
	switch {
	case !asked:
		w.dismiss(a)
	case *a != nil && slices.Contains(w.sheets, *a):
	case len(w.sheets) == 0:
		*a = ask()
	}
}

func (w *Window) answerPlan() {
	plan, ok := w.s.Retraining.Plan()
	switch a := w.asked.plan; {
	case ok && a != nil:
		a.show(plan)
	case ok && len(w.sheets) == 0:
		w.asked.plan = w.planSheet(plan)
	case !ok && a != nil:
		w.dismiss(&a.sheet)
		w.asked.plan = nil
	}
}

// dismiss takes away a sheet that is no longer asked for.
func (w *Window) dismiss(s **sheet) {
	if *s != nil {
		if slices.Contains(w.sheets, *s) {
			(*s).close()
		}
		*s = nil
	}
}

// showLog shows lines of a log, with a button that copies them.
func (w *Window) showLog(title string, lines []string) {
	text := strings.Join(lines, "\n")
	if text == "" {
		text = "The log is empty."
	}
	body := widget.NewLabel(text)
	body.TextStyle.Monospace = true
	body.Selectable = true
	head := paragraph(title)
	w.sheet("Log", container.NewBorder(tight(head), nil, nil, nil, container.NewScroll(body)),
		fyne.NewSize(820, 520), nil,
		answer{
			text: "Copy", stays: true,
			do: func() {
				w.app.Clipboard().SetContent(title + "\n" + text)
				w.s.Messages.Toast("The log was copied.")
			},
		},
		answer{text: "Close", safe: true})
}

func (w *Window) showTrainerLog() {
	w.showLog("What the trainer has said since it was started", w.s.Jobs.Log())
}

func (w *Window) about() {
	device := w.s.Jobs.Device()
	if device == "" {
		device = "not started yet"
	}
	text := "Glasswork shows ground-glass and consolidation in chest CT, lets you correct them, " +
		"and learns from your corrections on this machine.\n\n" +
		"It is for research only. It is not a medical device and must not be used for diagnosis " +
		"or treatment.\n\n" +
		"Project: " + w.s.ProjectDir() + "\nModel: " + w.s.Models.Current() +
		"\nTrainer: " + device + "\n\nApache License 2.0"
	w.sheet("About Glasswork", paragraph(text), fyne.NewSize(520, 0), nil,
		answer{text: "Close", safe: true})
}
