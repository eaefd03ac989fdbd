package session

import (
	"context"
	"errors"
	"fmt"

	"glasswork/dataset/project"
	"glasswork/training/protocol"
)

// withheld is a prediction for a slice that a person had touched; A takes it.
type withheld struct {
	labels []uint8
	model  string
}

// ProposeSlice lets the current model propose labels for the slice looked at.
func (s *Session) ProposeSlice() {
	if s.reading != nil {
		s.propose([]int{s.slice})
	}
}

// ProposeStudy lets the current model propose labels for all slices that no person has
// touched, from the one looked at outwards.
func (s *Session) ProposeStudy() {
	r := s.reading
	if r == nil {
		return
	}
	slices := outward(s.slice, r.Slices, func(z int) bool { return !r.touched(z) })
	if len(slices) == 0 {
		s.Toast("You have touched or reviewed every slice; there is none left to propose.")
		return
	}
	s.propose(slices)
}

// touched reports whether a person has changed or reviewed slice z, or is painting it now.
func (r *reading) touched(z int) bool {
	st := r.labels.Slices[z]
	return st.Touched || st.Reviewed || (r.stroke != nil && r.stroke.Z() == z)
}

// outward lists the slices of n that are wanted, nearest to z first.
func outward(z, n int, wanted func(z int) bool) []int {
	var out []int
	for d := range n {
		if z+d < n && wanted(z+d) {
			out = append(out, z+d)
		}
		if d > 0 && z-d >= 0 && wanted(z-d) {
			out = append(out, z-d)
		}
	}
	return out
}

// propose runs a prediction and shows its slices as they come.
func (s *Session) propose(zs []int) {
	if s.busy() {
		return
	}
	r, model := s.reading, s.models.current
	job := protocol.PredictJob{
		Path: r.series.Path, Series: r.series.ID, Project: s.project.Dir(), Study: r.ID,
		Model: modelPath(model), Slices: zs,
	}
	var came gathered[protocol.Slice]
	var count struct{ shown, withheld int }
	s.run(work{
		kind: Proposing, title: "Proposing", series: r.SeriesID, job: protocol.Job{Predict: &job},
		prepare: func(ctx context.Context) error { return s.readable(ctx, r) },
		event: func(e protocol.Event) {
			if e.Slice == nil || !came.add(*e.Slice) {
				return
			}
			s.poster.post(func() {
				if s.job != nil && s.job.Cancelling {
					return
				}
				shown, kept := s.receive(r, came.take(), model.Name)
				count.shown, count.withheld = count.shown+shown, count.withheld+kept
			})
		},
		done: func(*protocol.Summary) { s.proposed(model.Name, len(zs), count.shown, count.withheld) },
		again: func() {
			if s.reading == r {
				s.propose(zs)
			}
		},
	})
}

// readable waits, if the files a study came from are gone, until the trainer can read it
// from the project's copy.
func (s *Session) readable(ctx context.Context, r *reading) error {
	if r.series.Format == "phantom" || exists(r.series.Path) {
		return nil
	}
	return r.waitStored(ctx)
}

// receive takes predicted slices over where no person has been, and keeps the others for
// Accept. It returns how many of each.
func (s *Session) receive(r *reading, came []protocol.Slice, model string) (shown, kept int) {
	var entries []project.Entry
	for _, sl := range came {
		if sl.Z < 0 || sl.Z >= r.Slices || len(sl.Labels) != r.Geometry.SliceVoxels() {
			s.fail("The trainer sent a slice that does not fit", fmt.Errorf("slice %d with %d voxels", sl.Z+1, len(sl.Labels)))
			continue
		}
		r.uncertainty[sl.Z] = sl.Uncertainty
		if r.touched(sl.Z) {
			r.withheld[sl.Z] = withheld{sl.Labels, model}
			kept++
			continue
		}
		delete(r.withheld, sl.Z)
		e, err := r.labels.Proposal(sl.Z, sl.Labels, model)
		if err != nil {
			s.fail("The trainer sent a slice that does not fit", err)
			continue
		}
		entries = append(entries, e)
	}
	shown = s.takeOver(r, entries)
	if s.reading == r {
		s.changed(TopicLabels | TopicFindings | TopicStrip | TopicSaved)
	}
	return shown, kept
}

// takeOver makes proposals durable, all at once or, where one is refused because another
// window has touched its slice, one by one.
func (s *Session) takeOver(r *reading, entries []project.Entry) (shown int) {
	if len(entries) == 0 {
		return 0
	}
	err := s.journal.Append(s.ctx, r.ID, entries...)
	if errors.Is(err, project.ErrTouched) && len(entries) > 1 {
		for _, e := range entries {
			shown += s.takeOver(r, []project.Entry{e})
		}
		return shown
	}
	if err != nil {
		if !errors.Is(err, project.ErrTouched) {
			s.fail("A proposal could not be kept", err)
		}
		return 0
	}
	for _, e := range entries {
		if err := r.labels.Apply(e); err != nil {
			s.fail("The window and the project disagree; close and open this study again", err)
			continue
		}
		r.measures.Recount(r.labels.Labels, e.Z)
		shown++
	}
	r.edits++
	return shown
}

// proposed tells how a proposal went.
func (s *Session) proposed(model string, asked, shown, kept int) {
	switch {
	case kept > 0:
		s.banner(Warning, fmt.Sprintf("%s that you have touched %s left as %s; A takes the prediction there.",
			upperFirst(count(kept, "slice", "slices")), wasWere(kept), isAre(kept)), nil)
	case shown < asked:
		s.Toast(fmt.Sprintf("%s proposed %d of %d slices; the others have been touched meanwhile", model, shown, asked))
	default:
		s.Toast(fmt.Sprintf("%s proposed %s", model, count(shown, "slice", "slices")))
	}
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func isAre(n int) string {
	if n == 1 {
		return "it is"
	}
	return "they are"
}
