package session

import (
	"image"
	"slices"
	"time"

	"glasswork/dataset/project"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// edit is one thing a person did, one undo item: its journal entries, and the state of
// the slice before each of them.
type edit struct {
	entries []project.Entry
	before  []project.SliceState
}

// findingsEvery is how often findings follow a stroke in progress.
const findingsEvery = 100 * time.Millisecond

// Press begins a stroke at voxel coordinates and returns the voxels that changed. With
// erase it erases whatever the tool is.
func (s *Session) Press(x, y float64, erase bool) image.Rectangle {
	r := s.reading
	if r == nil || s.hand.tool != viewer.Brush {
		return image.Rectangle{}
	}
	hu, _ := s.Voxels(s.slice)
	if hu == nil {
		s.Toast("This slice is still being read; paint when it is there.")
		return image.Rectangle{}
	}
	if r.stroke != nil {
		s.Release()
	}
	r.stroke = viewer.NewStroke(r.labels.Labels, hu, s.slice, s.options(erase))
	return s.Drag(x, y)
}

// Drag goes on with the stroke and returns the voxels that changed.
func (s *Session) Drag(x, y float64) image.Rectangle {
	r := s.reading
	if r == nil || r.stroke == nil {
		return image.Rectangle{}
	}
	changed := r.stroke.To(x, y)
	if !changed.Empty() && time.Since(r.painted) >= findingsEvery {
		r.painted = time.Now()
		r.measures.Recount(r.labels.Labels, r.stroke.Z())
		s.changed(TopicFindings)
	}
	return changed
}

// Release ends the stroke: when it returns, the stroke is on disk, or has been taken back
// and the user was told why.
func (s *Session) Release() {
	r := s.reading
	if r == nil || r.stroke == nil {
		return
	}
	stroke := r.stroke
	r.stroke = nil
	patch, any := stroke.End()
	if !any {
		return
	}
	e := r.labels.Stroke(patch)
	if !s.do(e) {
		stroke.Abort()
		r.measures.Recount(r.labels.Labels, patch.Z)
		s.changed(TopicLabels | TopicFindings | TopicStrip)
	}
}

// Enclose paints or erases inside a closed line of voxel coordinates.
func (s *Session) Enclose(line []viewer.Point, erase bool) {
	r := s.reading
	hu, _ := s.Voxels(s.slice)
	if r == nil || hu == nil {
		return
	}
	patch, any := viewer.LassoPatch(r.labels.Labels, hu, s.slice, line, s.options(erase))
	if !any {
		s.Toast("Nothing inside the line can be painted: check class and HU limits.")
		return
	}
	s.do(r.labels.Stroke(patch))
}

// FillHoles fills the holes of the class that is painted on this slice.
func (s *Session) FillHoles() {
	r := s.reading
	if r == nil {
		return
	}
	patch, any := viewer.FillHoles(r.labels.Labels, s.slice, s.hand.class)
	if !any {
		s.Toast("There is no hole in " + volume.ClassNames()[s.hand.class] + " on this slice.")
		return
	}
	s.do(r.labels.Stroke(patch))
}

// Reviewed reports whether a person vouches for slice z.
func (s *Session) Reviewed(z int) bool {
	r := s.reading
	return r != nil && z >= 0 && z < r.Slices && r.labels.Slices[z].Reviewed
}

// ToggleReviewed vouches for the slice looked at as it stands, or takes that back.
func (s *Session) ToggleReviewed() {
	if r := s.reading; r != nil {
		s.Release()
		s.do(r.labels.Review(s.slice, !r.labels.Slices[s.slice].Reviewed))
	}
}

// Accept takes the prediction for the slice looked at as the annotation: where one was
// withheld because a person had been there it replaces the labels, else what stands there
// counts as reviewed.
func (s *Session) Accept() {
	r := s.reading
	if r == nil {
		return
	}
	s.Release()
	z, state := s.slice, r.labels.Slices[s.slice]
	if w, ok := r.withheld[z]; ok {
		s.acceptWithheld(z, w)
		return
	}
	switch {
	case state.Model == "":
		s.Toast("There is no prediction on this slice yet: P proposes one.")
	case state.Reviewed:
		s.Toast("This slice is reviewed already.")
	default:
		s.do(r.labels.Review(z, true))
	}
}

// acceptWithheld replaces a person's labels by a prediction; it can be undone as one.
func (s *Session) acceptWithheld(z int, w withheld) {
	r := s.reading
	state := project.SliceState{Touched: true, Model: w.model}
	var entries []project.Entry
	if patch, any := volume.Diff(z, r.Geometry.Size[2], r.labels.Labels.Slice(z), w.labels); any {
		e := r.labels.Stroke(patch)
		e.State = state
		entries = append(entries, e)
	} else {
		state = r.labels.Slices[z]
	}
	state.Reviewed = true
	entries = append(entries, project.Entry{Kind: project.Review, Z: z, State: state})
	if s.do(entries...) {
		delete(r.withheld, z)
	}
}

// do makes a person's entries durable, then applies them as one undo item. If they cannot
// be made durable nothing is changed, the user is told, and false is returned.
func (s *Session) do(entries ...project.Entry) bool { return s.doAll([][]project.Entry{entries}) }

// doAll is do for several undo items at once, each of one slice.
func (s *Session) doAll(items [][]project.Entry) bool {
	r := s.reading
	edits := make([]*edit, len(items))
	for i, entries := range items {
		e := &edit{entries: entries}
		state := r.labels.Slices[entries[0].Z]
		for _, entry := range entries {
			e.before = append(e.before, state)
			state = entry.State
		}
		edits[i] = e
	}
	return s.commit(slices.Concat(items...), func() {
		for _, e := range edits {
			r.history.Do(e)
		}
	})
}

// commit appends entries to the journal, applies them, lets done note that, and tells
// everyone. If they cannot be made durable only the user is told.
func (s *Session) commit(entries []project.Entry, done func()) bool {
	r := s.reading
	if err := s.journal.Append(s.ctx, r.ID, entries...); err != nil {
		s.fail("That change was not kept and has been taken back", err)
		return false
	}
	for _, entry := range entries {
		if err := r.labels.Apply(entry); err != nil {
			s.fail("The window and the project disagree; close and open this study again", err)
		}
		r.measures.Recount(r.labels.Labels, entry.Z)
	}
	r.edits++
	done()
	s.recountReviewed()
	s.changed(TopicLabels | TopicFindings | TopicStrip | TopicSaved)
	return true
}

// recountReviewed brings the list of studies up to date.
func (s *Session) recountReviewed() {
	r, n := s.reading, 0
	for _, state := range r.labels.Slices {
		if state.Reviewed {
			n++
		}
	}
	if n == r.Study.Reviewed {
		return
	}
	r.Study.Reviewed = n
	for i := range s.studies {
		if s.studies[i].ID == r.ID {
			s.studies = slices.Clone(s.studies)
			s.studies[i].Reviewed = n
		}
	}
	s.changed(TopicStudies)
}

// CanUndo and CanRedo say whether there is something to take back or do again.
func (s *Session) CanUndo() bool { return s.reading != nil && s.reading.history.CanUndo() }

// CanRedo reports whether something was taken back.
func (s *Session) CanRedo() bool { return s.reading != nil && s.reading.history.CanRedo() }

// Undo takes back what was done last and goes to its slice.
func (s *Session) Undo() {
	r := s.reading
	if r == nil {
		return
	}
	s.Release()
	e, ok := r.history.Undo()
	if !ok {
		return
	}
	var back []project.Entry
	for i, entry := range slices.Backward(e.entries) {
		back = append(back, entry.Undo(e.before[i]))
	}
	if !s.commit(back, func() {}) {
		r.history.Redo()
		return
	}
	s.GoTo(e.entries[0].Z)
}

// Redo does again what was taken back last and goes to its slice.
func (s *Session) Redo() {
	r := s.reading
	if r == nil {
		return
	}
	s.Release()
	e, ok := r.history.Redo()
	if !ok {
		return
	}
	entries, before := again(r.labels, e.entries)
	if len(entries) > 0 && !s.commit(entries, func() { e.entries, e.before = entries, before }) {
		r.history.Undo()
		return
	}
	if len(entries) > 0 {
		s.GoTo(entries[0].Z)
	}
}
