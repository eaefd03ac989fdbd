package project

import (
	"slices"
	"testing"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// What a reviewed slice teaches is what was annotated on it, by the states that lead to it.
func TestWhatIsKnownOfAReviewedSlice(t *testing.T) {
	both := []classes.Class{classes.GroundGlass, classes.Consolidation}
	for _, c := range []struct {
		name   string
		state  SliceState
		labels []uint8
		want   classes.Known
	}{
		{"proposed", SliceState{Model: "m"}, []uint8{0, 0}, classes.All()},
		{
			"lesions imported over a proposal",
			SliceState{Model: "m", Source: "f", Marks: classes.Knows(classes.Lesion)},
			[]uint8{0, 4},
			classes.All(),
		},
		{
			"by hand, without lungs",
			SliceState{Touched: true},
			[]uint8{0, 1},
			classes.Knows(both...),
		},
		{"by hand, with lungs", SliceState{Touched: true}, []uint8{3, 1}, classes.All()},
		{
			"infection imported",
			SliceState{Source: "f", Marks: classes.Knows(classes.Lesion)},
			[]uint8{0, 4},
			classes.Knows(classes.Lesion),
		},
		{
			"lungs imported",
			SliceState{Source: "f", Marks: classes.Knows(classes.LungsOther)},
			[]uint8{0, 3},
			classes.Knows(classes.LungsOther),
		},
		{
			"kinds imported, lungs drawn",
			SliceState{Source: "f", Marks: classes.Knows(both...)},
			[]uint8{1, 3},
			classes.All(),
		},
		{
			"imported by an older version",
			SliceState{Source: "f"},
			[]uint8{0, 1},
			classes.Knows(both...),
		},
	} {
		if got := c.state.Known(c.labels); got != c.want {
			t.Errorf("%s: known %v, want %v", c.name, got, c.want)
		}
	}
}

// What an import marked is in the journal and in the revision, and reaches the examples.
func TestImportsSayWhatTheyMarked(t *testing.T) {
	p, studies, _ := reviewedProject(t)
	study := studies[0]
	a, err := p.Annotation(t.Context(), study.ID)
	if err != nil {
		t.Fatal(err)
	}
	m := &annotation.Marked{Labels: volume.NewLabelMap(study.Geometry)}
	m.Labels.Slice(2)[7] = classes.Lesion
	m.Marks[classes.Lesion] = true
	entries, _, err := a.Imports(m, "infection.nii.gz", Ask, true)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	if err := p.Append(t.Context(), study.ID, a, entries[0]...); err != nil {
		t.Fatal(err)
	}
	again, err := p.Annotation(t.Context(), study.ID)
	if err != nil || again.Slices[2].Marks != classes.Knows(classes.Lesion) {
		t.Errorf("the journal says %+v, %v", again.Slices[2], err)
	}
	if _, err := p.Save(t.Context(), study.ID, "a"); err != nil {
		t.Fatal(err)
	}
	if again, err = p.Annotation(t.Context(), study.ID); err != nil ||
		again.Slices[2].Marks != classes.Knows(classes.Lesion) {
		t.Errorf("the revision says %+v, %v", again.Slices[2], err)
	}
	if _, err := p.Revisions(t.Context(), study.ID); err != nil {
		t.Error(err)
	}
	x, err := p.Examples(t.Context(), study.Holdout)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for i := range x.Len() {
		e, err := x.At(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if e.Case == study.Alias && e.Z == 2 {
			found = e.Known == classes.Knows(classes.Lesion) && slices.Contains(e.Labels, 4)
		}
	}
	if !found {
		t.Error("the example does not know what was imported")
	}
}
