package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/words"
	"glasswork/ui/session"
	"glasswork/viewer"
)

// toolPanel says what the left button will do right now, in words and numbers, and lets them
// be changed.
type toolPanel struct {
	in       *session.Tools
	object   fyne.CanvasObject
	tools    []*segment
	erase    *segment
	says     *widget.Label
	size     *label
	limit    *segment
	low      *field
	high     *field
	settings *fyne.Container
}

func newToolPanel(in *session.Tools, editing *session.Editing) *toolPanel {
	t := &toolPanel{in: in, says: widget.NewLabel(""), size: newWholeLabel("", inkStrong)}
	t.says.Wrapping = fyne.TextWrapWord
	for _, tool := range session.AllTools() {
		key := tool.Key()
		if key == "" {
			key = "Esc"
		}
		t.tools = append(t.tools, newSegment(tool.Name(), func() { in.Take(tool) }).
			says(tool.Name()+" ("+key+")"))
	}
	t.erase = newSegment("Erase", func() { in.SetErase(!in.Erasing()) }).
		says("Erase instead of painting (E, or Shift with the left button)")
	t.limit = newSegment("◐ HU", in.ToggleRange).says("Paint only within these HU (H)")
	t.low, t.high = t.bound("from"), t.bound("to")
	resize := func(n int) func() { return func() { in.ResizeTip(n) } }
	tip := container.NewBorder(nil, nil, newWholeLabel("Tip", inkQuiet),
		container.NewHBox(newSegment("−", resize(-1)).says("Smaller tip ([)"),
			newSegment("+", resize(1)).says("Larger tip (])")),
		container.NewCenter(t.size))
	limits := container.NewBorder(nil, nil, container.NewCenter(t.limit),
		container.NewCenter(newSegment("Default", in.ResetRange).
			says("The default HU limits of this class")),
		container.New(&evenly{gap: 3}, t.low, t.high))
	t.settings = container.NewVBox(tip, limits,
		segments(newSegment("Fill holes", editing.FillHoles).
			says("Fill the holes of the class on this slice (F)"),
			newSegment("Undo", editing.Undo).says("Undo (Ctrl+Z)"),
			newSegment("Redo", editing.Redo).says("Redo (Ctrl+Y)")))
	t.object = section("TOOL", nil, segments(append(t.tools, t.erase)...),
		container.NewStack(twoLines(), tight(t.says)),
		t.settings)
	return t
}

// twoLines keeps the room of the longest text, so that nothing below it moves with the tool.
func twoLines() fyne.CanvasObject {
	l := widget.NewLabel("x\nx")
	return spacer(0, l.MinSize().Height-labelPadding)
}

// bound is a field for one end of the HU range.
func (t *toolPanel) bound(hint string) *field {
	var f *field
	f = newField(hint, func() { unfocus(f) })
	f.left = t.setRange
	return f
}

// setRange takes over what stands in the fields if it has changed, and writes what is in force.
func (t *toolPanel) setRange() {
	if low, high := t.in.Range().Bounds(); t.low.Text != low || t.high.Text != high {
		t.in.ReadRange(t.low.Text, t.high.Text)
	}
	low, high := t.in.Range().Bounds()
	t.low.SetText(low)
	t.high.SetText(high)
	t.update()
}

// unbroken keeps numbers and their units on one line.
var unbroken = strings.NewReplacer("HU ", "HU\u00a0", " mm", "\u00a0mm")

func (t *toolPanel) update() {
	tip, _, erase := t.in.Brush()
	for i, seg := range t.tools {
		seg.choose(session.Tool(i) == t.in.Tool() && !erase)
	}
	t.erase.choose(erase)
	if text := unbroken.Replace(words.UpperFirst(t.in.Text())); t.says.Text != text {
		t.says.SetText(text)
	}
	t.size.set(viewer.Millimetres(tip.DiameterMM))
	r := t.in.Range()
	t.limit.choose(r.On)
	low, high := r.Bounds()
	write(t.low, low)
	write(t.high, high)
}

// write puts a text into a field that is not being edited.
func write(f *field, text string) {
	c := fyne.CurrentApp().Driver().CanvasForObject(f)
	if f.Text != text && (c == nil || c.Focused() != f) {
		f.SetText(text)
	}
}

// tight takes away the padding that Fyne's labels have at their sides.
func tight(o fyne.CanvasObject) fyne.CanvasObject { return container.New(tightLayout{}, o) }

type tightLayout struct{}

const labelPadding = 6

func (tightLayout) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		place(o, -labelPadding, -labelPadding/2, size.Width+2*labelPadding,
			size.Height+labelPadding)
	}
}

func (tightLayout) MinSize(all []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range all {
		size = size.Max(o.MinSize())
	}
	return fyne.NewSize(max(size.Width-2*labelPadding, 0), max(size.Height-labelPadding, 0))
}
