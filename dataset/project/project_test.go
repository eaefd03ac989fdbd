package project

import (
	"bytes"
	"context"
	"image"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// testSeries is a small axial series of one patient.
func testSeries(id, patientID string, size ...int) *series.Series {
	if len(size) == 0 {
		size = []int{5, 24, 32}
	}
	return &series.Series{
		ID: id, Format: "phantom", Path: "/scans/" + id, Description: "CHEST 5.0",
		PatientID: patientID, PatientName: "Doe^Jane", StudyUID: "study of " + id, Calibrated: true,
		Measurable: true,
		Geometry: volume.NewGeometry([3]int(size), [3]float64{5, 0.8, 0.7},
			volume.Point{-10, -20, 30}),
	}
}

func open(t testing.TB, dir string) *Project {
	t.Helper()
	p, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func addStudy(t testing.TB, p *Project, s *series.Series) Study {
	t.Helper()
	study, err := p.AddStudy(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return study
}

func annotated(t testing.TB, p *Project, id string) *Annotation {
	t.Helper()
	a, err := p.Annotation(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// paint returns a patch that fills box of slice z with class, over what a holds.
func paint(a *Annotation, z int, box image.Rectangle, class uint8) volume.Patch {
	after := bytes.Clone(a.Labels.Slice(z))
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			after[y*a.Labels.Size[2]+x] = class
		}
	}
	p, _ := volume.Diff(z, a.Labels.Size[2], a.Labels.Slice(z), after)
	return p
}

// do appends e and applies it.
func do(t testing.TB, p *Project, id string, a *Annotation, e Entry) {
	t.Helper()
	if err := p.Append(t.Context(), id, a, e); err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, what string, got, want *Annotation) {
	t.Helper()
	if !bytes.Equal(got.Labels.Labels, want.Labels.Labels) {
		t.Errorf("%s: labels differ", what)
	}
	for z := range want.Slices {
		if got.Slices[z] != want.Slices[z] {
			t.Errorf("%s: slice %d is %+v, want %+v", what, z, got.Slices[z], want.Slices[z])
		}
	}
}

func TestWhatIsAppendedIsThereAfterReopening(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	study := addStudy(t, p, testSeries("1.2.3", "P1"))
	if study.Alias != "study-0001" || study.Slices != 5 || study.HasVoxels || study.Reviewed != 0 {
		t.Errorf("new study: %+v", study)
	}
	a := annotated(t, p, study.ID)
	proposed := bytes.Repeat([]byte{classes.LungsOther}, 24*32)
	e, err := a.Proposal(2, proposed, "baseline-1")
	if err != nil {
		t.Fatal(err)
	}
	do(t, p, study.ID, a, e)
	do(t, p, study.ID, a, a.Stroke(paint(a, 2, image.Rect(3, 4, 10, 9), classes.GroundGlass)))
	do(t, p, study.ID, a, a.Review(2, true))
	do(t, p, study.ID, a, a.Stroke(paint(a, 4, image.Rect(0, 0, 32, 1), classes.Consolidation)))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}

	p = open(t, dir)
	same(t, "reopened", annotated(t, p, study.ID), a)
	again := addStudy(t, p, testSeries("1.2.3", "P1"))
	if again.ID != study.ID || again.Reviewed != 1 {
		t.Errorf("the same series again: %+v", again)
	}
	r, err := p.Save(t.Context(), study.ID, "reader")
	if err != nil || r.Number != 1 || r.Model != "baseline-1" || !r.Reviewed[2] || r.Reviewed[4] {
		t.Fatalf("Save = %+v, %v", r, err)
	}
	same(t, "after Save", annotated(t, p, study.ID), a)
	do(t, p, study.ID, a, a.Stroke(paint(a, 0, image.Rect(5, 5, 6, 6), classes.GroundGlass)))
	same(t, "revision and journal", annotated(t, p, study.ID), a)
}
