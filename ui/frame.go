package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Sizes of the frame's parts.
const (
	leftShare, leftMost, leftLeast    = 0.16, 260, 190
	rightShare, rightMost, rightLeast = 0.19, 320, 244
	stripHeight                       = 44
)

// frame is the window's arrangement: a column at either side, between them the picture with
// the strip under it, below all the status line.
type frame struct {
	object                      *fyne.Container
	left, centre, strip, right  fyne.CanvasObject
	status                      fyne.CanvasObject
	identity                    *label
	tip                         *tip
	folded, reading, identified bool
}

// newFrame arranges the parts. Without a study only the left column and the centre are there.
func newFrame(t *tip, studies, centre, strip, right, status fyne.CanvasObject) *frame {
	f := &frame{
		centre: centre, strip: strip, status: status, identity: newLabel("", inkStrong), tip: t,
	}
	f.left, f.right = column(studies, 10), column(right, 4)
	f.object = container.New(f, f.left, f.centre, f.strip, f.right, f.identity, f.status, t.object)
	f.identify("")
	f.setReading(false)
	return f
}

// column is a side column on its own ground.
func column(content fyne.CanvasObject, atRight float32) fyne.CanvasObject {
	return container.NewStack(canvas.NewRectangle(panel),
		container.New(layout.NewCustomPaddedLayout(8, 8, 10, atRight), content))
}

// rightColumn puts the model at the bottom, where a job is always seen whole, and lets the
// parts above it scroll if there is not room for all.
func rightColumn(model fyne.CanvasObject, above ...fyne.CanvasObject) fyne.CanvasObject {
	list := container.NewVBox()
	for i, o := range above {
		if i > 0 {
			list.Add(widget.NewSeparator())
		}
		list.Add(o)
	}
	const bar = 6 // room for the scroll bar, so that it covers nothing
	inset := func(o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedLayout(0, 0, 0, bar), o)
	}
	return container.NewBorder(nil, container.NewVBox(widget.NewSeparator(), inset(model)), nil,
		nil, container.NewVScroll(inset(list)))
}

func (f *frame) fold(on bool) { f.folded = on; f.arrange() }

func (f *frame) setReading(on bool) { f.reading = on; f.arrange() }

// identify writes who the patient is over the picture, nothing if text is empty.
func (f *frame) identify(text string) {
	f.identity.set(text)
	f.identified = text != ""
	f.arrange()
}

// arrange shows what is to be seen and lays it out.
func (f *frame) arrange() {
	show(f.left, !f.folded)
	show(f.right, !f.folded && f.reading)
	show(f.strip, f.reading)
	show(f.identity, f.identified)
	f.object.Refresh()
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// Layout is called by Fyne.
func (f *frame) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	var left, right float32
	text := theme.Size(theme.SizeNameText) / sizes[theme.SizeNameText]
	if f.left.Visible() {
		left = max(min(size.Width*leftShare, leftMost*text), leftLeast*text)
	}
	if f.right.Visible() {
		right = max(min(size.Width*rightShare, rightMost*text), rightLeast*text)
	}
	bottom := size.Height - f.status.MinSize().Height
	top, width := float32(0), size.Width-left-right
	place(f.left, 0, 0, left, bottom)
	place(f.right, size.Width-right, 0, right, bottom)
	if f.identity.Visible() {
		top = f.identity.MinSize().Height + 6
		place(f.identity, left+8, 3, width-16, top-3)
	}
	strip := float32(0)
	if f.strip.Visible() {
		strip = stripHeight
		place(f.strip, left+8, bottom-strip-2, width-16, strip)
	}
	place(f.centre, left, top, width, bottom-strip-4-top)
	place(f.status, 0, bottom, size.Width, size.Height-bottom)
}

// MinSize is called by Fyne. Smaller than this the picture would no longer be the largest thing.
func (f *frame) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(760, 480) }

func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
}

// section is a part of a side column: a title, something at its right, and a body.
func section(title string, right fyne.CanvasObject, body ...fyne.CanvasObject) *fyne.Container {
	head := container.NewBorder(nil, nil, newHeading(title), right)
	return container.New(layout.NewCustomPaddedVBoxLayout(4),
		append([]fyne.CanvasObject{head}, body...)...)
}

// thin makes a bar as low as a line of small text, whatever it asks for.
func thin(bar fyne.CanvasObject) fyne.CanvasObject { return container.New(thinLayout{}, bar) }

type thinLayout struct{}

const thinHeight = 8

func (thinLayout) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		place(o, 0, (size.Height-thinHeight)/2, size.Width, thinHeight)
	}
}

func (thinLayout) MinSize(all []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(40,
		thinHeight+4)
}
