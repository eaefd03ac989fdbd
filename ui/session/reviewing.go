package session

import (
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
)

// Reviewing is which slices a person vouches for.
type Reviewing struct {
	*hub
	reading *Reading
	editing *Editing
}

// Reviewed reports whether a person vouches for slice z.
func (r *Reviewing) Reviewed(z int) bool {
	st := r.reading.open
	return st != nil && z >= 0 && z < st.Slices && st.labels.Slices[z].Reviewed
}

// Here reports whether a person vouches for the slice looked at.
func (r *Reviewing) Here() bool { return r.Reviewed(r.reading.slice) }

// Toggle vouches for the slice looked at as it stands, or takes that back.
func (r *Reviewing) Toggle() {
	if st := r.reading.open; st != nil {
		r.editing.Release()
		r.editing.do(st.labels.Review(r.reading.slice, !r.Here()))
	}
}

// GoToNext goes to the next slice that nobody has reviewed, from the first one again after
// the last.
func (r *Reviewing) GoToNext() {
	n := r.reading.Slices()
	for d := 1; d < n; d++ {
		if z := (r.reading.slice + d) % n; !r.Reviewed(z) {
			r.reading.GoTo(z)
			return
		}
	}
	r.messages.Toast("All other slices of this study are reviewed.")
}

// Accept takes the proposal for the slice looked at as the annotation: where one was
// withheld because a person had been there it replaces the labels, else what stands there
// counts as reviewed.
func (r *Reviewing) Accept() {
	st := r.reading.open
	if st == nil {
		return
	}
	r.editing.Release()
	z := r.reading.slice
	state := st.labels.Slices[z]
	if w, ok := st.proposals.withheld[z]; ok {
		r.acceptWithheld(st, z, w)
		return
	}
	switch {
	case state.Model == "":
		r.messages.Toast("There is no proposal for this slice yet: P makes one.")
	case state.Reviewed:
		r.messages.Toast("This slice is reviewed already.")
	default:
		r.editing.do(st.labels.Review(z, true))
	}
}

// acceptWithheld replaces a person's labels by a proposal; it can be undone as one.
func (r *Reviewing) acceptWithheld(st *study, z int, w withheld) {
	state := project.SliceState{Touched: true, Model: w.model}
	var entries []project.Entry
	width := st.Geometry.Size[2]
	if patch, differs := volume.Diff(z, width, st.labels.Labels.Slice(z), w.labels); differs {
		stroke := st.labels.Stroke(patch)
		stroke.State = state
		entries = append(entries, stroke)
	} else {
		state = st.labels.Slices[z]
	}
	state.Reviewed = true
	entries = append(entries, project.Entry{Kind: project.Review, Z: z, State: state})
	if r.editing.do(entries...) {
		delete(st.proposals.withheld, z)
	}
}
