package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// seen calls f with every object under o that can be seen, until it returns false.
func seen(o fyne.CanvasObject, f func(fyne.CanvasObject) bool) bool {
	if o == nil || !o.Visible() {
		return true
	}
	if !f(o) {
		return false
	}
	var below []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		below = o.Objects
	case fyne.Widget:
		below = test.WidgetRenderer(o).Objects()
	}
	for _, child := range below {
		if !seen(child, f) {
			return false
		}
	}
	return true
}

// texts are all texts that can be seen under o.
func texts(o fyne.CanvasObject) string {
	var all []string
	seen(o, func(found fyne.CanvasObject) bool {
		if text, ok := textOf(found); ok {
			all = append(all, text)
		}
		return true
	})
	return strings.Join(all, "\n")
}

// textOf is the text of one of Fyne's own objects.
func textOf(o fyne.CanvasObject) (string, bool) {
	switch o := o.(type) {
	case *label:
		return o.full, true
	case *canvas.Text:
		return o.Text, true
	case *widget.Label:
		return o.Text, true
	case *button:
		return o.Text, true
	}
	return "", false
}

// tapButton taps the button with a text under o.
func tapButton(t *testing.T, under fyne.CanvasObject, text string) {
	t.Helper()
	var found *button
	seen(under, func(o fyne.CanvasObject) bool {
		b, ok := o.(*button)
		if ok && b.Text == text {
			found = b
		}
		return found == nil
	})
	if found == nil {
		t.Fatalf("there is no button %q", text)
	}
	test.Tap(found)
}
