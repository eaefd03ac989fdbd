package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// gestures are what the mouse does over the picture, and keys that are held.
var gestures = [][2]string{
	{"Wheel", "slices"},
	{"Ctrl+Wheel", "zoom at the pointer"},
	{"Ctrl+Shift+Wheel", "size of the tip"},
	{"Left", "the tool"},
	{"Shift+Left", "erase"},
	{"Right drag", "window: width, centre"},
	{"Middle drag", "move the picture"},
	{"Space+Left", "move the picture"},
	{"S held", "hide all overlays"},
}

// legend is what the strip under the picture shows.
var legend = [][2]string{
	{"Bar", "area of ground glass and consolidation"},
	{"White", "reviewed"},
	{"Grey line", "how uncertain the model is"},
	{"Frame", "the slice looked at"},
}

// newHelp shows all keys over the picture, grouped as in the menus. A click takes it away.
func newHelp(menus []menu, dismiss func()) fyne.CanvasObject {
	columns := container.New(&flow{gap: 24})
	columns.Add(helpGroup("Mouse and held keys", gestures))
	columns.Add(helpGroup("Strip under the picture", legend))
	for _, m := range menus {
		var lines [][2]string
		every([]menu{m}, func(c *command) {
			if keys := keyText(c); keys != "" {
				lines = append(lines, [2]string{keys, c.title})
			}
		})
		if len(lines) > 0 {
			columns.Add(helpGroup(m.title, lines))
		}
	}
	ground := canvas.NewRectangle(veil)
	return newCover(container.NewStack(ground,
		container.NewVScroll(container.New(layout.NewCustomPaddedLayout(12, 12, 16, 16), columns))),
		dismiss)
}

// keyText is the keys of a command, such as "↓ →".
func keyText(c *command) string {
	var all []string
	for _, k := range append([]key{c.key}, c.also...) {
		if !k.none() {
			all = append(all, k.String())
		}
	}
	return strings.Join(all, "  ")
}

func helpGroup(title string, lines [][2]string) fyne.CanvasObject {
	table := container.New(&pairs{gap: 10})
	size := theme.Size(theme.SizeNameCaptionText)
	for _, l := range lines {
		k, does := newWholeLabel(l[0], inkStrong), newWholeLabel(strings.TrimSuffix(l[1], "…"), ink)
		k.text.TextStyle.Bold = true
		k.text.TextSize, does.text.TextSize = size, size
		table.Add(k)
		table.Add(does)
	}
	return container.NewVBox(newHeading(strings.ToUpper(title)), table)
}

// pairs lines up keys and what they do.
type pairs struct{ gap float32 }

func (p *pairs) size(all []fyne.CanvasObject) (left, right, height float32) {
	for i, o := range all {
		size := o.MinSize()
		height = max(height, size.Height)
		if i%2 == 0 {
			left = max(left, size.Width)
		} else {
			right = max(right, size.Width)
		}
	}
	return left, right, height + 2
}

func (p *pairs) Layout(all []fyne.CanvasObject, _ fyne.Size) {
	left, right, height := p.size(all)
	for i, o := range all {
		y := float32(i/2) * height
		if i%2 == 0 {
			place(o, left-o.MinSize().Width, y, left, height)
		} else {
			place(o, left+p.gap, y, right, height)
		}
	}
}

func (p *pairs) MinSize(all []fyne.CanvasObject) fyne.Size {
	left, right, height := p.size(all)
	return fyne.NewSize(left+p.gap+right, height*float32((len(all)+1)/2))
}
