package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Whatever has the keyboard passes on the keys that it does not use itself: Fyne sends a key
// to one object only, and the keys of the window and of a sheet work wherever the focus is.

// passKey gives a key to the window.
func passKey(from fyne.CanvasObject, ev *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(from); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(ev)
	}
}

// passRune gives a character to the window.
func passRune(from fyne.CanvasObject, r rune) {
	c := fyne.CurrentApp().Driver().CanvasForObject(from)
	if c != nil && c.OnTypedRune() != nil && r != ' ' {
		c.OnTypedRune()(r)
	}
}

// passHeld tells the window that a key went down or up. A space is the widget's own.
func passHeld(from fyne.CanvasObject, ev *fyne.KeyEvent, down bool) {
	c, ok := fyne.CurrentApp().Driver().CanvasForObject(from).(desktop.Canvas)
	if !ok || ev.Name == fyne.KeySpace {
		return
	}
	if f := c.OnKeyDown(); down && f != nil {
		f(ev)
	}
	if f := c.OnKeyUp(); !down && f != nil {
		f(ev)
	}
}

// presses reports whether a key presses the button that has the keyboard.
func presses(ev *fyne.KeyEvent) bool {
	return ev.Name == fyne.KeySpace || ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter
}

// button is Fyne's with the keys of the window: Space and Enter press it.
type button struct {
	widget.Button
	tip string // what it does, if that does not stand on it
}

// tipped is newButton with a tip.
func tipped(text, tip string, tapped func()) *button {
	b := newButton(text, tapped)
	b.tip = tip
	return b
}

func newButton(text string, tapped func()) *button {
	b := &button{}
	b.Text, b.OnTapped = text, tapped
	b.ExtendBaseWidget(b)
	return b
}

// TypedKey is called by Fyne, as those below are.
func (b *button) TypedKey(ev *fyne.KeyEvent) {
	if presses(ev) {
		b.Tapped(nil)
	} else {
		passKey(b, ev)
	}
}

// MouseIn is called by Fyne, as those below are.
func (b *button) MouseIn(ev *desktop.MouseEvent) {
	b.Button.MouseIn(ev)
	hover(b, b.tip)
}

func (b *button) MouseOut() {
	b.Button.MouseOut()
	hover(b, "")
}
func (b *button) TypedRune(r rune)          { passRune(b, r) }
func (b *button) KeyDown(ev *fyne.KeyEvent) { passHeld(b, ev, true) }
func (b *button) KeyUp(ev *fyne.KeyEvent)   { passHeld(b, ev, false) }

// choice is Fyne's drop-down list with the keys of the window: Space, up and down are its own.
type choice struct{ widget.Select }

func newChoice(options []string, changed func(string)) *choice {
	c := &choice{}
	c.Options, c.OnChanged = options, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey is called by Fyne, as those below are.
func (c *choice) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown:
		c.Select.TypedKey(ev)
	default:
		passKey(c, ev)
	}
}
func (c *choice) TypedRune(r rune)          { passRune(c, r) }
func (c *choice) KeyDown(ev *fyne.KeyEvent) { passHeld(c, ev, true) }
func (c *choice) KeyUp(ev *fyne.KeyEvent)   { passHeld(c, ev, false) }

// check is Fyne's with the keys of the window: Space is its own.
type check struct{ widget.Check }

func newCheck(text string, changed func(bool)) *check {
	c := &check{}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey is called by Fyne, as those below are.
func (c *check) TypedKey(ev *fyne.KeyEvent) { passKey(c, ev) }

func (c *check) TypedRune(r rune) {
	c.Check.TypedRune(r)
	passRune(c, r)
}
func (c *check) KeyDown(ev *fyne.KeyEvent) { passHeld(c, ev, true) }
func (c *check) KeyUp(ev *fyne.KeyEvent)   { passHeld(c, ev, false) }

// slider is Fyne's with the keys of the window: left and right are its own.
type slider struct{ widget.Slider }

func newSlider(low, high, step float64) *slider {
	s := &slider{}
	s.Min, s.Max, s.Step = low, high, step
	s.ExtendBaseWidget(s)
	return s
}

// TypedKey is called by Fyne, as those below are.
func (s *slider) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeyLeft || ev.Name == fyne.KeyRight {
		s.Slider.TypedKey(ev)
	} else {
		passKey(s, ev)
	}
}
func (s *slider) TypedRune(r rune)          { passRune(s, r) }
func (s *slider) KeyDown(ev *fyne.KeyEvent) { passHeld(s, ev, true) }
func (s *slider) KeyUp(ev *fyne.KeyEvent)   { passHeld(s, ev, false) }

// list is Fyne's with the keys of the window: Space, up and down are its own, unless the
// sheet that it is in has them.
type list struct {
	widget.List
	pass bool // the sheet has up and down
}

func newList(n func() int, row func() fyne.CanvasObject,
	show func(widget.ListItemID, fyne.CanvasObject),
) *list {
	l := &list{}
	l.Length, l.CreateItem, l.UpdateItem, l.HideSeparators = n, row, show, true
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey is called by Fyne, as those below are. Enter opens what the keyboard is at.
func (l *list) TypedKey(ev *fyne.KeyEvent) {
	switch {
	case !l.pass && (ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter):
		l.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case !l.pass && (ev.Name == fyne.KeySpace || ev.Name == fyne.KeyUp || ev.Name == fyne.KeyDown):
		l.List.TypedKey(ev)
	default:
		passKey(l, ev)
	}
}
func (l *list) TypedRune(r rune)          { passRune(l, r) }
func (l *list) KeyDown(ev *fyne.KeyEvent) { passHeld(l, ev, true) }
func (l *list) KeyUp(ev *fyne.KeyEvent)   { passHeld(l, ev, false) }

// pressable is what can be pressed by mouse or keys; it is embedded, and told who it is.
type pressable struct {
	widget.BaseWidget
	self          fyne.CanvasObject
	over, focused bool
	tip           string // what it does, if that does not stand on it
	do            func() // may be nil: then nothing happens
	painted       func() // over or focused has changed
}

func (p *pressable) init(self fyne.Widget, do, painted func()) {
	p.self, p.do, p.painted = self, do, painted
	p.ExtendBaseWidget(self)
}

// Tapped is called by Fyne, as those below are.
func (p *pressable) Tapped(*fyne.PointEvent) {
	if p.do != nil {
		p.do()
	}
}

func (p *pressable) TypedKey(ev *fyne.KeyEvent) {
	if presses(ev) {
		p.Tapped(nil)
	} else {
		passKey(p.self, ev)
	}
}
func (p *pressable) TypedRune(r rune)               { passRune(p.self, r) }
func (p *pressable) KeyDown(ev *fyne.KeyEvent)      { passHeld(p.self, ev, true) }
func (p *pressable) KeyUp(ev *fyne.KeyEvent)        { passHeld(p.self, ev, false) }
func (p *pressable) FocusGained()                   { p.focused = true; p.painted() }
func (p *pressable) FocusLost()                     { p.focused = false; p.painted() }
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}

// MouseIn is called by Fyne.
func (p *pressable) MouseIn(*desktop.MouseEvent) {
	p.over = true
	p.painted()
	hover(p.self, p.tip)
}

// MouseOut is called by Fyne.
func (p *pressable) MouseOut() {
	p.over = false
	p.painted()
	hover(p.self, "")
}
