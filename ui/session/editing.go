package session

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/dataset/words"
	"glasswork/viewer"
)

// Editing changes the labels of the open study. A change counts once it is in the journal.
type Editing struct {
	*hub
	journal journal
	reading *Reading
	tools   *Tools
	studies *Studies
	display *Display

	histories histories
}

// journal makes entries durable before they count.
type journal interface {
	Append(ctx context.Context, id string, e ...project.Entry) error
}

// edit is one thing a person did, one undo item, on one slice or many: its journal entries,
// and the state of its slice before each of them.
type edit struct {
	entries []project.Entry
	before  []project.SliceState
}

// measuresEvery is how often measures follow a stroke in progress.
const measuresEvery = 100 * time.Millisecond

// errDisagree is a journal entry that does not fit what the window shows.
const errDisagree = "The window and the project disagree; close and open this study again"

// Press begins a stroke at voxel coordinates and returns the voxels that changed. With
// erase it erases whatever the tool is.
func (e *Editing) Press(x, y float64, erase bool) image.Rectangle {
	st, draw := e.reading.open, toolset[e.tools.hand.tool].draw
	if st == nil || draw == nil {
		return image.Rectangle{}
	}
	z := e.reading.slice
	hu, _ := st.voxels(z)
	if hu == nil {
		e.messages.Toast("This slice is still being read; paint when it is there.")
		return image.Rectangle{}
	}
	if !e.free(st) || !e.seen(e.tools.options(erase)) {
		return image.Rectangle{}
	}
	e.Release()
	st.hand.stroke = draw(st.labels.Labels, hu, z, e.tools.options(erase))
	return e.Drag(x, y)
}

// free reports whether the labels that are shown can be changed: those of a revision cannot.
func (e *Editing) free(st *study) bool {
	if st.past != nil {
		e.messages.Toast(fmt.Sprintf("Revision %d is shown, and revisions never change. Esc goes "+
			"back to the present labels.", st.past.Number))
	}
	return st.past == nil
}

// seen makes sure that what a tool would change is drawn: a class that is hidden is shown.
// While all overlays are held hidden it reports false, and nothing is to be changed.
func (e *Editing) seen(o viewer.StrokeOptions) bool {
	if e.display.state.hidden {
		e.messages.Toast("All overlays are hidden: let go of S to paint.")
		return false
	}
	change := []classes.Class{o.Class}
	if o.Erase {
		change = erasable(o.Class)
	}
	if shown := e.display.reveal(change...); shown != "" {
		e.messages.Toast(words.UpperFirst(shown) + " was hidden and is shown now.")
	}
	return true
}

// erasable lists the classes that erasing with a class in hand takes away.
func erasable(in classes.Class) (all []classes.Class) {
	for c := range classes.Class(len(classes.Names())) {
		if c != classes.Background && (in == classes.LungsOther || classes.IsLesion(c)) {
			all = append(all, c)
		}
	}
	return all
}

// Drag goes on with the stroke and returns the voxels that changed.
func (e *Editing) Drag(x, y float64) image.Rectangle {
	st := e.reading.open
	if st == nil || st.hand.stroke == nil {
		return image.Rectangle{}
	}
	changed := st.hand.stroke.To(x, y)
	if !changed.Empty() && time.Since(st.hand.told) >= measuresEvery {
		st.hand.told = time.Now()
		st.recount(st.hand.stroke.Z())
		e.changed(TopicMeasures)
	}
	return changed
}

// Release ends the stroke: when it returns, the stroke is on disk, or has been taken back
// and the user was told why.
func (e *Editing) Release() { e.finish() }

// finish is Release; false: the stroke could not be kept.
func (e *Editing) finish() bool {
	st := e.reading.open
	if st == nil || st.hand.stroke == nil {
		return true
	}
	stroke := st.hand.stroke
	st.hand.stroke = nil
	patch, painted := stroke.End()
	if !painted && stroke.Outside() {
		e.messages.Toast("Nothing was painted: no voxel under the tip is within " +
			e.tools.Range().String() + ". H lifts the limit.")
	}
	if !painted || e.do(st.labels.Stroke(patch)) {
		return true
	}
	stroke.Abort()
	st.recount(patch.Z)
	e.changed(TopicLabels | TopicMeasures | TopicStrip)
	return false
}

// Leave is Esc: a stroke in progress is given up, else the tool put away. It reports
// whether there was anything to leave.
func (e *Editing) Leave() bool {
	st := e.reading.open
	if st == nil || st.hand.stroke == nil {
		return e.tools.putAway()
	}
	st.hand.stroke.Abort()
	st.hand.stroke = nil
	st.recount(e.reading.slice)
	e.changed(TopicLabels | TopicMeasures | TopicStrip)
	return true
}

// Enclose paints or erases inside a closed line of voxel coordinates.
func (e *Editing) Enclose(line []viewer.Point, erase bool) {
	st, enclose, z := e.reading.open, toolset[e.tools.hand.tool].enclose, e.reading.slice
	hu, _ := e.reading.Voxels(z)
	if st == nil || enclose == nil || hu == nil {
		return
	}
	options := e.tools.options(erase)
	if !e.free(st) || !e.seen(options) {
		return
	}
	patch, changes := enclose(st.labels.Labels, hu, z, line, options)
	if !changes {
		text := "Nothing inside the line can be painted: check class and HU limits."
		if options.Erase {
			text = "There is nothing to erase inside the line."
		}
		e.messages.Toast(text)
		return
	}
	e.do(st.labels.Stroke(patch))
}

// FillHoles fills the holes of the class that is painted on this slice.
func (e *Editing) FillHoles() {
	st, class := e.reading.open, e.tools.hand.class
	if st == nil {
		return
	}
	if !e.free(st) || !e.seen(viewer.StrokeOptions{Class: class}) {
		return
	}
	patch, filled := viewer.FillHoles(st.labels.Labels, e.reading.slice, class)
	if !filled {
		e.messages.Toast("There is no hole in " + classes.Names()[class] + " on this slice.")
		return
	}
	e.do(st.labels.Stroke(patch))
}

// do makes a person's entries durable, then applies them as one undo item, however many
// slices they are of. If they cannot be made durable nothing is changed, the user is told,
// and false is returned.
func (e *Editing) do(entries ...project.Entry) bool {
	st := e.reading.open
	item := &edit{entries: entries}
	states := map[int]project.SliceState{}
	for _, entry := range entries {
		state, changed := states[entry.Z]
		if !changed {
			state = st.labels.Slices[entry.Z]
		}
		item.before = append(item.before, state)
		states[entry.Z] = entry.State
	}
	return e.commit(entries, func() { st.hand.history.Do(item) })
}

// commit enters a person's entries, lets done note that, and tells everyone. If they cannot
// be made durable only the user is told.
func (e *Editing) commit(entries []project.Entry, done func()) bool {
	st := e.reading.open
	if !e.free(st) {
		return false
	}
	if _, err := e.enter(st, entries); err != nil {
		e.messages.fail("That change was not kept and has been taken back", err)
		return false
	}
	done()
	e.recountReviewed(st)
	e.changed(TopicLabels | TopicMeasures | TopicStrip | TopicSaved)
	return true
}

// enter appends entries to the journal and applies them to the labels; it returns how many
// were applied. If they cannot be made durable nothing is changed.
func (e *Editing) enter(st *study, entries []project.Entry) (applied int, err error) {
	// What a person has done is kept even while the session is being closed.
	ctx := context.WithoutCancel(e.ctx)
	if err := e.journal.Append(ctx, st.ID, entries...); err != nil {
		return 0, err
	}
	for _, entry := range entries {
		if err := st.labels.Apply(entry); err != nil {
			e.messages.fail(errDisagree, err)
			continue
		}
		st.recount(entry.Z)
		applied++
	}
	st.saved.edits++
	return applied, nil
}

// propose enters proposals of a model, all at once or, where one is refused because another
// window has touched its slice, one by one. It returns how many were taken.
func (e *Editing) propose(st *study, entries []project.Entry) (taken int) {
	if len(entries) == 0 {
		return 0
	}
	taken, err := e.enter(st, entries)
	refused := errors.Is(err, project.ErrTouched)
	switch {
	case refused && len(entries) > 1:
		for _, entry := range entries {
			taken += e.propose(st, []project.Entry{entry})
		}
	case err != nil && !refused:
		e.messages.fail("A proposal could not be kept", err)
	}
	return taken
}

// recountReviewed brings the list of studies up to date.
func (e *Editing) recountReviewed(st *study) {
	n := 0
	for _, state := range st.labels.Slices {
		if state.Reviewed {
			n++
		}
	}
	if n != st.Study.Reviewed {
		st.Study.Reviewed = n
		e.studies.setReviewed(st.ID, n)
	}
}
