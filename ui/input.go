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

// typedKey does what a key stands for. While a sheet is up the keys are the sheet's, and
// while something else lies over the window they are its own.
func (w *Window) typedKey(ev *fyne.KeyEvent) {
	w.place = fyne.KeyUnknown
	top := w.win.Canvas().Overlays().Top()
	switch n := len(w.sheets); {
	case n > 0 && top == fyne.CanvasObject(w.sheets[n-1].popup):
		w.sheets[n-1].key(ev.Name)
	case top != nil && ev.Name == fyne.KeyEscape && w.picker != nil:
		w.picker.Hide()
	case w.covered() || ev.Name == fyne.KeyTab:
	case ev.Name == fyne.KeyUnknown:
		w.place = named(ev) // the character that comes next says whether that counts
	default:
		w.run(find(w.menus, key{name: ev.Name, mod: held() & fyne.KeyModifierShift}))
	}
}

// typedRune does what a character stands for, wherever the keyboard has it. A character that is
// not of the Latin script stands for the key's place.
func (w *Window) typedRune(c rune) {
	place := w.place
	w.place = fyne.KeyUnknown
	switch {
	case w.covered():
	case !foreign(c):
		w.run(find(w.menus, char(c)))
	case len(place) == 1 && (place == "[" || place == "]"):
		w.run(find(w.menus, char(rune(place[0]))))
	case place != fyne.KeyUnknown:
		w.run(find(w.menus, key{name: place, mod: held() & fyne.KeyModifierShift}))
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

// keyDown is for keys that work while they are held.
func (w *Window) keyDown(ev *fyne.KeyEvent) {
	if w.covered() {
		return
	}
	switch named(ev) {
	case fyne.KeyS:
		if held() == 0 {
			w.s.Display.Hide(true)
		}
	case fyne.KeySpace:
		w.view.HoldPan(true)
	}
}

func (w *Window) keyUp(ev *fyne.KeyEvent) {
	switch named(ev) {
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

// escape is Esc: help, the focus, a lasso, a revision, a stroke, a tool, in this order.
func (w *Window) escape() {
	switch {
	case w.help.Visible():
		w.toggleHelp()
	case w.win.Canvas().Focused() != nil:
		w.Focus()
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

// openMenu gives the keyboard to the menu bar, where the driver has one.
func (w *Window) openMenu() {
	if c, ok := w.win.Canvas().(interface{ ToggleMenu() }); ok {
		c.ToggleMenu()
	}
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
				w.s.Messages.Toast(fmt.Sprintf(
					"%d files and folders were dropped; the first is opened. "+
						"Drop their folder to choose.", len(uris)))
			}
			w.opened(u.Path())
			w.s.Opening.Drop(u.Path())
			return
		}
	}
	if len(uris) > 0 {
		w.s.Messages.Toast("Only files and folders of this machine can be opened, not " +
			uris[0].Scheme() + " addresses.")
	}
}
