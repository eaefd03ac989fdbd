package session

import (
	"hash/maphash"
	"slices"

	"glasswork/dataset/project"
	"glasswork/viewer"
)

// histories are what can be undone in studies that were read and left. A history fits the
// labels it was made on only: where a study comes back otherwise it is forgotten.
type histories struct {
	seed maphash.Seed
	left map[string]leftHistory // by study ID
}

type leftHistory struct {
	history viewer.History[*edit]
	labels  uint64 // a hash of them
	states  []project.SliceState
	others  map[int]bool
}

func newHistories() histories {
	return histories{maphash.MakeSeed(), map[string]leftHistory{}}
}

// keep remembers the history of a study that is left.
func (h histories) keep(st *study) {
	h.left[st.ID] = leftHistory{
		st.hand.history, maphash.Bytes(h.seed, st.labels.Labels.Labels), st.labels.Slices,
		st.others,
	}
}

// give gives a study that is opened the history that was kept of it.
func (h histories) give(st *study) {
	kept, ok := h.left[st.ID]
	delete(h.left, st.ID)
	if ok && slices.Equal(kept.states, st.labels.Slices) &&
		kept.labels == maphash.Bytes(h.seed, st.labels.Labels.Labels) {
		st.hand.history, st.others = kept.history, kept.others
	}
}
