package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/driver/desktop"
)

func TestTipsSayWhatIsUnderThePointer(t *testing.T) {
	r := newRig(t)
	r.open()
	c := r.win.Canvas()
	var brush *segment
	for brush == nil {
		c.FocusNext()
		if o, ok := c.Focused().(*segment); ok && o.text.Text == "Brush" {
			brush = o
		}
	}
	shown := r.frame.tip
	brush.MouseIn(&desktop.MouseEvent{})
	if shown.object.Visible() {
		t.Error("the tip does not wait")
	}
	r.until("the tip", func() bool { return shown.object.Visible() })
	if got := shown.text.full; got != "Brush (T)" {
		t.Errorf("the tip says %q", got)
	}
	brush.MouseOut()
	if shown.object.Visible() {
		t.Error("the tip stays")
	}
	brush.MouseIn(&desktop.MouseEvent{})
	brush.MouseOut()
	time.Sleep(tipDelay + 50*time.Millisecond)
	if r.pump(); shown.object.Visible() {
		t.Error("a tip comes after the pointer has left")
	}
}
