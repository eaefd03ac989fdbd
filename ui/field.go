package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// field is a text field of a panel: Tab, Esc and Enter give the keyboard back to the picture.
type field struct {
	widget.Entry
	leave func()
	left  func() // the keyboard has gone elsewhere; may be nil
}

func newField(hint string, leave func()) *field {
	f := &field{leave: leave}
	f.PlaceHolder = hint
	f.Scroll = fyne.ScrollHorizontalOnly
	f.ExtendBaseWidget(f)
	return f
}

// AcceptsTab keeps Fyne from moving the focus.
func (f *field) AcceptsTab() bool { return true }

// FocusLost is called by Fyne, also when something else was clicked.
func (f *field) FocusLost() {
	f.Entry.FocusLost()
	if f.left != nil {
		f.left()
	}
}

func (f *field) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyTab, fyne.KeyEscape:
		f.leave()
	case fyne.KeyReturn, fyne.KeyEnter:
		f.Entry.TypedKey(ev)
		f.leave()
	default:
		f.Entry.TypedKey(ev)
	}
}

// trap takes the focus that Fyne gives away on Tab, and hands all keys to the window.
type trap struct {
	widget.BaseWidget
	w *Window
}

var (
	_ fyne.Tabbable   = (*trap)(nil)
	_ desktop.Keyable = (*trap)(nil)
)

func newTrap(w *Window) *trap {
	t := &trap{w: w}
	t.ExtendBaseWidget(t)
	return t
}

func (t *trap) AcceptsTab() bool           { return true }
func (t *trap) FocusGained()               {}
func (t *trap) FocusLost()                 {}
func (t *trap) TypedKey(ev *fyne.KeyEvent) { t.w.typedKey(ev) }
func (t *trap) TypedRune(r rune)           { t.w.typedRune(r) }
func (t *trap) KeyDown(ev *fyne.KeyEvent)  { t.w.keyDown(ev) }
func (t *trap) KeyUp(ev *fyne.KeyEvent)    { t.w.keyUp(ev) }
func (t *trap) MinSize() fyne.Size         { return fyne.Size{} }
func (t *trap) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(spacer(0, 0))
}

// pathField is a text field of a sheet: Enter and Esc answer the sheet.
type pathField struct {
	widget.Entry
	enter, escape func()
}

func newPathField(hint string, enter, escape func()) *pathField {
	f := &pathField{enter: enter, escape: escape}
	f.PlaceHolder = hint
	f.Scroll = fyne.ScrollHorizontalOnly
	f.ExtendBaseWidget(f)
	return f
}

func (f *pathField) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		f.enter()
	case fyne.KeyEscape:
		f.escape()
	default:
		f.Entry.TypedKey(ev)
	}
}
