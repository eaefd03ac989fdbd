package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// field is a text field of a panel: Esc and Enter give the keyboard back to the picture.
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

// FocusLost is called by Fyne, also when something else was clicked.
func (f *field) FocusLost() {
	f.Entry.FocusLost()
	if f.left != nil {
		f.left()
	}
}

func (f *field) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape:
		f.leave()
	case fyne.KeyReturn, fyne.KeyEnter:
		f.Entry.TypedKey(ev)
		f.leave()
	default:
		f.Entry.TypedKey(ev)
	}
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
