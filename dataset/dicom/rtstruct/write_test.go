package rtstruct

import (
	"context"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/dicom/source"
	"glasswork/dataset/volume"
)

// rois returns the classes as structures.
func rois() (all []ROI) {
	for c := classes.GroundGlass; c < classes.Labels; c++ {
		all = append(all, ROI{
			c, classes.Name(c), classes.Codes()[c], classes.Colors()[c], "SEMIAUTOMATIC",
		})
	}
	return all
}

// written writes a CT on l's grid and a structure set of l. It returns the path of the structure
// set.
func written(t testing.TB, l *volume.LabelMap) string {
	t.Helper()
	dir := t.TempDir()
	ctx := context.Background()
	if err := dicom.Write(ctx, dir, volume.New(l.Geometry), dicom.Info{
		PatientName: "Marker^Test", PatientID: "P-4711", Date: "2026-03-04",
	}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	src, err := source.Read(ctx, files)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Build(ctx, src, l, rois(), source.Maker{
		Version: "0.1.0", Description: "Glasswork structures", Number: 301,
		Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "structures.dcm")
	if err := o.Write(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// noise returns a label map in which every voxel has a random class. It has holes, islands and
// touching corners in every possible arrangement.
func noise(g volume.Geometry) *volume.LabelMap {
	r := rand.New(rand.NewPCG(1, 7))
	l := volume.NewLabelMap(g)
	for i := range l.Labels {
		l.Labels[i] = uint8(r.IntN(classes.Labels))
	}
	return l
}

func TestWhatIsWrittenReadsBackVoxelByVoxel(t *testing.T) {
	for name, g := range map[string]volume.Geometry{
		"axial": volume.NewGeometry([3]int{4, 37, 41}, [3]float64{1.25, 0.7031, 0.7031},
			volume.Point{-180.3, -152.9, -712.5}),
		"oblique": {Size: [3]int{3, 20, 30}, Affine: volume.Affine{
			{0.6, -0.16, 0.3, -30}, {0.2, 0.78, -0.3, 12}, {-0.1, 0.02, 2.4, 100},
		}},
		"one slice": volume.NewGeometry([3]int{1, 9, 5}, [3]float64{5, 0.4, 0.4}, volume.Point{}),
		"large": volume.NewGeometry([3]int{1, 200, 220}, [3]float64{5, 0.4, 0.4},
			volume.Point{1000, 2000, -3000}),
	} {
		l := noise(g)
		s, err := readFile(written(t, l))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again := volume.NewLabelMap(g)
		for i, segment := range s.Segments {
			if segment.Label != rois()[i].Name || segment.Type != rois()[i].Code ||
				segment.Number != int(rois()[i].Class) {
				t.Errorf("%s: segment %+v was written as %+v", name, segment, rois()[i])
			}
			mask := make([]uint8, g.Voxels())
			warnings, err := s.Rasterise(context.Background(), i, g, mask)
			if err != nil || len(warnings) > 0 {
				t.Errorf("%s: %v %v", name, warnings, err)
			}
			for at, v := range mask {
				again.Labels[at] += v * rois()[i].Class
			}
		}
		if !slices.Equal(again.Labels, l.Labels) {
			t.Errorf("%s: the labels that were read back differ", name)
		}
	}
}

func TestNothingMarkedIsNotWritten(t *testing.T) {
	l := volume.NewLabelMap(volume.NewGeometry([3]int{1, 4, 4}, [3]float64{1, 1, 1},
		volume.Point{}))
	if _, err := Build(context.Background(), &source.Series{}, l, rois(),
		source.Maker{}); err == nil {
		t.Error("a structure set without structures was written")
	}
}

// tool skips a test if a program is not installed.
func tool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

func TestDciodvfyFindsNoError(t *testing.T) {
	tool(t, "dciodvfy")
	out, _ := exec.Command("dciodvfy", written(t,
		noise(volume.NewGeometry([3]int{3, 20, 20}, [3]float64{1, 1, 1},
			volume.Point{})))).CombinedOutput()
	if text := string(out); strings.Contains(text, "Error") ||
		!strings.Contains(text, "RTStructureSet") {
		t.Errorf("dciodvfy says:\n%s", text)
	}
}

// reader prints what pydicom finds.
const reader = `
import sys, pydicom
d = pydicom.dcmread(sys.argv[1])
rois = d.StructureSetROISequence
print(d.Modality, d.PatientID, len(rois), [r.ROIName for r in rois])
study = d.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
refs = study.RTReferencedSeriesSequence[0].ContourImageSequence
print(len(refs), refs[0].ReferencedSOPClassUID.name)
for roi in d.ROIContourSequence:
    assert all(len(c.ContourData) == 3 * c.NumberOfContourPoints for c in roi.ContourSequence)
    print(roi.ReferencedROINumber, [int(c) for c in roi.ROIDisplayColor])
`

func TestPydicomReadsIt(t *testing.T) {
	python := "/usr/bin/python3"
	if exec.Command(python, "-c", "import pydicom").Run() != nil {
		t.Skip("python3-pydicom is not installed")
	}
	out, err := exec.Command(python, "-c", reader,
		written(t, noise(volume.NewGeometry([3]int{3, 20, 20}, [3]float64{1, 1, 1},
			volume.Point{})))).CombinedOutput()
	want := `RTSTRUCT P-4711 4 ` +
		`['ground glass', 'consolidation', 'lungs other', 'unspecified lesion']
3 CT Image Storage
1 [235, 64, 52]
2 [52, 199, 89]
3 [124, 147, 173]
4 [255, 204, 0]
`
	if err != nil || string(out) != want {
		t.Errorf("%v: pydicom prints\n%s\nwant\n%s", err, out, want)
	}
}
