package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
)

// Reviewing is which slices a person vouches for.
type Reviewing struct {
	*hub
	reading *Reading
	editing *Editing
	propose func() // for the slice looked at
}

// Reviewed reports whether a person vouches for slice z.
func (r *Reviewing) Reviewed(z int) bool {
	st := r.reading.open
	return st != nil && z >= 0 && z < st.Slices && st.reviewed(z)
}

// Here reports whether a person vouches for the slice looked at.
func (r *Reviewing) Here() bool { return r.Reviewed(r.reading.slice) }

// Toggle vouches for the slice looked at as it stands, or takes that back. Where nobody has
// looked for lungs it asks first, because "reviewed" says that there are none.
func (r *Reviewing) Toggle() {
	st := r.reading.open
	if st == nil || !r.editing.free(st) {
		return
	}
	r.editing.Release()
	z := r.reading.slice
	if !r.Here() && !st.hand.lungless && !st.lungsKnown(z) {
		r.askLungless(st, z)
		return
	}
	r.editing.do(st.labels.Review(z, !r.Here()))
}

// askLungless says what reviewing a slice without lungs means, and asks once a study.
func (r *Reviewing) askLungless(st *study, z int) {
	at := func(do func()) func() {
		return func() {
			if r.reading.open == st {
				r.reading.GoTo(z)
				do()
			}
		}
	}
	r.messages.warnAbout(st, fmt.Sprintf("No lung was proposed or drawn on slice %d. Reviewed as "+
		"it stands, it says that there is no lung here.", z+1),
		Action{"Propose this slice", at(r.propose)},
		Action{"Review it without a lung", at(func() {
			st.hand.lungless = true
			if !r.Here() {
				r.Toggle()
			}
		})})
}

// lungsKnown reports whether a model or a person has said where the lung of slice z is.
func (st *study) lungsKnown(z int) bool {
	return st.labels.Slices[z].Model != "" ||
		slices.Contains(st.labels.Labels.Slice(z), classes.LungsOther)
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

// Accept vouches for the proposal on the slice looked at, with the corrections that a person
// has made to it. It never changes a label.
func (r *Reviewing) Accept() {
	st := r.reading.open
	if st == nil || !r.editing.free(st) {
		return
	}
	r.editing.Release()
	z := r.reading.slice
	state := st.labels.Slices[z]
	_, withheld := st.proposals.withheld[z]
	switch {
	case state.Reviewed:
		r.messages.Toast("This slice is reviewed already.")
	case state.Model == "" && withheld:
		r.messages.Toast("These labels are your own: R reviews them, Shift+A takes the " +
			"proposal instead.")
	case state.Model == "":
		r.messages.Toast("There is no proposal for this slice yet: P makes one.")
	default:
		r.editing.do(st.labels.Review(z, true))
	}
}

// Reset puts the last proposal of a model in the place of what a person did to the slice
// looked at, as one undo item.
func (r *Reviewing) Reset() {
	st := r.reading.open
	if st == nil || !r.editing.free(st) {
		return
	}
	r.editing.Release()
	z := r.reading.slice
	if w, ok := st.proposals.withheld[z]; ok {
		r.reset(st, z, w)
		return
	}
	background(r.hub, r.ctx, func(ctx context.Context) (w withheld, err error) {
		w.labels, w.model, err = r.project.LastProposal(ctx, st.ID, z)
		return w, err
	}, func(w withheld, err error) {
		switch {
		case r.reading.open != st:
		case errors.Is(err, project.ErrNotFound):
			r.messages.Toast("There is no proposal for this slice yet: P makes one.")
		case err != nil:
			r.messages.fail("The proposal could not be read", err)
		default:
			r.reset(st, z, w)
		}
	})
}

// reset makes slice z what a model proposed.
func (r *Reviewing) reset(st *study, z int, w withheld) {
	r.editing.Release()
	entry := project.Entry{
		Kind: project.Review, Z: z, State: project.SliceState{Model: w.model},
	}
	width := st.Geometry.Size[2]
	patch, differs := volume.Diff(z, width, st.labels.Labels.Slice(z), w.labels)
	if differs {
		entry.Kind, entry.Patch = project.Stroke, &patch
	}
	if !differs && st.labels.Slices[z] == entry.State {
		r.messages.Toast("This slice is as " + w.model + " proposed it.")
		return
	}
	if r.editing.do(entry) {
		r.messages.Toast(fmt.Sprintf("Slice %d is as %s proposed it. Ctrl+Z brings back what "+
			"you had done there.", z+1, w.model))
	}
}
