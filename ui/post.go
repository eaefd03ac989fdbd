package ui

import "fyne.io/fyne/v2"

// post runs f on the window's goroutine. It is the only way there from any other one.
func post(f func()) { fyne.Do(f) }
