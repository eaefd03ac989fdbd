package viewer

// History is undo and redo without limit. T is one action of a person. The caller knows how to undo
// and redo it. The zero value is empty.
type History[T any] struct {
	items []T
	done  int // items before it are done, the others were undone
}

// Do adds an action that was just done. Undone actions can no longer be redone.
func (h *History[T]) Do(item T) {
	clear(h.items[h.done:])
	h.items = append(h.items[:h.done], item)
	h.done++
}

// Undo returns the action to undo now, the latest first. It returns false if there is none.
func (h *History[T]) Undo() (item T, ok bool) {
	if h.done == 0 {
		return item, false
	}
	h.done--
	return h.items[h.done], true
}

// Redo returns the action to redo now. It returns false if there is none.
func (h *History[T]) Redo() (item T, ok bool) {
	if h.done == len(h.items) {
		return item, false
	}
	h.done++
	return h.items[h.done-1], true
}

// CanUndo reports whether an action can be undone.
func (h *History[T]) CanUndo() bool { return h.done > 0 }

// CanRedo reports whether an action can be redone.
func (h *History[T]) CanRedo() bool { return h.done < len(h.items) }

// Clear forgets everything.
func (h *History[T]) Clear() { *h = History[T]{} }
