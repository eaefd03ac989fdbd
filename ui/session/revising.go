package session

import (
	"context"
	"fmt"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
	"glasswork/dataset/words"
	"glasswork/viewer"
)

// Revising looks at the saved revisions of the open study, and goes back to one. While a
// revision is shown nothing can be changed.
type Revising struct {
	*hub
	reading *Reading
	editing *Editing

	listed []project.Revision // of the open list, newest first; nil: it is not open
	asked  bool               // the list is open or being read
}

// past is a revision that is shown in the place of the present labels.
type past struct {
	project.Revision
	labels   *volume.LabelMap
	measures *viewer.Measures
	told     int // the message about it
}

// Ask reads the list of revisions. Listed has it then.
func (r *Revising) Ask() {
	st := r.reading.open
	if st == nil {
		return
	}
	r.editing.Release()
	background(r.hub, r.ctx, func(ctx context.Context) ([]project.Revision, error) {
		return r.project.Revisions(ctx, st.ID)
	}, func(all []project.Revision, err error) {
		switch {
		case r.reading.open != st:
		case err != nil:
			r.messages.fail("The revisions could not be read", err)
		case len(all) == 0:
			r.messages.Toast("Nothing is saved yet: Ctrl+S makes a revision.")
		default:
			slices.Reverse(all)
			r.listed, r.asked = all, true
			r.changed(TopicChoice)
		}
	})
}

// Listed is the list that was asked for, newest first; ok is false if there is none.
func (r *Revising) Listed() (all []project.Revision, ok bool) { return r.listed, r.asked }

// Drop closes the list.
func (r *Revising) Drop() {
	if r.asked {
		r.listed, r.asked = nil, false
		r.changed(TopicChoice)
	}
}

// Show shows revision number n in the place of the present labels, and says how it differs
// from them.
func (r *Revising) Show(n int) {
	r.Drop()
	st := r.reading.open
	if st == nil {
		return
	}
	r.editing.Release()
	background(r.hub, r.ctx, func(ctx context.Context) (*past, error) {
		all, err := r.project.Revisions(ctx, st.ID)
		if err != nil {
			return nil, err
		}
		labels, err := r.project.RevisionLabels(ctx, st.ID, n)
		if err != nil {
			return nil, err
		}
		return &past{
			Revision: all[n-1], labels: labels, measures: viewer.NewMeasures(labels),
		}, nil
	}, func(p *past, err error) {
		switch {
		case r.reading.open != st:
		case err != nil:
			r.messages.fail("The revision could not be read", err)
		default:
			r.Leave()
			st.past = p
			r.tell(st, p)
			r.changed(shownTopics)
		}
	})
}

// shownTopics are what answers differently while a revision is shown.
const shownTopics = TopicStudy | TopicSlice | TopicLabels | TopicMeasures | TopicStrip | TopicSaved

// tell says how a revision differs, goes to a slice on which it does, and offers the ways on.
func (r *Revising) tell(st *study, p *past) {
	differs := st.differing(p)
	text := fmt.Sprintf("Revision %d, saved %s by %s, is shown. ",
		p.Number, clock(p.Time), p.Author)
	if len(differs) == 0 {
		text += "The present labels are the same."
	} else {
		text += "The present labels differ on " + words.Count(len(differs), "slice", "slices")
		if st.Measurable {
			for _, c := range []classes.Class{classes.GroundGlass, classes.Consolidation} {
				text += fmt.Sprintf("; %s %s, now %s", classes.Names()[c],
					viewer.Millilitres(p.measures.ML(c)), viewer.Millilitres(st.measures.ML(c)))
			}
		}
		text += "."
		if !slices.Contains(differs, r.reading.slice) {
			r.reading.GoTo(differs[0])
		}
	}
	p.told = r.messages.warnAbout(st, text,
		Action{fmt.Sprintf("Return to revision %d", p.Number), r.Return},
		Action{"Back to the present", func() { r.Leave() }})
}

// differing lists the slices on which a revision has other labels than there are now, or is
// reviewed otherwise.
func (st *study) differing(p *past) (zs []int) {
	for z := range st.Slices {
		if st.labels.Slices[z].Reviewed != p.Reviewed[z] ||
			!slices.Equal(st.labels.Labels.Slice(z), p.labels.Slice(z)) {
			zs = append(zs, z)
		}
	}
	return zs
}

// Shown is the number of the revision that is shown; 0: the present labels are.
func (r *Revising) Shown() int {
	if st := r.reading.open; st != nil && st.past != nil {
		return st.past.Number
	}
	return 0
}

// Leave shows the present labels again. It reports whether a revision was shown.
func (r *Revising) Leave() bool {
	st := r.reading.open
	if st == nil || st.past == nil {
		return false
	}
	r.messages.Dismiss(st.past.told)
	st.past = nil
	r.changed(shownTopics)
	return true
}

// Return makes the labels what they are in the revision that is shown, as one undo item.
// Revisions that came after it stay.
func (r *Revising) Return() {
	st := r.reading.open
	if st == nil || st.past == nil {
		return
	}
	p := st.past
	r.Leave()
	var entries []project.Entry
	for _, z := range st.differing(p) {
		state := p.Slices[z]
		entry := project.Entry{Kind: project.Review, Z: z, State: state}
		patch, changes := volume.Diff(z, st.Geometry.Size[2], st.labels.Labels.Slice(z),
			p.labels.Slice(z))
		if changes {
			entry.Kind, entry.Patch = project.Stroke, &patch
		}
		entries = append(entries, entry)
	}
	if len(entries) > 0 && r.editing.do(entries...) {
		r.messages.Toast(fmt.Sprintf("The labels are those of revision %d. Ctrl+Z brings back "+
			"what was there.", p.Number))
	}
}
