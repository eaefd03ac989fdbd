package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// answer is one button of a sheet.
type answer struct {
	text string
	// safe is what Enter does; it stands out and is at the right.
	safe bool
	// stays leaves the sheet open.
	stays bool
	do    func()
	off   func() bool // the safe one is disabled while true, another is hidden; nil: never
}

// sheet lies over the window and waits for an answer. Enter gives the safe one, Esc leaves it.
type sheet struct {
	w       *Window
	popup   *widget.PopUp
	answers []answer
	buttons []*button
	left    func() // Esc, or a sheet that is taken away
	keys    func(fyne.KeyName) bool
}

// sheet shows a sheet. left is called when it was left without an answer.
func (w *Window) sheet(
	title string, body fyne.CanvasObject, size fyne.Size, left func(), answers ...answer,
) *sheet {
	s := &sheet{w: w, answers: answers, left: left}
	row := container.NewHBox(layout.NewSpacer())
	for i, a := range answers {
		b := newButton(a.text, func() { s.give(i) })
		if a.safe {
			b.Importance = widget.HighImportance
		}
		s.buttons = append(s.buttons, b)
		row.Add(b)
	}
	head := canvas.NewText(title, inkStrong)
	head.TextSize, head.TextStyle.Bold = theme.Size(theme.SizeNameSubHeadingText), true
	inner := container.NewBorder(container.NewVBox(head, spacer(0, 6)),
		container.NewVBox(spacer(0, 6), row), nil, nil, body)
	s.popup = widget.NewModalPopUp(container.New(layout.NewCustomPaddedLayout(14, 12, 18, 18),
		inner), w.win.Canvas())
	w.sheets = append(w.sheets, s)
	s.popup.Show()
	// How high text is shows only once it has its width.
	s.popup.Resize(fyne.NewSize(max(size.Width, s.popup.MinSize().Width), s.popup.MinSize().Height))
	s.popup.Resize(fit(s.popup.MinSize().Max(size), w.win.Canvas().Size()))
	s.refresh()
	return s
}

// fit keeps a sheet inside the window.
func fit(want, window fyne.Size) fyne.Size {
	return fyne.NewSize(min(want.Width, window.Width-16), min(want.Height, window.Height-16))
}

// refresh brings the buttons up to date.
func (s *sheet) refresh() {
	for i, a := range s.answers {
		switch off := a.off != nil && a.off(); {
		case !a.safe:
			show(s.buttons[i], !off)
		case off:
			s.buttons[i].Disable()
		default:
			s.buttons[i].Enable()
		}
	}
}

func (s *sheet) give(i int) {
	if s.buttons[i].Disabled() {
		return
	}
	if !s.answers[i].stays {
		s.close()
	}
	if s.answers[i].do != nil {
		s.answers[i].do()
	}
}

// enter gives the safe answer.
func (s *sheet) enter() {
	if i := slices.IndexFunc(s.answers, func(a answer) bool { return a.safe }); i >= 0 {
		s.give(i)
	}
}

// leave closes the sheet without an answer.
func (s *sheet) leave() {
	s.close()
	if s.left != nil {
		s.left()
	}
}

// close takes the sheet away.
func (s *sheet) close() {
	s.popup.Hide()
	s.w.sheets = slices.DeleteFunc(s.w.sheets, func(o *sheet) bool { return o == s })
	s.w.post(s.w.answer) // what has waited for this one
}

// key is a key that was pressed while the sheet is up.
func (s *sheet) key(name fyne.KeyName) {
	switch {
	case s.keys != nil && s.keys(name):
	case name == fyne.KeyEscape:
		s.leave()
	case name == fyne.KeyReturn || name == fyne.KeyEnter:
		s.enter()
	}
}

// paragraph is text that wraps.
func paragraph(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}
