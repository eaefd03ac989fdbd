package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// flow puts groups into as many columns as fit, each group where there is most room.
type flow struct {
	gap   float32
	width float32 // it was laid out for; Fyne asks for the height without saying it
}

// arrange returns where the groups go and how high the whole is.
func (f *flow) arrange(all []fyne.CanvasObject, width float32) (at []fyne.Position, height float32) {
	var widest float32
	for _, o := range all {
		widest = max(widest, o.MinSize().Width)
	}
	n := max(int((width+f.gap)/(widest+f.gap)), 1)
	heights := make([]float32, min(n, max(len(all), 1)))
	for _, o := range all {
		column := 0
		for i, h := range heights {
			if h < heights[column] {
				column = i
			}
		}
		at = append(at, fyne.NewPos(float32(column)*(widest+f.gap), heights[column]))
		heights[column] += o.MinSize().Height + f.gap/2
		height = max(height, heights[column])
	}
	return at, height
}

func (f *flow) Layout(all []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	at, _ := f.arrange(all, size.Width)
	for i, o := range all {
		o.Move(at[i])
		o.Resize(o.MinSize())
	}
}

func (f *flow) MinSize(all []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range all {
		size.Width = max(size.Width, o.MinSize().Width)
	}
	_, size.Height = f.arrange(all, max(f.width, size.Width))
	return size
}

// cover lies over the picture and goes at a click.
type cover struct {
	widget.BaseWidget
	content fyne.CanvasObject
	dismiss func()
}

func newCover(content fyne.CanvasObject, dismiss func()) *cover {
	c := &cover{content: content, dismiss: dismiss}
	c.ExtendBaseWidget(c)
	return c
}

func (c *cover) Tapped(*fyne.PointEvent) { c.dismiss() }

func (c *cover) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.content) }
