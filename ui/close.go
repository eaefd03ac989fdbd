package ui

import "fyne.io/fyne/v2"

var small300 = fyne.NewSize(460, 0)

// close closes the window. It asks first if a job would be lost, or if there is work that is
// not saved as a revision.
func (w *Window) close() {
	if w.closing {
		return
	}
	text, ok := w.s.MayClose()
	switch {
	case !ok:
		w.sheet("Close Glasswork?", paragraph(text), small300, nil,
			answer{text: "Close anyway", do: w.quit}, answer{text: "Stay", safe: true})
	default:
		w.quit()
	}
}

// quit ends the application. The session is closed once the window is gone.
func (w *Window) quit() {
	w.closing = true
	w.win.SetCloseIntercept(nil)
	w.win.Close()
}
