package session

import (
	"context"
	"fmt"

	"glasswork/dataset/project"
	"glasswork/dataset/words"
	"glasswork/training/protocol"
)

// Proposing lets the current model propose labels for the open study.
type Proposing struct {
	*hub
	reading *Reading
	editing *Editing
	jobs    *Jobs
	models  *Models
}

// Slice proposes labels for the slice looked at.
func (p *Proposing) Slice() {
	if p.reading.open != nil {
		p.propose([]int{p.reading.slice}, false)
	}
}

// Study proposes labels for all slices that no person has touched, from the one looked at
// outwards.
func (p *Proposing) Study() {
	st := p.reading.open
	if st == nil {
		return
	}
	free := outward(p.reading.slice, st.Slices, func(z int) bool { return !st.touched(z) })
	if len(free) == 0 {
		p.messages.Toast("You have touched or reviewed every slice; there is none left to propose.")
		return
	}
	p.propose(free, false)
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

// propose runs a prediction and shows its slices as they come. It leaves out what lies where no
// lung can be, unless it is asked for anywhere.
func (p *Proposing) propose(zs []int, anywhere bool) {
	if p.jobs.busy() {
		return
	}
	st, model := p.reading.open, p.models.current
	job := protocol.PredictJob{
		Path: st.series.Path, Series: st.series.ID, Project: p.project.Dir(), Study: st.ID,
		Model: modelPath(model), Slices: zs, Anywhere: anywhere,
	}
	var came gathered[protocol.Slice]
	shown, kept := 0, 0
	p.jobs.run(work{
		kind: JobPropose, title: "Proposing", series: st.SeriesID,
		job:     protocol.Job{Predict: &job},
		prepare: func(ctx context.Context) error { return readable(ctx, st) },
		event: func(e protocol.Event) {
			if e.Slice == nil || !came.add(*e.Slice) {
				return
			}
			p.poster.post(func() {
				if job, runs := p.jobs.Current(); runs && job.Cancelling {
					return
				}
				s, k := p.receive(st, came.take(), model.Name)
				shown, kept = shown+s, kept+k
			})
		},
		done: func(sum *protocol.Summary) {
			if sum.Predict != nil && sum.Predict.NoLung {
				p.noLung(st, zs)
				return
			}
			p.proposed(st, model.Name, len(zs), shown, kept)
		},
		again: func() {
			if p.reading.open == st {
				p.propose(zs, anywhere)
			}
		},
	})
}

// noLung asks what to do with a study in which no lung was found.
func (p *Proposing) noLung(st *study, zs []int) {
	p.messages.warnAbout(st, "This study shows no lung, so nothing was proposed on it.",
		Action{"Propose anyway", func() {
			if p.reading.open == st {
				p.propose(zs, true)
			}
		}})
}

// readable waits, if the files a study came from are gone, until the trainer can read it
// from the project's copy.
func readable(ctx context.Context, st *study) error {
	if st.series.Format == "phantom" || exists(st.series.Path) {
		return nil
	}
	return st.waitStored(ctx)
}

// receive takes predicted slices over where no person has been, and keeps the others for
// Reviewing.Reset. It returns how many of each.
func (p *Proposing) receive(st *study, came []protocol.Slice, model string) (shown, kept int) {
	const misfit = "The trainer sent a slice that does not fit"
	var entries []project.Entry
	for _, sl := range came {
		if sl.Z < 0 || sl.Z >= st.Slices || len(sl.Labels) != st.Geometry.SliceVoxels() {
			p.messages.fail(misfit,
				fmt.Errorf("slice %d with %d voxels", sl.Z+1, len(sl.Labels)))
			continue
		}
		st.proposals.uncertainty[sl.Z] = sl.Uncertainty
		if st.touched(sl.Z) {
			st.proposals.withheld[sl.Z] = withheld{sl.Labels, model}
			kept++
			continue
		}
		delete(st.proposals.withheld, sl.Z)
		e, err := st.labels.Proposal(sl.Z, sl.Labels, model)
		if err != nil {
			p.messages.fail(misfit, err)
			continue
		}
		entries = append(entries, e)
	}
	shown = p.editing.propose(st, entries)
	if p.reading.open == st {
		p.changed(TopicLabels | TopicMeasures | TopicStrip | TopicSaved)
	}
	return shown, kept
}

// proposed tells how a proposal went.
func (p *Proposing) proposed(st *study, model string, asked, shown, kept int) {
	switch {
	case kept == 1:
		p.messages.warnAbout(st, "1 slice that you have touched was left as it is; "+
			"Shift+A takes the proposal there.")
	case kept > 0:
		p.messages.warnAbout(st, fmt.Sprintf(
			"%d slices that you have touched were left as they are; "+
				"Shift+A takes the proposal there.", kept))
	case shown < asked:
		p.messages.Toast(fmt.Sprintf(
			"%s proposed %d of %d slices; the others have been touched meanwhile",
			model, shown, asked))
	default:
		p.messages.Toast(fmt.Sprintf("%s proposed %s", model,
			words.Count(shown, "slice", "slices")))
	}
}
