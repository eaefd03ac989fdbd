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
	plan     *retrainSheet
	verdict  *sheet
}

// answer shows and takes away the sheets that the session's questions need.
func (w *Window) answer() {
	choice := w.s.Opening.Choice()
	if a := &w.asked.choice; len(choice) == 0 {
		w.dismiss(a)
	} else if *a == nil || !slices.Contains(w.sheets, *a) {
		*a = w.choose(choice)
	}
	question, ok := w.s.Importing.Question()
	if a := &w.asked.segments; !ok {
		w.dismiss(a)
	} else if *a == nil || !slices.Contains(w.sheets, *a) {
		*a = w.askSegments(question)
	}
	revisions, ok := w.s.Revising.Listed()
	if a := &w.asked.listed; !ok {
		w.dismiss(a)
	} else if *a == nil || !slices.Contains(w.sheets, *a) {
		*a = w.listRevisions(revisions)
	}
	w.answerPlan()
	verdict, ok := w.s.Retraining.Verdict()
	if a := &w.asked.verdict; !ok {
		w.dismiss(a)
	} else if *a == nil {
		*a = w.compare(verdict)
	}
}

func (w *Window) answerPlan() {
	plan, ok := w.s.Retraining.Plan()
	switch a := w.asked.plan; {
	case ok && a == nil:
		w.asked.plan = w.planSheet(plan)
	case ok:
		a.show(plan)
	case a != nil:
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
