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
	Append(ctx context.Context, id string, a *project.Annotation, e ...project.Entry) error
	Follow(ctx context.Context, id string, a *project.Annotation) ([]project.Entry, error)
}

// edit is one thing a person did, one undo item, on one slice or many: its journal entries,
// and the state of its slice before each of them.
type edit struct {
	entries []project.Entry
	before  []project.SliceState
}

// measuresEvery is how often measures follow a stroke in progress.
const measuresEvery = 100 * time.Millisecond

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
	if !painted {
		e.look(st)
		return true
	}
	if e.do(st.labels.Stroke(patch)) {
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
	e.look(st)
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
		e.messages.Toast("There is no hole in " + classes.Name(class) + " on this slice.")
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
	_, kept := e.commit(func(again bool) []project.Entry {
		if again {
			item.entries, item.before = st.labels.Again(item.entries, item.before)
		}
		return item.entries
	}, func() {
		if len(item.entries) > 0 {
			st.hand.history.Do(item)
		}
	})
	return kept
}

// commit enters what made returns, a person's entries, lets done note that, and tells everyone.
// If another window was quicker, its work is taken over and made is called again. If the entries
// cannot be made durable only the user is told. It returns how many were entered.
func (e *Editing) commit(made func(again bool) []project.Entry, done func()) (n int, kept bool) {
	st := e.reading.open
	if !e.free(st) {
		return 0, false
	}
	entries := made(false)
	err := e.enter(st, entries)
	for errors.Is(err, project.ErrOvertaken) {
		putBack(st, entries)
		if err = e.catchUp(st); err == nil {
			entries = made(true)
			err = e.enter(st, entries)
		}
	}
	if err != nil {
		e.messages.fail("That change was not kept and has been taken back", err)
		return 0, false
	}
	done()
	e.recountReviewed(st)
	e.changed(TopicLabels | TopicMeasures | TopicStrip | TopicSaved)
	return len(entries), true
}

// putBack removes entries that were not kept from the labels. A stroke is painted there before
// it is entered.
func putBack(st *study, entries []project.Entry) {
	for _, entry := range entries {
		if entry.Patch != nil {
			_ = entry.Patch.Inverse().Apply(st.labels.Labels) // one that fits nowhere is not there
		}
	}
}

// enter appends entries to the journal and applies them to the labels. If they cannot be made
// durable nothing is changed.
func (e *Editing) enter(st *study, entries []project.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	// What a person has done is kept even while the session is being closed.
	ctx := context.WithoutCancel(e.ctx)
	if err := e.journal.Append(ctx, st.ID, st.labels, entries...); err != nil {
		return err
	}
	for _, entry := range entries {
		st.recount(entry.Z)
	}
	st.saved.edits++
	return nil
}

// catchUp takes over what another window has done to a study.
func (e *Editing) catchUp(st *study) error {
	others, err := e.journal.Follow(context.WithoutCancel(e.ctx), st.ID, st.labels)
	for _, entry := range others {
		st.others[entry.Z] = true
		st.recount(entry.Z)
	}
	if len(others) == 0 {
		return err
	}
	st.saved.edits++
	if !st.toldOthers {
		st.toldOthers = true
		e.messages.warn(st.Alias + " is open in another window as well, or changed by a command; " +
			"what is done there is shown here too.")
	}
	e.recountReviewed(st)
	if e.reading.open == st {
		e.changed(TopicLabels | TopicMeasures | TopicStrip | TopicSaved)
	}
	return err
}

// otherWindows is how often the window looks for changes that others have made.
const otherWindows = time.Second

// watch follows other windows for as long as a study is open. A stroke in progress is not
// disturbed: it ends on top of what came meanwhile.
func (e *Editing) watch(ctx context.Context, st *study) {
	err := e.project.Watch(ctx, otherWindows, func() {
		e.poster.post(func() { e.look(st) })
	})
	if err != nil {
		e.poster.post(func() { e.messages.fail("Changes of other windows are not seen", err) })
	}
}

func (e *Editing) look(st *study) {
	if e.reading.open != st || st.hand.stroke != nil {
		return
	}
	if err := e.catchUp(st); err != nil {
		e.messages.fail("Changes of other windows are not seen", err)
	}
}

// propose enters proposals of a model, all at once or, where one is refused because another
// window has touched its slice, one by one. It returns how many were taken.
func (e *Editing) propose(st *study, entries []project.Entry) (taken int) {
	if len(entries) == 0 {
		return 0
	}
	err := e.enter(st, entries)
	switch {
	case err == nil:
		return len(entries)
	case errors.Is(err, project.ErrOvertaken):
		if e.reading.open == st {
			e.Release() // what is painted now ends before the labels below it change
		}
		return e.proposeAgain(st, entries)
	case !errors.Is(err, project.ErrTouched):
		e.messages.fail("A proposal could not be kept", err)
	case len(entries) > 1:
		for _, entry := range entries {
			taken += e.propose(st, []project.Entry{entry})
		}
	}
	return taken
}

// proposeAgain proposes the same labels for slices that another window has changed.
func (e *Editing) proposeAgain(st *study, entries []project.Entry) int {
	wanted := make([][]byte, len(entries))
	for i, entry := range entries {
		wanted[i] = entry.Over(st.labels.Labels)
	}
	if err := e.catchUp(st); err != nil {
		e.messages.fail("A proposal could not be kept", err)
		return 0
	}
	again := entries[:0:0]
	for i, entry := range entries {
		if entry, err := st.labels.Proposal(entry.Z, wanted[i], entry.State.Model); err == nil {
			again = append(again, entry)
		}
	}
	return e.propose(st, again)
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
