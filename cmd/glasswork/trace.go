package main

import (
	"encoding/json"
	"fmt"
	"io"

	"glasswork/ui/session"
)

// tracePrefix begins every line of the trace.
const tracePrefix = "state "

// state is what the window shows, for a program that drives it. It holds nothing about
// the patient.
type state struct {
	Study    string `json:"study"` // alias, "" if none is open
	Slices   int    `json:"slices"`
	Loaded   int    `json:"loaded"`
	Stored   bool   `json:"stored"` // voxels are in the project
	Slice    int    `json:"slice"`
	Window   string `json:"window"`
	Tool     string `json:"tool"`
	Proposed string `json:"proposed"` // who proposed this slice
	Reviewed bool   `json:"reviewed"` // this slice
	Undo     bool   `json:"undo"`
	Redo     bool   `json:"redo"`
	Saved    string `json:"saved"`
	// Lesions is the ml of ground glass and consolidation.
	Lesions string `json:"lesions"`
	Model   string `json:"model"`
	Job     string `json:"job"`    // what the trainer does, "" if nothing
	Losses  int    `json:"losses"` // points of the loss curve
	// Plan is "measuring", "ready", "missing" or "failed" while the retrain dialog is open.
	Plan    string   `json:"plan"`
	Verdict string   `json:"verdict"` // name of the model to decide on
	Said    []string `json:"said"`    // messages on screen
}

// trace writes the state of s to out, one line of JSON now and whenever it has changed.
func trace(s *session.Session, out io.Writer) {
	last := ""
	tell := func() {
		line, err := json.Marshal(stateOf(s))
		if err == nil && string(line) != last {
			last = string(line)
			fmt.Fprintln(out, tracePrefix+last)
		}
	}
	tell()
	s.Observe(session.TopicAll&^session.TopicPointer, tell)
}

func stateOf(s *session.Session) state {
	st := state{
		Slice: s.Reading.Slice(), Window: s.Display.Window().String(), Tool: s.Tools.Text(),
		Reviewed: s.Reviewing.Reviewed(s.Reading.Slice()),
	}
	if info, ok := s.Reading.Study(); ok {
		st.Study, st.Stored = info.Alias, info.HasVoxels
	}
	st.Loaded, st.Slices = s.Reading.Loaded()
	_, st.Proposed = s.Reading.Captions()
	st.Undo, st.Redo, st.Saved, st.Model = s.Editing.CanUndo(), s.Editing.CanRedo(),
		s.Saving.Text(), s.Models.Current()
	if f := s.Measuring.Classes(); len(f) > 1 {
		st.Lesions = fmt.Sprintf("%.3f %.3f", f[0].ML, f[1].ML)
	}
	if j, ok := s.Jobs.Current(); ok {
		st.Job, st.Losses = j.Title, len(j.Loss)
	}
	if p, ok := s.Retraining.Plan(); ok {
		st.Plan = planState(p)
	}
	if v, ok := s.Retraining.Verdict(); ok {
		st.Verdict = v.ModelName
	}
	for _, m := range s.Messages.All() {
		st.Said = append(st.Said, m.Text)
	}
	return st
}

func planState(p session.Plan) string {
	switch {
	case p.Measuring:
		return "measuring"
	case p.Estimate == nil:
		return "failed"
	case !p.Estimate.Ready:
		return "missing"
	}
	return "ready"
}
