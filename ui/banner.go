package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// reply is one button of a banner.
type reply struct {
	text  string
	stays bool // the banner stays after it
	do    func()
}

// banner asks for a decision over the picture's top edge.
type banner struct {
	text    string
	color   color.Color // of the bar at its left: what kind of message it is
	replies []reply
}

// banners are those that wait for a decision, the newest on top. A button takes its
// banner away unless it says otherwise.
type banners struct {
	box   *fyne.Container
	shown []string // keys, in the order of box
}

func newBanners() *banners { return &banners{box: container.NewVBox()} }

// object is what lies over the picture: it takes no click outside its banners.
func (b *banners) object() fyne.CanvasObject { return container.NewVBox(b.box) }

// show shows a banner. A banner of the same key takes the place of the older one.
func (b *banners) show(key string, n banner) {
	b.drop(key)
	mark := canvas.NewRectangle(n.color)
	mark.SetMinSize(fyne.NewSize(4, 0))
	buttons := container.NewHBox()
	for _, c := range n.replies {
		buttons.Add(newButton(c.text, func() {
			if !c.stays {
				b.drop(key)
			}
			if c.do != nil {
				c.do()
			}
		}))
	}
	sentence := widget.NewLabel(n.text)
	sentence.Wrapping = fyne.TextWrapWord
	body := container.NewBorder(nil, nil, mark, container.NewCenter(buttons), sentence)
	if buttons.MinSize().Width > mostBeside {
		row := container.NewHBox(layout.NewSpacer(), buttons)
		body = container.NewBorder(nil, nil, mark, nil, container.NewVBox(sentence, row))
	}
	o := container.NewStack(canvas.NewRectangle(raised),
		container.New(layout.NewCustomPaddedLayout(0, 0, 0, 6), body))
	b.box.Objects = append([]fyne.CanvasObject{o}, b.box.Objects...)
	b.shown = append([]string{key}, b.shown...)
	b.arrange()
}

// mostBeside is how wide buttons beside the sentence may be; wider ones stand below it.
const mostBeside = 180

// mostBanners is how many lie over the picture; older ones wait behind them.
const mostBanners = 2

func (b *banners) arrange() {
	for i, o := range b.box.Objects {
		show(o, i < mostBanners)
	}
	b.box.Refresh()
}

// drop takes a banner away, if it is there.
func (b *banners) drop(key string) {
	for i, k := range b.shown {
		if k == key {
			b.box.Remove(b.box.Objects[i])
			b.shown = append(b.shown[:i:i], b.shown[i+1:]...)
			b.arrange()
			return
		}
	}
}
