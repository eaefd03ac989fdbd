package ui

import (
	"fmt"

	"fyne.io/fyne/v2"

	"glasswork/ui/session"
)

// sliceTopics are what the slice panel shows.
const sliceTopics = session.TopicSlice | session.TopicStudy | session.TopicSaved |
	session.TopicLabels

// slicePanel says where the slice looked at stands: reviewed by a person or not.
type slicePanel struct {
	reading   *session.Reading
	reviewing *session.Reviewing
	object    fyne.CanvasObject
	title     *label
	reviewed  *segment
}

func newSlicePanel(s *session.Session) *slicePanel {
	p := &slicePanel{
		reading: s.Reading, reviewing: s.Reviewing,
		title: newWholeLabel("", inkQuiet),
		reviewed: newSegment("Reviewed", s.Reviewing.Toggle).
			says("You vouch for this slice (R)"),
	}
	p.object = section("SLICE", p.title, segments(p.reviewed,
		newSegment("Accept", s.Reviewing.Accept).
			says("Review the proposal with your corrections (A)"),
		newSegment("Propose", s.Proposing.Slice).says("Propose labels for this slice (P)")))
	return p
}

func (p *slicePanel) update() {
	p.title.set("")
	if n := p.reading.Slices(); n > 0 {
		p.title.set(fmt.Sprintf("%d / %d", p.reading.Slice()+1, n))
	}
	on := p.reviewing.Here()
	p.reviewed.choose(on)
	if on {
		p.reviewed.set("✓ Reviewed")
	} else {
		p.reviewed.set("Reviewed?")
	}
}
