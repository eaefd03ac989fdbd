package rtstruct

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/annotation"
	"glasswork/dataset/dicom"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/nifti"
	"glasswork/dataset/series"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

// readFile reads the structures of a file.
func readFile(path string) (*annotation.Segmentation, error) {
	o, err := object.Read(path)
	if err != nil {
		return nil, err
	}
	return Read(path, o.Set)
}

// TestRealStructures compares with the voxel masks that came with the structures. They were
// rasterised by another program, with the same outcome voxel by voxel.
func TestRealStructures(t *testing.T) {
	for patient, voxels := range map[string]int{"STS_001": 117145, "STS_005": 187576} {
		folder := shared.Data(t, "ct-rtstruct-sts", patient)
		files, err := filepath.Glob(filepath.Join(folder, "dicom-rtstruct", "*"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v: %v", files, err)
		}
		s, err := readFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Segments) != 1 || s.Segments[0].Label != "GTV_Mass_CT" || s.FrameUID == "" {
			t.Errorf("%s: segments %+v in frame %q", patient, s.Segments, s.FrameUID)
		}
		want, err := nifti.ReadMask(context.Background(), filepath.Join(folder, "nifti",
			"CT_mask.nii.gz"))
		if err != nil {
			t.Fatal(err)
		}
		for name, grid := range map[string]volume.Geometry{
			"NIfTI": want.Geometry, "DICOM": scanned(t, filepath.Join(folder, "dicom-ct")).Geometry,
		} {
			mask := make([]uint8, want.Voxels())
			warnings, err := s.Rasterise(context.Background(), 0, grid, mask)
			if err != nil || len(warnings) > 0 {
				t.Errorf("%s on the grid of its %s: %v %v", patient, name, warnings, err)
			}
			if differing, set := compare(want, mask); differing != 0 || set != voxels {
				t.Errorf("%s on the grid of its %s: %d of %d voxels differ, its README speaks of "+
					"%d", patient, name, differing, set, voxels)
			}
		}
	}
}

// scanned is the CT in a folder.
func scanned(t *testing.T, folder string) *series.Series {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := dicom.Scan(context.Background(), folder, files)
	if err != nil || len(found.Series) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	t.Cleanup(func() { found.Series[0].Close() })
	return found.Series[0]
}

// compare counts the voxels in which mask differs from want.
func compare(want *volume.LabelMap, mask []uint8) (differing, set int) {
	for i, v := range want.Labels {
		if v != 0 {
			set++
		}
		if (v != 0) != (mask[i] != 0) {
			differing++
		}
	}
	return differing, set
}

// structure is a structure set of one ROI with the given items of contours.
func structure(contours ...object.Set) *object.Object {
	return &object.Object{Set: object.New(
		object.Text(tag.SOPClassUID, sopClass), object.Text(tag.SOPInstanceUID, "1.2.3"),
		object.Items(tag.StructureSetROISequence, object.New(object.Int(tag.ROINumber, 7),
			object.Text(tag.ROIName, "GTV"))),
		object.Items(tag.ROIContourSequence, object.New(object.Int(tag.ReferencedROINumber, 7),
			object.Items(tag.ContourSequence, contours...))),
	)}
}

// contour is one item; points may be less than what data holds.
func contour(kind string, points int, data string) object.Set {
	return object.New(object.Text(tag.ContourGeometricType, kind),
		object.Int(tag.NumberOfContourPoints, points),
		object.Text(tag.ContourData, strings.Split(data, `\`)...))
}

const square = `0\0\0\4\0\0\4\4\0\0\4\0`

func TestOddStructures(t *testing.T) {
	for name, c := range map[string]struct {
		o    *object.Object
		want string // part of the error, or of the warnings behind "ok: "
	}{
		"right":      {structure(contour("CLOSED_PLANAR", 4, square)), "ok: "},
		"newer name": {structure(contour("CLOSEDPLANAR_XOR", 4, square)), "ok: "},
		"wrong count": {
			structure(contour("CLOSED_PLANAR", 5, square)), "GTV: contour 1 says that it has 5 " +
				"points and has 4",
		},
		"not in threes": {
			structure(contour("CLOSED_PLANAR", 1, `1\2\3\4`)), "something else than points",
		},
		"not a number": {structure(contour("CLOSED_PLANAR", 4, strings.Replace(square, "4", "NaN",
			1))), "something else than points"},
		"no number": {structure(contour("CLOSED_PLANAR", 4, strings.Replace(square, "4", "x",
			1))), "something else than points"},
		"infinite": {structure(contour("CLOSED_PLANAR", 4,
			strings.Replace(square, "4", "1e999", 1))), "something else than points"},
		"far away": {structure(contour("CLOSED_PLANAR", 4,
			strings.Replace(square, "4", "1e99", 1))), "no place in a patient"},
		"no data": {structure(object.New(object.Text(tag.ContourGeometricType,
			"CLOSED_PLANAR"))), "something else than points"},
		"points only": {structure(contour("POINT", 1, `1\2\3`)), "no structure in it"},
		"points beside": {structure(contour("POINT", 1, `1\2\3`),
			contour("CLOSED_PLANAR", 4, square)), "ok: GTV has 1 contour of points or open lines"},
		"two points": {structure(contour("CLOSED_PLANAR", 2, `1\2\3\4\5\6`),
			contour("CLOSED_PLANAR", 4, square)), "ok: GTV has 1 contour of fewer than three"},
		"nothing": {structure(), "no structure in it"},
		"something else": {&object.Object{Set: object.New(object.Text(tag.SOPClassUID,
			"1.2.840.10008.5.1.4.1.1.2"))}, "not an RT Structure Set"},
	} {
		s, err := Read("", c.o.Set)
		var got string
		if err != nil {
			got = err.Error()
		} else {
			got = "ok: " + strings.Join(s.Warnings, "; ")
		}
		if !strings.Contains(got, c.want) || c.want == "ok: " && got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A contour of 200,000 points that cross the whole slice takes seconds, not minutes, and
// no more memory than itself.
func TestManyPoints(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	grid := volume.NewGeometry([3]int{1, 512, 512}, [3]float64{1, 1, 1}, volume.Point{})
	points := make([]volume.Point, 2e5)
	for i := range points {
		points[i] = volume.Point{float64(i % 512), float64(i%2) * 511, 0}
	}
	start := time.Now()
	if _, err := rasterise(context.Background(), [][]volume.Point{points}, grid,
		make([]uint8, grid.Voxels())); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

func FuzzParse(f *testing.F) {
	for _, o := range []*object.Object{
		structure(contour("CLOSED_PLANAR", 4, square)), structure(contour("POINT", 1, `1\2\3`)),
		structure(),
	} {
		var b bytes.Buffer
		if err := o.Encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	grid := volume.NewGeometry([3]int{3, 8, 8}, [3]float64{1, 1, 1}, volume.Point{})
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := object.Parse(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		s, err := Read("", o.Set)
		if err != nil {
			return
		}
		for i := range s.Segments {
			_, _ = s.Rasterise(context.Background(), i, grid, make([]uint8, grid.Voxels()))
		}
	})
}
