package main

import (
	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"
)

// workArea is the part of the first screen that windows may take, in pixels; zero where it
// is not known. A window must have been made, because Fyne starts the window system then.
func workArea() (size fyne.Size) {
	defer func() { _ = recover() }() // GLFW panics where it has not been started
	if m := glfw.GetPrimaryMonitor(); m != nil {
		_, _, width, height := m.GetWorkarea()
		size = fyne.NewSize(float32(width), float32(height))
	}
	return size
}
