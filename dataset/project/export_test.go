package project

import (
	"bytes"
	"errors"
	"image"
	"slices"
	"testing"
)

func TestExportStudiesAreTheLastRevisions(t *testing.T) {
	p, studies, voxels := reviewedProject(t)
	a := annotated(t, p, studies[1].ID)
	saved := bytes.Clone(a.Labels.Labels)
	do(t, p, studies[1].ID, a, a.Stroke(paint(a, 0, image.Rect(0, 0, 9, 9), 1))) // not saved
	addStudy(t, p, testSeries("never saved", "patient d"))

	n := 0
	for e, err := range p.ExportStudies(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Name != studies[n].Alias || !slices.Equal(e.CT.HU, voxels[n].HU) || !e.Reviewed[1] ||
			e.Reviewed[0] {
			t.Errorf("study %d: %s, reviewed %v", n, e.Name, e.Reviewed)
		}
		if n == 1 && !bytes.Equal(e.Labels.Labels, saved) {
			t.Error("labels are not the saved ones")
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d studies, want 3", n)
	}
	for range p.ExportStudies(t.Context()) {
		break // a consumer that stops early is no error
	}
}

func TestExportStudiesEndsWithItsFirstError(t *testing.T) {
	p := open(t, t.TempDir())
	for _, id := range []string{"a", "b"} {
		study := addStudy(t, p, testSeries(id, "P"))
		if _, err := p.Save(t.Context(), study.ID, "reader"); err != nil { // without voxels
			t.Fatal(err)
		}
	}
	n := 0
	for _, err := range p.ExportStudies(t.Context()) {
		if n++; !errors.Is(err, ErrNotFound) {
			t.Errorf("error %d: %v", n, err)
		}
	}
	if n != 1 {
		t.Errorf("%d errors, want 1", n)
	}
}
