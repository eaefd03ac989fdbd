package project

import (
	"errors"
	"image"
	"slices"
	"testing"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

func TestMappingIsRememberedAndAddedTo(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	if m, err := p.Mapping(t.Context()); err != nil || len(m) > 0 {
		t.Fatalf("a new project knows %v, %v", m, err)
	}
	for _, m := range []annotation.Mapping{{
		"name a": annotation.As(classes.LungsOther),
		"name b": annotation.LeaveOut,
	}, {"name b": annotation.As(classes.Consolidation)}, {}} {
		if err := p.Remember(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	m, err := open(t, dir).Mapping(t.Context())
	if err != nil || len(m) != 2 || m["name a"] != annotation.As(classes.LungsOther) ||
		m["name b"] != annotation.As(classes.Consolidation) {
		t.Errorf("remembered %v, %v", m, err)
	}
	if err := p.SetSetting(t.Context(), mappingKey, "no JSON"); err != nil {
		t.Fatal(err)
	}
	if m, err := p.Mapping(t.Context()); err != nil || len(m) > 0 {
		t.Errorf("from a damaged setting: %v, %v", m, err)
	}
}

// marked marks ground glass in a box of some slices.
func marked(g volume.Geometry, box image.Rectangle, zs ...int) *annotation.Marked {
	m := &annotation.Marked{Labels: volume.NewLabelMap(g)}
	m.Marks[classes.GroundGlass] = true
	for _, z := range zs {
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				m.Labels.Slice(z)[y*g.Size[2]+x] = classes.GroundGlass
			}
		}
	}
	return m
}

func appendAll(t *testing.T, p *Project, id string, a *Annotation, entries [][]Entry) {
	t.Helper()
	if err := p.Append(t.Context(), id, a, slices.Concat(entries...)...); err != nil {
		t.Fatal(err)
	}
}

func TestImportsAskBeforeTheyReplaceAPersonsWork(t *testing.T) {
	p := open(t, t.TempDir())
	id := addStudy(t, p, testSeries("s", "P")).ID
	a := annotated(t, p, id)
	stale := annotated(t, p, id) // another program's copy from before
	do(t, p, id, a, a.Stroke(paint(a, 2, image.Rect(0, 0, 3, 3), classes.Consolidation)))
	do(t, p, id, a, a.Review(3, true))

	m := marked(a.Labels.Geometry, image.Rect(1, 1, 4, 4), 1, 2, 3)
	_, _, err := a.Imports(m, "x.nii.gz", Ask, false)
	var touched *TouchedError
	if !errors.As(err, &touched) || !errors.Is(err, ErrTouched) ||
		!slices.Equal(touched.Slices, []int{2, 3}) {
		t.Fatalf("over touched slices: %v", err)
	}
	entries, _, err := stale.Imports(m, "x.nii.gz", Ask, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Append(t.Context(), id, stale,
		slices.Concat(entries...)...); !errors.Is(err, ErrTouched) {
		t.Errorf("what another program had touched was replaced: %v", err)
	}
	same(t, "after the refusal", annotated(t, p, id), a)

	entries, kept, err := a.Imports(m, "x.nii.gz", Keep, true)
	if err != nil || len(entries) != 1 || !slices.Equal(kept, []int{2, 3}) {
		t.Fatalf("keeping: %d slices, kept %v, %v", len(entries), kept, err)
	}
	appendAll(t, p, id, a, entries)
	if want := (SliceState{
		Touched: true, Reviewed: true,
		Source: "x.nii.gz", Marks: classes.Knows(classes.GroundGlass),
	}); a.Slices[1] != want {
		t.Errorf("state %+v, want %+v", a.Slices[1], want)
	}
	same(t, "kept", annotated(t, p, id), a)

	entries, kept, err = a.Imports(m, "x.nii.gz", Replace, false)
	if err != nil || len(entries) != 2 || len(kept) > 0 {
		t.Fatalf("replacing: %d slices, kept %v, %v", len(entries), kept, err)
	}
	appendAll(t, p, id, a, entries)
	// consolidation wins over ground glass
	if c := a.Labels.Counts(2); c[classes.GroundGlass] != 5 || c[classes.Consolidation] != 9 {
		t.Errorf("slice 3 holds %v", c)
	}
	if entries, _, err := a.Imports(m, "x.nii.gz", Ask, false); err != nil || len(entries) > 0 {
		t.Errorf("the same again changes %d slices, %v", len(entries), err)
	}
	if _, err := p.Save(t.Context(), id, "me"); err != nil {
		t.Fatal(err)
	}
	same(t, "saved", annotated(t, p, id), a)
	if all, err := p.Revisions(t.Context(), id); err != nil || len(all) != 1 {
		t.Errorf("%d revisions, %v", len(all), err)
	}
}

func TestAnImportIsUndone(t *testing.T) {
	p := open(t, t.TempDir())
	id := addStudy(t, p, testSeries("s", "P")).ID
	a := annotated(t, p, id)
	do(t, p, id, a, proposal(t, a, 1, classes.GroundGlass, "first"))
	// the second changes no label
	for _, box := range []image.Rectangle{image.Rect(0, 0, 3, 3), image.Rect(0, 0, 32, 24)} {
		before, labels := a.Slices[1], slices.Clone(a.Labels.Labels)
		entries, _, err := a.Imports(marked(a.Labels.Geometry, box, 1), "x", Ask, false)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%d slices, %v", len(entries), err)
		}
		appendAll(t, p, id, a, entries)
		if !a.Slices[1].Touched || a.Slices[1].Source != "x" || a.Slices[1].Model != "first" {
			t.Errorf("state %+v", a.Slices[1])
		}
		do(t, p, id, a, entries[0][0].Undo(before))
		if a.Slices[1] != before || !slices.Equal(a.Labels.Labels, labels) {
			t.Errorf("the undo left %+v", a.Slices[1])
		}
		same(t, "undone", annotated(t, p, id), a)
	}
}
