package export

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset"
	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/volume"
)

const patientName = "Doe^Jane Marker"

// fromDICOM is a study whose files are in a folder: a block of consolidation on slices 1 to 3
// in ground glass, proposed by a model and corrected by a person on slice 2.
func fromDICOM(t *testing.T) Study {
	t.Helper()
	s := study("A0001", 6, 20, 24)
	dir := filepath.Join(t.TempDir(), "scan")
	if err := dicom.Write(t.Context(), dir, s.CT, dicom.Info{
		PatientName: patientName,
		PatientID:   "MARKER-4711", Description: "Chest", Date: "2021-03-04",
	}); err != nil {
		t.Fatal(err)
	}
	all, _, err := dataset.Open(t.Context(), dir)
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	defer all[0].Close()
	s.Source, s.SeriesID, s.CT.Geometry = dir, all[0].ID, all[0].Geometry
	s.Measurable, s.Calibrated = true, true
	s.Labels = volume.NewLabelMap(all[0].Geometry)
	s.Origins = make([]Origin, 6)
	for z := 1; z < 4; z++ {
		s.Origins[z] = Origin{Model: "baseline-9", ModelVersion: "abc123", Touched: z == 2}
		for y := 4; y < 16; y++ {
			for x := 4; x < 18; x++ {
				s.Labels.Slice(z)[y*24+x] = classes.GroundGlass
				if y > 8 && x > 8 {
					s.Labels.Slice(z)[y*24+x] = classes.Consolidation
				}
			}
		}
	}
	return s
}

// files are all below dir with what is in them, by their path below it.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == markName {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[rel] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var exportKey = bytes.Repeat([]byte{7}, 32)

// readBack puts a segmentation onto the CT in dir and returns it by class.
func readBack(t *testing.T, sg *annotation.Segmentation, err error, dir string) *volume.LabelMap {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := dataset.Open(t.Context(), dir)
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	defer all[0].Close()
	l, codes := volume.NewLabelMap(all[0].Geometry), classes.Codes()
	for i, s := range sg.Segments {
		class := slices.IndexFunc(codes[:],
			func(c classes.Code) bool { return c.Value == s.Type.Value })
		mask := make([]uint8, l.Voxels())
		if _, err := sg.Rasterise(t.Context(), i, l.Geometry, mask); err != nil {
			t.Fatal(err)
		}
		for j, m := range mask {
			if m != 0 {
				l.Labels[j] = uint8(class)
			}
		}
	}
	return l
}

func TestDICOMExportKeepsVoxelsAndNoIdentity(t *testing.T) {
	s := fromDICOM(t)
	for format, name := range map[string]string{
		"seg": "segmentation.dcm", "labelmap": "segmentation.dcm", "rtstruct": "structures.dcm",
		"sr": "report.dcm",
	} {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			if err := Write(t.Context(), dir, sequence(s), Options{
				Format: format, Key: exportKey,
				Software: "9.8.7",
			}); err != nil {
				t.Fatal(err)
			}
			all := files(t, dir)
			for path, b := range all {
				if bytes.Contains(b, []byte("Marker")) || bytes.Contains(b, []byte("MARKER")) ||
					bytes.Contains(b, []byte("20210304")) {
					t.Errorf("%s still says who the patient is", path)
				}
			}
			if all[filepath.Join("A0001", name)] == nil ||
				all[filepath.Join("A0001", "CT", "CT0006.dcm")] == nil {
				t.Fatalf("written were %v", len(all))
			}
			path, ct := filepath.Join(dir, "A0001", name), filepath.Join(dir, "A0001", "CT")
			var back *volume.LabelMap
			switch format {
			case "seg", "labelmap":
				sg, err := dataset.OpenSegmentation(t.Context(), path)
				back = readBack(t, sg, err, ct)
				if !bytes.Contains(all[filepath.Join("A0001", name)], []byte("abc123")) {
					t.Error("the model's hash is not in the file")
				}
			case "rtstruct":
				sg, err := dataset.OpenSegmentation(t.Context(), path)
				for i := range sg.Segments {
					sg.Segments[i].Type = classes.Codes()[sg.Segments[i].Number]
				}
				back = readBack(t, sg, err, ct)
			case "sr":
				return // what it says is tested in its own room
			}
			if !bytes.Equal(back.Labels, s.Labels.Labels) {
				t.Error("other voxels come back")
			}
		})
	}
}

func TestIdentifiedExportRefersToTheImagesAsTheyAre(t *testing.T) {
	s := fromDICOM(t)
	for _, source := range []string{s.Source, fixture.Zip(t, s.Source, "scan.zip")} {
		s.Source = source
		dir := t.TempDir()
		if err := Write(t.Context(), dir, sequence(s), Options{
			Format:     "seg",
			Identified: true,
		}); err != nil {
			t.Fatal(err)
		}
		all := files(t, dir)
		if len(all) != 1 || !bytes.Contains(all["A0001/segmentation.dcm"], []byte(patientName)) {
			t.Errorf("%d files were written, or without the patient's name", len(all))
		}
		sg, err := dataset.OpenSegmentation(t.Context(), filepath.Join(dir, "A0001",
			"segmentation.dcm"))
		if back := readBack(t, sg, err, s.Source); !bytes.Equal(back.Labels, s.Labels.Labels) ||
			sg.SeriesUID != s.SeriesID {
			t.Error("it does not fit the images")
		}
	}
}

// The slices of a straight grid are nobody's files: they are written.
func TestDICOMExportOfAResampledSeries(t *testing.T) {
	tilted := fixture.Ramp(5, 30, 20)
	tilted.Affine[1][2] = 1.5
	from := filepath.Join(t.TempDir(), "scan")
	if err := dicom.Write(t.Context(), from, tilted, dicom.Info{Description: "HEAD"}); err != nil {
		t.Fatal(err)
	}
	all, _, err := dataset.Open(t.Context(), from)
	if err != nil || len(all) != 2 || !all[1].Resampled {
		t.Fatal(len(all), err)
	}
	defer func() {
		for _, one := range all {
			_ = one.Close() // nothing was read through it
		}
	}()
	ct, err := all[1].Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := Study{
		Name: "A0001", Source: from, SeriesID: all[1].ID, CT: ct,
		Labels: volume.NewLabelMap(ct.Geometry), Reviewed: make([]bool, 5), Origins: make([]Origin,
			5), Measurable: true, Calibrated: true,
	}
	s.Labels.Slice(2)[300] = classes.Consolidation
	for _, identified := range []bool{false, true} {
		dir := t.TempDir()
		if err := Write(t.Context(), dir, sequence(s), Options{
			Format: "seg", Key: exportKey,
			Identified: identified,
		}); err != nil {
			t.Fatal(err)
		}
		sg, err := dataset.OpenSegmentation(t.Context(), filepath.Join(dir, "A0001",
			"segmentation.dcm"))
		if back := readBack(t, sg, err, filepath.Join(dir, "A0001",
			"CT")); !bytes.Equal(back.Labels, s.Labels.Labels) {
			t.Error("other voxels come back")
		}
	}
}

func TestDICOMExportOfWhatIsNoDICOM(t *testing.T) {
	s := fromDICOM(t)
	s.SeriesID = strings.Repeat("ab", 32)
	dir := t.TempDir()
	if err := Write(t.Context(), dir, sequence(s), Options{
		Format: "seg", Key: exportKey,
		OnlyReviewed: true,
	}); err != nil {
		t.Fatal(err)
	}
	sg, err := dataset.OpenSegmentation(t.Context(), filepath.Join(dir, "A0001",
		"segmentation.dcm"))
	back := readBack(t, sg, err, filepath.Join(dir, "A0001", "CT"))
	if !bytes.Equal(back.Labels, s.Labels.Labels) {
		t.Error("other voxels come back")
	}
}

func TestDICOMExportRefuses(t *testing.T) {
	gone, other, short := fromDICOM(t), fromDICOM(t), fromDICOM(t)
	if err := os.RemoveAll(gone.Source); err != nil {
		t.Fatal(err)
	}
	other.SeriesID = "1.2.3"
	short.CT.Affine[0][3]++
	short.Labels.Geometry = short.CT.Geometry
	for name, c := range map[string]struct {
		study Study
		o     Options
		want  string
	}{
		"no files": {
			gone,
			Options{Format: "seg", Key: exportKey},
			"open the study again from where they are now",
		},
		"other series": {other, Options{Format: "rtstruct", Key: exportKey}, "not at"},
		"other grid": {
			short, Options{Format: "sr", Key: exportKey}, "not those that were annotated",
		},
		"no key": {fromDICOM(t), Options{Format: "seg"}, "key"},
	} {
		err := Write(t.Context(), t.TempDir(), sequence(c.study), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestAStudyWithoutMarksIsSkippedWithAWarning(t *testing.T) {
	s := fromDICOM(t)
	clear(s.Labels.Labels)
	var warned []string
	o := Options{
		Format: "rtstruct", Key: exportKey,
		Warn: func(w string) { warned = append(warned, w) },
	}
	if err := Write(t.Context(), t.TempDir(), sequence(s), o); err != nil || len(warned) == 0 {
		t.Errorf("%v, warned %v", err, warned)
	}
}

func TestCSVExportMeasuresEveryStudy(t *testing.T) {
	s, other := fromDICOM(t), fromDICOM(t)
	other.Name = "A0002"
	dir := t.TempDir()
	if err := Write(t.Context(), dir, sequence(s, other), Options{Format: "csv"}); err != nil {
		t.Fatal(err)
	}
	text := string(files(t, dir)["measurements.csv"])
	if strings.Count(text, "consolidation") != 2 || !strings.Contains(text, "A0002") {
		t.Errorf("the table is\n%s", text)
	}
}
