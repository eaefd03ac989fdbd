package project

import (
	"bytes"
	"errors"
	"image"
	"testing"

	"glasswork/dataset/classes"
)

func TestTheLastProposalIsRememberedThroughCorrections(t *testing.T) {
	p := open(t, t.TempDir())
	st := addStudy(t, p, testSeries("1", "P1"))
	a := annotated(t, p, st.ID)
	if _, _, err := p.LastProposal(t.Context(), st.ID, 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("before any proposal: %v", err)
	}
	propose := func(class uint8, model string) []uint8 {
		labels := bytes.Repeat([]byte{class}, a.Labels.SliceVoxels())
		e, err := a.Proposal(1, labels, model)
		if err != nil {
			t.Fatal(err)
		}
		do(t, p, st.ID, a, e)
		return labels
	}
	propose(classes.GroundGlass, "first")
	want := propose(classes.LungsOther, "second")
	do(t, p, st.ID, a, a.Stroke(paint(a, 1, image.Rect(0, 0, 2, 2), classes.Consolidation)))
	do(t, p, st.ID, a, a.Stroke(paint(a, 2, image.Rect(0, 0, 2, 2), classes.Consolidation)))
	do(t, p, st.ID, a, a.Review(1, true))
	if _, err := p.Save(t.Context(), st.ID, "reader"); err != nil {
		t.Fatal(err)
	}
	got, model, err := p.LastProposal(t.Context(), st.ID, 1)
	if err != nil || model != "second" || !bytes.Equal(got, want) {
		t.Errorf("model %q, labels as proposed: %v, %v", model, bytes.Equal(got, want), err)
	}
}
