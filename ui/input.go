package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// held is which modifiers are pressed.
func held() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// typedKey does what a key stands for. While a sheet is up the keys are the sheet's.
func (w *Window) typedKey(ev *fyne.KeyEvent) {
	if n := len(w.sheets); n > 0 &&
		w.win.Canvas().Overlays().Top() == fyne.CanvasObject(w.sheets[n-1].popup) {
		w.sheets[n-1].key(ev.Name)
		return
	}
	if w.covered() || ev.Name == fyne.KeyTab {
		return
	}
	w.run(find(w.menus, key{name: ev.Name, mod: held() & fyne.KeyModifierShift}))
}

// typedRune does what a character stands for, wherever the keyboard has it.
func (w *Window) typedRune(c rune) {
	if !w.covered() {
		w.run(find(w.menus, char(c)))
	}
}

// covered reports whether something lies over the whole window and has the keys.
func (w *Window) covered() bool {
	return len(w.sheets) > 0 || w.win.Canvas().Overlays().Top() != nil
}

func (w *Window) run(c *command) {
	if c != nil && c.isAble() {
		c.do()
	}
}

// keyDown is for keys that work while they are held. Tab comes here and not to typedKey,
// because Fyne moves the focus with it; the focus is given back at once.
func (w *Window) keyDown(ev *fyne.KeyEvent) {
	if w.covered() {
		return
	}
	switch ev.Name {
	case fyne.KeyS:
		if held() == 0 {
			w.s.Display.Hide(true)
		}
	case fyne.KeySpace:
		w.view.HoldPan(true)
	case fyne.KeyTab:
		if held()&^fyne.KeyModifierShift == 0 {
			w.fold()
		}
	}
}

func (w *Window) keyUp(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyS:
		w.s.Display.Hide(false)
	case fyne.KeySpace:
		w.view.HoldPan(false)
	}
}

// letGo ends what a held key does when the window no longer hears of its release.
func (w *Window) letGo() {
	w.s.Display.Hide(false)
	w.view.HoldPan(false)
}

// escape is Esc: help, a lasso, a stroke, a tool, in this order.
func (w *Window) escape() {
	switch {
	case w.help.Visible():
		w.toggleHelp()
	case w.view.Cancel():
	case w.s.Revising.Leave():
	case w.s.Editing.Leave():
	case w.s.Opening.Text() != "":
		w.s.Opening.Cancel()
	}
}

// fold hides or shows the side columns.
func (w *Window) fold() {
	w.folded = !w.folded
	w.frame.fold(w.folded)
}

func (w *Window) toggleHelp() {
	if w.help.Visible() {
		w.help.Hide()
	} else {
		w.help.Show()
	}
	w.refreshMenu()
}

func (w *Window) toggleIdentity() {
	w.identity = !w.identity
	w.frame.identify(w.identityText())
	w.refreshMenu()
}

// identityText is who the patient is, if that is to be seen.
func (w *Window) identityText() string {
	if !w.identity || !w.reading() {
		return ""
	}
	name, id := w.s.Reading.Identity()
	switch {
	case name == "" && id == "":
		return "no patient identity in this study"
	case id == "":
		return name
	}
	return name + "  " + id
}

// dropped opens the first of what was dropped onto the window.
func (w *Window) dropped(uris []fyne.URI) {
	for _, u := range uris {
		if u.Scheme() == "file" || u.Scheme() == "" {
			if len(uris) > 1 {
				w.s.Messages.Toast(fmt.Sprintf("%d things were dropped; the first is opened. "+
					"Drop their folder to choose.", len(uris)))
			}
			w.s.Opening.Drop(u.Path())
			return
		}
	}
	if len(uris) > 0 {
		w.s.Messages.Toast("Only files and folders of this machine can be opened, not " +
			uris[0].Scheme() + " addresses.")
	}
}
