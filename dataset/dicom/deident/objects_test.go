package deident

import (
	"context"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/dicom/report"
	"glasswork/dataset/dicom/rtstruct"
	"glasswork/dataset/dicom/seg"
	"glasswork/dataset/dicom/source"
	"glasswork/dataset/measure"
	"glasswork/dataset/volume"
)

// exported writes a CT, and a structure set and a report on it. It copies them without identities
// and returns the copies by modality.
func exported(t *testing.T, l *volume.LabelMap) map[string][]string {
	t.Helper()
	ctx, in, out := context.Background(), t.TempDir(), t.TempDir()
	ct := volume.New(l.Geometry)
	if err := dicom.Write(ctx, in, ct, dicom.Info{
		PatientName: "Muster^Erika", PatientID: "P-4711", Date: "2026-03-04", Description: "Chest",
	}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(in, "*.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	src, err := source.Read(ctx, files)
	if err != nil {
		t.Fatal(err)
	}
	m := source.Maker{Version: "0.1.0", Description: "Glasswork", Number: 301, Now: time.Now()}
	structures, err := rtstruct.Build(ctx, src, l, []rtstruct.ROI{{
		Class: classes.GroundGlass, Name: "ground glass",
		Code:      classes.Code{Value: "112120", Scheme: "DCM", Meaning: "Ground glass opacity"},
		Algorithm: "MANUAL",
	}}, m)
	if err != nil {
		t.Fatal(err)
	}
	regions, err := measure.Of(ctx, ct, l)
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := report.Build(src, measure.Study{
		Regions: regions, Measurable: true, Calibrated: true,
	}, nil, m)
	if err != nil {
		t.Fatal(err)
	}
	of, err := seg.ReadSource(ctx, files, l.Geometry)
	if err != nil {
		t.Fatal(err)
	}
	segments, err := seg.Build(ctx, seg.Annotation{
		Labels: l, Source: of, Creator: "Muster^Erich",
		Software: "0.1.0", Made: func(int, classes.Class) seg.Made {
			return seg.Made{
				Hand: seg.Corrected, Model: "baseline-3",
				Version: "sha256:0123456789abcdef0123456789abcdef",
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]*object.Object{
		"structures.dcm": structures, "report.dcm": numbers, "segments.dcm": segments,
	} {
		if err := o.Write(filepath.Join(in, name)); err != nil {
			t.Fatal(err)
		}
	}
	r := remover(t, ShiftDates)
	if got, err := r.Folder(ctx, in, out, nil); err != nil || got.Written != len(files)+3 ||
		len(got.Notes) > 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	all := map[string][]string{}
	err = filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		o, err := object.Read(path)
		if err != nil {
			return err
		}
		all[o.Text(tag.Modality)] = append(all[o.Text(tag.Modality)], path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func marks() *volume.LabelMap {
	l := volume.NewLabelMap(volume.NewGeometry([3]int{3, 8, 9}, [3]float64{2, 0.7, 0.7},
		volume.Point{1, 2, 3}))
	for i := range l.Labels {
		l.Labels[i] = uint8(i % 5 % 2)
	}
	return l
}

func TestCopiesStillBelongTogether(t *testing.T) {
	l := marks()
	all := exported(t, l)
	src, err := source.Read(context.Background(), all["CT"])
	if err != nil {
		t.Fatal(err)
	}
	path := all["RTSTRUCT"][0]
	o, err := object.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := rtstruct.Read(path, o.Set)
	if err != nil {
		t.Fatal(err)
	}
	if s.FrameUID != src.FrameUID || s.SeriesUID != src.SeriesUID ||
		s.Segments[0].Label != "ground glass" {
		t.Errorf("the structures say %+v, the series %q %q", s, src.SeriesUID, src.FrameUID)
	}
	mask := make([]uint8, l.Voxels())
	if _, err := s.Rasterise(context.Background(), 0, l.Geometry, mask); err != nil ||
		!slices.Equal(mask, l.Labels) {
		t.Errorf("other voxels than before, %v", err)
	}
	segments, err := object.Read(all["SEG"][0])
	if err != nil {
		t.Fatal(err)
	}
	item := segments.Item(tag.SegmentSequence)
	made := item.Item(tag.SegmentationAlgorithmIdentificationSequence)
	if item.Text(tag.SegmentLabel) != "ground glass" ||
		item.Text(tag.SegmentAlgorithmName) != "baseline-3" ||
		!strings.HasSuffix(made.Text(tag.AlgorithmVersion), "cdef") ||
		segments.Item(tag.ReferencedSeriesSequence).Text(tag.SeriesInstanceUID) != src.SeriesUID {
		t.Errorf("the first segment is %v", item)
	}
	sr, err := object.Read(all["SR"][0])
	if err != nil {
		t.Fatal(err)
	}
	evidence := sr.Item(tag.CurrentRequestedProcedureEvidenceSequence)
	if evidence.Text(tag.StudyInstanceUID) != src.StudyUID ||
		evidence.Item(tag.ReferencedSeriesSequence).Text(tag.SeriesInstanceUID) != src.SeriesUID {
		t.Error("the report refers to something else")
	}
	content := sr.Items(tag.ContentSequence)
	groups := content[len(content)-1].Items(tag.ContentSequence)
	var names []string
	for _, g := range groups {
		names = append(names, g.Item(tag.ContentSequence).Text(tag.TextValue))
	}
	if !slices.Equal(names, []string{"ground glass", "lesions", "lung"}) ||
		len(groups[0].Items(tag.ContentSequence)) != 10 {
		t.Errorf("the report holds the groups %q", names)
	}
}

func TestCopiesAreValid(t *testing.T) {
	if _, err := exec.LookPath("dciodvfy"); err != nil {
		t.Skip("dciodvfy is not installed")
	}
	for _, files := range exported(t, marks()) {
		out, _ := exec.Command("dciodvfy", files[0]).CombinedOutput()
		if strings.Contains(string(out), "Error") {
			t.Errorf("dciodvfy says:\n%s", out)
		}
	}
}
