package session

import (
	"slices"

	"glasswork/dataset/project"
	"glasswork/dataset/volume"
)

// CanUndo reports whether there is something to take back.
func (e *Editing) CanUndo() bool {
	return e.reading.open != nil && e.reading.open.hand.history.CanUndo()
}

// CanRedo reports whether something was taken back.
func (e *Editing) CanRedo() bool {
	return e.reading.open != nil && e.reading.open.hand.history.CanRedo()
}

// Undo takes back what was done last and goes to its slice.
func (e *Editing) Undo() {
	st := e.reading.open
	if st == nil {
		return
	}
	e.Release()
	last, ok := st.hand.history.Undo()
	if !ok {
		return
	}
	var back []project.Entry
	for i, entry := range slices.Backward(last.entries) {
		back = append(back, entry.Undo(last.before[i]))
	}
	if !e.commit(back, func() {}) {
		st.hand.history.Redo()
		return
	}
	e.show(last.entries)
}

// Redo does again what was taken back last and goes to its slice.
func (e *Editing) Redo() {
	st := e.reading.open
	if st == nil {
		return
	}
	e.Release()
	next, ok := st.hand.history.Redo()
	if !ok {
		return
	}
	entries, before := again(st.labels, next.entries)
	if len(entries) == 0 {
		return
	}
	if !e.commit(entries, func() { next.entries, next.before = entries, before }) {
		st.hand.history.Undo()
		return
	}
	e.show(entries)
}

// show goes to a slice that entries are of, unless one is looked at already.
func (e *Editing) show(entries []project.Entry) {
	here := func(entry project.Entry) bool { return entry.Z == e.reading.slice }
	if !slices.ContainsFunc(entries, here) {
		e.reading.GoTo(entries[0].Z)
	}
}

// again returns entries as they are to be done now, and their slice's state before each. A
// proposal may have come between undo and redo; what the person changed is changed again,
// what they left alone stays as the proposal left it.
func again(
	a *project.Annotation, entries []project.Entry,
) (now []project.Entry, before []project.SliceState) {
	states := map[int]project.SliceState{}
	for _, e := range entries {
		state, changed := states[e.Z]
		if !changed {
			state = a.Slices[e.Z]
		}
		if e.Patch != nil {
			patch, changes := repaint(a.Labels, *e.Patch)
			if !changes {
				continue
			}
			e.Patch = &patch
		}
		if e.State.Model == "" {
			e.State.Model = state.Model
		}
		now, before = append(now, e), append(before, state)
		states[e.Z] = e.State
	}
	return now, before
}

// repaint returns the patch that gives the voxels p changes the labels p gives them, whatever
// they are now; false if they have them already.
func repaint(l *volume.LabelMap, p volume.Patch) (volume.Patch, bool) {
	w := l.Size[2]
	slice := l.Slice(p.Z)
	after := slices.Clone(slice)
	for i, c := range p.New {
		if c != p.Old[i] {
			y, x := i/p.Box.Dx(), i%p.Box.Dx()
			after[(p.Box.Min.Y+y)*w+p.Box.Min.X+x] = c
		}
	}
	return volume.Diff(p.Z, w, slice, after)
}
