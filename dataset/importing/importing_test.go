package importing

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/nifti"
	"glasswork/dataset/series"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

// mask writes a label map on g that holds the values 1 and 2.
func mask(t *testing.T, g volume.Geometry) string {
	t.Helper()
	l := volume.NewLabelMap(g)
	copy(l.Labels, []uint8{1, 1, 2})
	path := filepath.Join(t.TempDir(), "mask.nii.gz")
	if err := nifti.WriteLabels(path, l); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSegmentsThatNobodyHasChosenForComeFirst(t *testing.T) {
	ct := fixture.Ramp(3, 6, 8)
	known := annotation.Mapping{"value 1": annotation.LeaveOut}
	read, err := Read(t.Context(), mask(t, ct.Geometry), known)
	if err != nil {
		t.Fatal(err)
	}
	f, err := read.On(t.Context(), &series.Series{ID: "x", Geometry: ct.Geometry})
	if err != nil {
		t.Fatal(err)
	}
	first, last := f.Segments[0], f.Segments[1]
	if first.Name != "label 2" || first.Known || last.Name != "label 1" || !last.Known ||
		f.Known() {
		t.Errorf("segments %+v", f.Segments)
	}
	if ml := 2 * ct.VoxelML(); last.ML < 0.99*ml || last.ML > 1.01*ml {
		t.Errorf("%v ml, want %v", last.ML, ml)
	}
	chosen := f.Chosen([]annotation.Choice{
		annotation.As(classes.Consolidation),
		annotation.LeaveOut,
	})
	if len(chosen) != 1 || chosen["value 2"] != annotation.As(classes.Consolidation) {
		t.Errorf("chosen %v", chosen)
	}
	marked, err := f.Mark(t.Context(), chosen, ct.Geometry)
	if err != nil || marked.Labels.Counts(0) != [classes.Labels]int{47, 0, 1, 0} {
		t.Errorf("marked %+v, %v", marked, err)
	}
	elsewhere := volume.NewGeometry([3]int{3, 6, 8}, [3]float64{1, 1, 1},
		volume.Point{900, 900, 900})
	_, err = read.On(t.Context(), &series.Series{ID: "x", Geometry: elsewhere})
	if err == nil || !strings.Contains(err.Error(), "belongs to another") {
		t.Errorf("elsewhere: %v", err)
	}
}

func TestChoicesAreReadAsAPersonTypesThem(t *testing.T) {
	s := &annotation.Segmentation{Path: "a/b.nii", Segments: []annotation.Segment{
		{Number: 1, Label: "GGO left"}, {Number: 2, Label: "heart"}, {Number: 3, Label: "a=b"},
	}}
	got, err := parseChoices(s, []string{"*=leave out", "ggo-left = GGO", "a=b=consolidation"})
	want := annotation.Mapping{
		"name ggoleft": annotation.As(classes.GroundGlass), "name heart": annotation.LeaveOut,
		"name ab": annotation.As(classes.Consolidation),
	}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v", got, err)
	}
	for key, c := range want {
		if got[key] != c {
			t.Errorf("%s became %q, want %q", key, got[key], c)
		}
	}
	for line, clause := range map[string]string{
		"heart": `lacks an "="`,
		"heart=heart": "is none of ground glass, consolidation, lungs other, " +
			"unspecified lesion and leave out",
		"liver=ggo":    `b.nii has no segment "liver"; it has GGO left, heart, a=b`,
		" =leave out ": `has no segment ""`,
	} {
		if _, err := parseChoices(s, []string{line}); err == nil ||
			!strings.Contains(err.Error(), clause) {
			t.Errorf("%q: %v, want %q", line, err, clause)
		}
	}
}

// Nothing is made or changed before it is known which segments become what, and in which series.
func TestAnImportThatIsNotUnderstoodChangesNothing(t *testing.T) {
	dir, ct := t.TempDir(), fixture.Ramp(3, 6, 8)
	scans := filepath.Join(dir, "scans")
	for _, name := range []string{"ONE", "TWO"} {
		info := dicom.Info{Description: name}
		if err := dicom.Write(t.Context(), filepath.Join(scans, name), ct, info); err != nil {
			t.Fatal(err)
		}
	}
	r := Request{Project: filepath.Join(dir, "p"), Path: scans, Labels: mask(t, ct.Geometry)}
	var unknown *UnknownError
	if _, err := Import(t.Context(), r); !errors.As(err, &unknown) || len(unknown.Segments) != 2 {
		t.Errorf("nobody said what it is: %v", err)
	}
	r.Choices = []string{"1=ground glass", "*=leave out"}
	_, err := Import(t.Context(), r)
	if !errors.Is(err, ErrSeveral) || !strings.Contains(err.Error(), `fits "ONE" and "TWO"`) {
		t.Errorf("two series: %v", err)
	}
	r.Series = "1.2.3"
	if _, err := Import(t.Context(), r); err == nil ||
		!strings.Contains(err.Error(), "does not hold") {
		t.Errorf("no such series: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d entries are there now, %v", len(left), err)
	}
	r.Path, r.Series = filepath.Join(scans, "ONE"), ""
	done, err := Import(t.Context(), r)
	if err != nil || done.Slices != 1 || done.Study.Description != "ONE" ||
		!slices.Equal(done.Marked.Slices(), []int{0}) {
		t.Errorf("%+v, %v", done, err)
	}
}

// A tilted series is offered resampled as well; labels go to the acquired one.
func TestCaseOfATiltedStudy(t *testing.T) {
	folder := shared.Path(t, "cases", "29-tilted-study-labels")
	done, err := Import(t.Context(), Request{
		Project: filepath.Join(t.TempDir(), "p"), Path: filepath.Join(folder, "study"),
		Labels:  filepath.Join(folder, "labels.nii.gz"),
		Choices: []string{"1=ground glass", "2=consolidation", "3=lungs other"},
	})
	if err != nil || strings.Contains(done.Study.Description, "resampled") || done.Slices == 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
