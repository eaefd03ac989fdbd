package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// flow puts groups into columns, in order, as many columns as fit side by side.
type flow struct {
	gap   float32
	width float32 // it was laid out for; Fyne asks for the height without saying it
}

// arrange returns where the groups go and how high the whole is: the most columns that fit.
func (f *flow) arrange(
	all []fyne.CanvasObject, width float32,
) (at []fyne.Position, height float32) {
	for n := len(all); n > 1; n-- {
		if at, size := f.columns(all, n); size.Width <= width {
			return at, size.Height
		}
	}
	at, size := f.columns(all, 1)
	return at, size.Height
}

// columns fills at most n columns to about the same height.
func (f *flow) columns(all []fyne.CanvasObject, n int) (at []fyne.Position, size fyne.Size) {
	limit := f.level(all, n)
	var x, y, widest float32
	for _, o := range all {
		own := o.MinSize()
		if y > 0 && y+own.Height > limit {
			x, y, widest = x+widest+f.gap, 0, 0
		}
		at = append(at, fyne.NewPos(x, y))
		y += own.Height + f.gap/2
		widest = max(widest, own.Width)
		size = size.Max(fyne.NewSize(x+widest, y))
	}
	return at, size
}

// level is the least height at which n columns hold everything.
func (f *flow) level(all []fyne.CanvasObject, n int) float32 {
	var low, high float32
	for _, o := range all {
		low = max(low, o.MinSize().Height)
		high += o.MinSize().Height + f.gap/2
	}
	for high-low > 1 {
		mid := (low + high) / 2
		used, y := 1, float32(0)
		for _, o := range all {
			if own := o.MinSize().Height; y > 0 && y+own > mid {
				used, y = used+1, own+f.gap/2
			} else {
				y += own + f.gap/2
			}
		}
		if used <= n {
			high = mid
		} else {
			low = mid
		}
	}
	return high
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
