package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"glasswork/ui/session"
)

// statusTopics are what the status line shows.
const statusTopics = session.TopicPointer | session.TopicSaved | session.TopicJob |
	session.TopicStudy | session.TopicStrip | session.TopicSlice

// status is the line at the bottom: what is under the pointer, how the labels stand on disk,
// what the trainer does.
type status struct {
	reading              *session.Reading
	saving               *session.Saving
	jobs                 *session.Jobs
	object               fyne.CanvasObject
	here, saved, trainer *label
}

func newStatus(s *session.Session) *status {
	st := &status{
		reading: s.Reading, saving: s.Saving, jobs: s.Jobs,
		here: newLabel("", ink), saved: newLabel("", inkQuiet), trainer: newLabel("", inkQuiet),
	}
	st.saved.text.Alignment, st.trainer.text.Alignment = fyne.TextAlignCenter,
		fyne.TextAlignTrailing
	st.object = container.NewStack(canvas.NewRectangle(panel),
		container.New(layout.NewCustomPaddedLayout(3, 4, 10, 10),
			container.New(&evenly{gap: 12}, st.here, st.saved, st.trainer)))
	return st
}

func (st *status) update() {
	st.here.set(st.reading.Here())
	st.saved.set(st.saving.Text())
	st.trainer.set(st.jobs.Text())
	if done, all := st.reading.Loaded(); done < all {
		st.saved.set(fmt.Sprintf("reading slices: %d of %d", done, all))
	}
}
