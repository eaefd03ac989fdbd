package viewer

// History is undo and redo without limit. T is one thing a person did; the caller
// knows how to take it back and how to do it again. The zero value is empty.
type History[T any] struct {
	items []T
	done  int // items before it are done, items from it on were taken back
}

// Do adds what was just done. What had been taken back can no longer be redone.
func (h *History[T]) Do(item T) {
	clear(h.items[h.done:])
	h.items = append(h.items[:h.done], item)
	h.done++
}

// Undo returns what is to be taken back now, the last first; false if nothing is left.
func (h *History[T]) Undo() (item T, ok bool) {
	if h.done == 0 {
		return item, false
	}
	h.done--
	return h.items[h.done], true
}

// Redo returns what is to be done again now; false if nothing was taken back.
func (h *History[T]) Redo() (item T, ok bool) {
	if h.done == len(h.items) {
		return item, false
	}
	h.done++
	return h.items[h.done-1], true
}

// CanUndo and CanRedo say what Undo and Redo would return.
func (h *History[T]) CanUndo() bool { return h.done > 0 }

// CanRedo reports whether something was taken back.
func (h *History[T]) CanRedo() bool { return h.done < len(h.items) }

// Clear forgets everything.
func (h *History[T]) Clear() { *h = History[T]{} }
