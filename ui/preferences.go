package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"glasswork/dataset/words"
)

// What the window remembers on this machine, whatever the project. No path of a patient's files
// is shown anywhere but in the menu that it was opened from.
const (
	prefWidth        = "window.width"
	prefHeight       = "window.height"
	prefText         = "text.size"
	prefRecent       = "recent"
	prefExportFolder = "export.folder"
	prefExportFormat = "export.format"
)

// firstSize is the window's at first, or this part of a large screen.
var firstSize = fyne.NewSize(1440, 900)

const firstPart = 0.85

// Arrange gives the window the size that it had last, within a screen of a size in pixels.
// Where the screen's size is not known it is zero.
func (w *Window) Arrange(screen fyne.Size) {
	prefs := w.app.Preferences()
	size := fyne.NewSize(
		float32(prefs.FloatWithFallback(prefWidth, float64(firstSize.Width))),
		float32(prefs.FloatWithFallback(prefHeight, float64(firstSize.Height))))
	if prefs.Float(prefWidth) == 0 && screen.Width > 0 {
		size = size.Max(fyne.NewSize(screen.Width*firstPart, screen.Height*firstPart))
	}
	const frame = 40 // what the system puts around a window, at most
	if scale := w.win.Canvas().Scale(); screen.Width > 0 && scale > 0 {
		size.Width = min(size.Width, screen.Width/scale)
		if size.Height > screen.Height/scale {
			size.Height = screen.Height/scale - frame
		}
	}
	w.win.Resize(size)
	w.win.CenterOnScreen()
}

// rememberSize keeps the window's size.
func (w *Window) rememberSize() {
	size := w.win.Canvas().Size()
	w.app.Preferences().SetFloat(prefWidth, float64(size.Width))
	w.app.Preferences().SetFloat(prefHeight, float64(size.Height))
}

// mostRecent is how many paths are offered to be opened again.
const mostRecent = 8

// recent are the paths that were opened last, the newest first.
func (w *Window) recent() []string { return w.app.Preferences().StringList(prefRecent) }

// opened remembers a path.
func (w *Window) opened(path string) {
	all := slices.DeleteFunc(w.recent(), func(old string) bool { return old == path })
	all = append([]string{path}, all...)
	w.app.Preferences().SetStringList(prefRecent, all[:min(len(all), mostRecent)])
}

// textSizes are those that can be chosen, in parts of the usual one.
var textSizes = []struct {
	name string
	part float64
}{{"small", 0.9}, {"normal", 1}, {"large", 1.25}, {"very large", 1.5}}

// textSize is the one in force, as an index.
func (w *Window) textSize() int {
	i := w.app.Preferences().IntWithFallback(prefText, 1)
	return min(max(i, 0), len(textSizes)-1)
}

// setTextSize builds the window anew with another size of text.
func (w *Window) setTextSize(i int) {
	w.app.Preferences().SetInt(prefText, i)
	w.applyTextSize()
	w.release()
	w.show(w.s)
}

func (w *Window) applyTextSize() {
	w.app.Settings().SetTheme(readingRoom{float32(textSizes[w.textSize()].part)})
}

// textSizeItems are the text sizes as a submenu.
func (w *Window) textSizeItems() (all []*command) {
	for i, size := range textSizes {
		all = append(all, &command{
			title: words.UpperFirst(size.name), do: func() { w.setTextSize(i) },
			on: func() bool { return w.textSize() == i },
		})
	}
	return all
}
