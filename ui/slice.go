package ui

import (
	"fmt"

	"fyne.io/fyne/v2"

	"glasswork/ui/session"
)

// slicePanel says where the slice looked at stands: reviewed by a person or not.
type slicePanel struct {
	s        *session.Session
	object   fyne.CanvasObject
	title    *label
	reviewed *segment
}

func newSlicePanel(s *session.Session) *slicePanel {
	p := &slicePanel{s: s, title: newWholeLabel("", inkQuiet), reviewed: newSegment("Reviewed", s.ToggleReviewed)}
	p.object = section("SLICE", p.title, segments(p.reviewed, newSegment("Accept", s.Accept), newSegment("Propose", s.ProposeSlice)))
	return p
}

func (p *slicePanel) update() {
	p.title.set("")
	if n := p.s.Slices(); n > 0 {
		p.title.set(fmt.Sprintf("%d / %d", p.s.Slice()+1, n))
	}
	on := p.s.Reviewed(p.s.Slice())
	p.reviewed.choose(on)
	if on {
		p.reviewed.set("✓ Reviewed")
	} else {
		p.reviewed.set("Reviewed?")
	}
}
