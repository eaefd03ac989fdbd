package source

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// slice returns an image at height z.
func slice(instance string, z float64, more ...object.Set) object.Set {
	s := object.New(object.Text(tag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.2"),
		object.Text(tag.SOPInstanceUID, instance),
		object.Text(tag.StudyInstanceUID, "1.2.3"), object.Text(tag.SeriesInstanceUID, "1.2.4"),
		object.Text(tag.FrameOfReferenceUID, "1.2.5"),
		object.Text(tag.PatientName, "Muster^Erika"), object.Text(tag.PatientAge, "57Y"),
		object.Text(tag.PatientWeight, "heavy"),
		object.Float(tag.ImagePositionPatient, 0, 0, z))
	for _, m := range more {
		s.Put(m.Elements...)
	}
	return s
}

func series(t *testing.T, files ...object.Set) *Series {
	t.Helper()
	s := &Series{}
	for _, f := range files {
		if err := s.add(f); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// bySlice returns the last parts of the UIDs that belong to the slices of a grid of height n.
func bySlice(s *Series, n int) string {
	var out []string
	for _, im := range s.BySlice(volume.NewGeometry([3]int{n, 4, 4}, [3]float64{2, 1, 1},
		volume.Point{})) {
		if im == nil {
			out = append(out, "-")
			continue
		}
		out = append(out, strings.TrimPrefix(im.UID, "1.2.6.")+strings.Repeat("'", im.Frame))
	}
	return strings.Join(out, " ")
}

func TestSlicesFindTheirImages(t *testing.T) {
	frame := func(z float64) object.Set {
		return object.New(object.Items(tag.PlanePositionSequence,
			object.New(object.Float(tag.ImagePositionPatient, 0, 0, z))))
	}
	multi := slice("1.2.6.1", 99, object.New(object.Items(tag.PerFrameFunctionalGroupsSequence,
		frame(2), frame(0), frame(6))))
	for name, c := range map[string]struct {
		s    *Series
		n    int
		want string
	}{
		"in another order": {series(t, slice("1.2.6.2", 4), slice("1.2.6.1", 0),
			slice("1.2.6.3", 2)), 3, "1 3 2"},
		"uneven": {series(t, slice("1.2.6.1", 0), slice("1.2.6.2", 1),
			slice("1.2.6.3", 4)), 3, "1 2 3"},
		"one missing": {series(t, slice("1.2.6.1", 0), slice("1.2.6.3", 4)), 3, "1 - 3"},
		"frames":      {series(t, multi), 4, "1'' 1' - 1'''"},
		"elsewhere":   {series(t, slice("1.2.6.1", 100)), 2, "- -"},
	} {
		if got := bySlice(c.s, c.n); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhatCannotBeReferredTo(t *testing.T) {
	s := series(t, slice("1.2.6.1", 0))
	for name, o := range map[string]object.Set{
		"no instance": slice("", 0),
		"another series": slice("1.2.6.2", 0, object.New(object.Text(tag.SeriesInstanceUID,
			"1.2.9"))),
	} {
		if err := s.add(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Read(context.Background(), nil); err == nil {
		t.Error("no files: no error")
	}
	if _, err := Read(context.Background(), []string{filepath.Join(t.TempDir(),
		"none.dcm")}); err == nil || !strings.HasPrefix(err.Error(),
		"none.dcm cannot be referred to") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestDerivedObjectsSayWhoseTheyAre(t *testing.T) {
	s := series(t, slice("1.2.6.1", 0))
	m := Maker{
		Version: "0.1.0", Description: "Structures", Number: 7, Now: time.Date(2026, 3, 4, 5, 6, 7,
			0, time.UTC),
	}
	a, b := s.Derived("1.2.7", "RTSTRUCT", m), s.Derived("1.2.7", "RTSTRUCT", m)
	if a.Text(tag.PatientName) != "Muster^Erika" || a.Text(tag.PatientAge) != "057Y" ||
		a.Has(tag.PatientWeight) || !a.Has(tag.AccessionNumber) ||
		a.Text(tag.StudyInstanceUID) != "1.2.3" || a.Text(tag.FrameOfReferenceUID) != "1.2.5" ||
		a.Text(tag.SeriesTime) != "050607" {
		t.Errorf("derived: %v", a)
	}
	if a.Text(tag.SOPInstanceUID) == b.Text(tag.SOPInstanceUID) ||
		a.Text(tag.SeriesInstanceUID) == b.Text(tag.SeriesInstanceUID) {
		t.Error("two objects have the same UID")
	}
}
