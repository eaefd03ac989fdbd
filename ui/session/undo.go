package session

import (
	"slices"

	"glasswork/dataset/project"
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
	n, kept := e.commit(func(bool) []project.Entry {
		return st.labels.Back(last.entries, last.before, st.others)
	}, func() {})
	switch {
	case !kept:
		st.hand.history.Redo()
		return
	case n == 0:
		e.messages.Toast(
			"Another window has painted over that since; nothing of it is left to undo.")
	}
	if n > 0 {
		e.show(last.entries)
	}
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
	var entries []project.Entry
	var before []project.SliceState
	n, kept := e.commit(func(bool) []project.Entry {
		entries, before = st.labels.Again(next.entries, next.before)
		return entries
	}, func() {
		if len(entries) > 0 {
			next.entries, next.before = entries, before
		}
	})
	if !kept {
		st.hand.history.Undo()
		return
	}
	if n > 0 {
		e.show(entries)
	}
}

// show goes to a slice that entries are of, unless one is looked at already.
func (e *Editing) show(entries []project.Entry) {
	here := func(entry project.Entry) bool { return entry.Z == e.reading.slice }
	if !slices.ContainsFunc(entries, here) {
		e.reading.GoTo(entries[0].Z)
	}
}
