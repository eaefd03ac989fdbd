package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"glasswork/ui/session"
)

// questionSize is how wide a sheet with one sentence is.
var questionSize = fyne.NewSize(460, 0)

// close closes the window. It asks first if a job would be lost, or if there is work that is
// in no revision yet.
func (w *Window) close() {
	if w.closing || w.asked.closing != nil && slices.Contains(w.sheets, w.asked.closing) {
		return
	}
	text, ok := w.s.Jobs.MayClose()
	switch {
	case !ok:
		w.asked.closing = w.sheet("Close Glasswork?", paragraph(text), questionSize, nil,
			answer{text: "Close anyway", do: w.quit}, answer{text: "Stay", safe: true})
	case w.s.Saving.Unsaved():
		w.asked.closing = w.sheet("Save before closing?", paragraph("The labels of this study "+
			"have changed since they were last saved as a revision. Nothing is lost without "+
			"saving: every stroke is in the project. But only saved revisions are exported and "+
			"trained on."),
			questionSize, nil,
			answer{text: "Cancel"}, answer{text: "Close without saving", do: w.quit},
			answer{text: "Save and close", safe: true, do: w.saveAndQuit})
	default:
		w.quit()
	}
}

// saveAndQuit closes once the labels are saved. If they cannot be saved the window stays.
func (w *Window) saveAndQuit() {
	var forget func()
	forget = w.s.Observe(session.TopicSaved|session.TopicMessages, func() {
		failed := slices.ContainsFunc(w.s.Messages.All(),
			func(m session.Message) bool { return m.Severity == session.Failure })
		switch {
		case !w.s.Saving.Unsaved():
			forget()
			w.quit()
		case failed:
			forget()
		}
	})
	w.s.Saving.Save()
}

// quit ends the application. The session is closed once the window is gone.
func (w *Window) quit() {
	w.closing = true
	w.rememberSize()
	w.win.SetCloseIntercept(nil)
	w.win.Close()
}
