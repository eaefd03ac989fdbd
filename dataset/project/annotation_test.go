package project

import (
	"bytes"
	"errors"
	"image"
	"math/rand/v2"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

func proposal(t testing.TB, a *Annotation, z int, class uint8, model string) Entry {
	t.Helper()
	e, err := a.Proposal(z, bytes.Repeat([]byte{class}, a.Labels.SliceVoxels()), model)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestUndoRestoresLabelsAndState(t *testing.T) {
	p := open(t, t.TempDir())
	id := addStudy(t, p, testSeries("s", "P")).ID
	a := annotated(t, p, id)
	do(t, p, id, a, proposal(t, a, 1, classes.LungsOther, "first"))

	box := image.Rect(2, 3, 9, 8)
	for _, c := range []struct {
		name string
		z    int
		make func() Entry
		want SliceState
	}{
		{
			"the only stroke of an empty slice", 0,
			func() Entry { return a.Stroke(paint(a, 0, box, 1)) },
			SliceState{Touched: true},
		},
		{
			"the only stroke over a proposal", 1,
			func() Entry { return a.Stroke(paint(a, 1, box, 2)) },
			SliceState{
				Touched: true,
				Model:   "first",
			},
		},
		{
			"a second proposal", 1, func() Entry { return proposal(t, a, 1, 1, "second") },
			SliceState{Model: "second"},
		},
		{
			"an accepted proposal", 1, func() Entry { return a.Review(1, true) },
			SliceState{Reviewed: true, Model: "first"},
		},
	} {
		before, labels := a.Slices[c.z], bytes.Clone(a.Labels.Labels)
		e := c.make()
		do(t, p, id, a, e)
		if a.Slices[c.z] != c.want {
			t.Errorf("%s: state %+v, want %+v", c.name, a.Slices[c.z], c.want)
		}
		same(t, c.name, annotated(t, p, id), a)
		do(t, p, id, a, e.Undo(before))
		if a.Slices[c.z] != before || !bytes.Equal(a.Labels.Labels, labels) {
			t.Errorf("%s: the undo left %+v, want %+v and the old labels", c.name,
				a.Slices[c.z], before)
		}
		same(t, c.name+", undone", annotated(t, p, id), a)
	}
	do(t, p, id, a, proposal(t, a, 0, 1, "after the undo")) // untouched again: allowed
}

func TestProposalsNeverReplaceAPersonsWork(t *testing.T) {
	p := open(t, t.TempDir())
	id := addStudy(t, p, testSeries("s", "P")).ID
	a := annotated(t, p, id)
	stale := annotated(t, p, id) // another program's copy from before
	do(t, p, id, a, a.Stroke(paint(a, 0, image.Rect(0, 0, 2, 2), 1)))
	do(t, p, id, a, a.Review(1, true))
	for z := range 2 {
		e := proposal(t, a, z, 3, "m")
		if err := a.Apply(e); !errors.Is(err, ErrTouched) {
			t.Errorf("slice %d: Apply = %v, want ErrTouched", z, err)
		}
		// The journal decides, not what the caller remembers; the batch is refused as a whole.
		free := proposal(t, stale, 4, 3, "m")
		if err := p.Append(t.Context(), id, stale, free,
			proposal(t, stale, z, 3, "m")); !errors.Is(err, ErrTouched) {
			t.Errorf("slice %d: Append = %v, want ErrTouched", z, err)
		}
	}
	same(t, "after refusals", annotated(t, p, id), a)
	if _, err := p.Save(t.Context(), id, "reader"); err != nil {
		t.Fatal(err)
	}
	if err := p.Append(t.Context(), id, stale, proposal(t, stale, 0, 3, "m")); !errors.Is(err,
		ErrTouched) {
		t.Errorf("after Save: Append = %v, want ErrTouched", err)
	}
	do(t, p, id, a, a.Review(1, false))
	do(t, p, id, a, proposal(t, a, 1, 3, "m"))
	if a.Slices[1].Model != "m" {
		t.Error("a slice whose review was taken back refuses a proposal")
	}
}

func TestAProposalEqualToWhatStandsThereNamesItsModel(t *testing.T) {
	p := open(t, t.TempDir())
	id := addStudy(t, p, testSeries("s", "P")).ID
	a := annotated(t, p, id)
	do(t, p, id, a, proposal(t, a, 3, classes.Background, "sees nothing"))
	if got := annotated(t, p, id).Slices[3].Model; got != "sees nothing" {
		t.Errorf("model = %q", got)
	}
}

func TestEntriesThatDoNotFitAreRefused(t *testing.T) {
	p := open(t, t.TempDir())
	id := addStudy(t, p, testSeries("s", "P")).ID
	a := annotated(t, p, id)
	good := paint(a, 1, image.Rect(0, 0, 2, 2), 1)
	outside, noClass, cut := good, good, good
	outside.Box = image.Rect(31, 23, 33, 25)
	noClass.New = []byte{1, 1, 1, classes.Labels}
	cut.New = cut.New[:3]
	for name, e := range map[string]Entry{
		"no kind":                {Z: 1, Patch: &good},
		"unknown kind":           {Kind: 9, Z: 1, Patch: &good},
		"stroke without patch":   {Kind: Stroke, Z: 1},
		"review with patch":      {Kind: Review, Z: 1, Patch: &good},
		"slice after the last":   {Kind: Review, Z: 5},
		"slice before the first": {Kind: Review, Z: -1},
		"patch of another slice": {Kind: Stroke, Z: 2, Patch: &good},
		"box outside":            {Kind: Stroke, Z: 1, Patch: &outside},
		"no such class":          {Kind: Stroke, Z: 1, Patch: &noClass},
		"array too short":        {Kind: Stroke, Z: 1, Patch: &cut},
		"proposal that touches": {
			Kind: Proposal, Z: 1, Patch: &good, State: SliceState{Touched: true},
		},
		"proposal that vouches": {
			Kind: Proposal, Z: 1, Patch: &good, State: SliceState{Reviewed: true},
		},
		"stroke outside of a's grid": a.Stroke(volume.Patch{Z: 77}),
	} {
		if a.Apply(e) == nil {
			t.Errorf("%s: applied", name)
		}
		if p.Append(t.Context(), id, a, a.Review(0, true), e) == nil {
			t.Errorf("%s: appended", name)
		}
	}
	if s, err := p.Study(t.Context(), id); err != nil || s.Reviewed != 0 {
		t.Errorf("a refused batch left something: %+v, %v", s, err)
	}
	if _, err := a.Proposal(1, make([]byte, 7), "m"); err == nil {
		t.Error("a proposal of 7 voxels was accepted")
	}
	if err := p.Append(t.Context(), "nobody", a, a.Review(0, true)); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown study: %v", err)
	}
}

func newRand(seed int) *rand.Rand { return rand.New(rand.NewPCG(11, uint64(seed))) }
