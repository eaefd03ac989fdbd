package rtstruct

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
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

// TestRealStructures compares with the voxel masks that came with the structures. Another program
// rasterised them, with the same result voxel by voxel.
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

// scanned returns the CT in a folder.
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

// structure returns a structure set of one ROI with the given contour items.
func structure(contours ...object.Set) *object.Object {
	return &object.Object{Set: object.New(
		object.Text(tag.SOPClassUID, sopClass), object.Text(tag.SOPInstanceUID, "1.2.3"),
		object.Items(tag.StructureSetROISequence, object.New(object.Int(tag.ROINumber, 7),
			object.Text(tag.ROIName, "GTV"))),
		object.Items(tag.ROIContourSequence, object.New(object.Int(tag.ReferencedROINumber, 7),
			object.Items(tag.ContourSequence, contours...))),
	)}
}

// contour returns one item. points may be fewer than data holds.
func contour(kind string, points int, data string) object.Set {
	return object.New(object.Text(tag.ContourGeometricType, kind),
		object.Int(tag.NumberOfContourPoints, points),
		object.Text(tag.ContourData, strings.Split(data, `\`)...))
}

const square = `0\0\0\4\0\0\4\4\0\0\4\0`

func TestOddStructures(t *testing.T) {
	for name, c := range map[string]struct {
		o    *object.Object
		want string // part of the error, or, after "ok: ", of the warnings
	}{
		"right":      {structure(contour("CLOSED_PLANAR", 4, square)), "ok: "},
		"newer name": {structure(contour("CLOSEDPLANAR_XOR", 4, square)), "ok: "},
		"wrong count": {
			structure(contour("CLOSED_PLANAR", 5, square)), "ok: GTV has 1 contour with another " +
				"number of points than written there",
		},
		"not in threes": {
			structure(contour("CLOSED_PLANAR", 1, `1\2\3\4`)), "something other than points",
		},
		"not a number": {structure(contour("CLOSED_PLANAR", 4, strings.Replace(square, "4", "NaN",
			1))), "something other than points"},
		"no number": {structure(contour("CLOSED_PLANAR", 4, strings.Replace(square, "4", "x",
			1))), "something other than points"},
		"infinite": {structure(contour("CLOSED_PLANAR", 4,
			strings.Replace(square, "4", "1e999", 1))), "something other than points"},
		"far away": {structure(contour("CLOSED_PLANAR", 4,
			strings.Replace(square, "4", "1e99", 1))), "not a place in a patient"},
		"no data": {structure(object.New(object.Text(tag.ContourGeometricType,
			"CLOSED_PLANAR"))), "something other than points"},
		"one contour damaged": {structure(contour("CLOSED_PLANAR", 1, `1\2\3\4`),
			contour("CLOSED_PLANAR", 4, square)), "ok: GTV has 1 contour left out, of which one " +
			"holds something other than points"},
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

// Structures in a frame of reference that the file does not describe are taken to lie on the series
// that the file names. Structures in another frame that it describes are left out, and only those.
func TestFramesOfReferenceOfStructures(t *testing.T) {
	frame := func(uid, series string) object.Set {
		o := object.New(object.Text(tag.FrameOfReferenceUID, uid))
		if series != "" {
			o.Put(object.Items(tag.RTReferencedStudySequence, object.New(
				object.Items(tag.RTReferencedSeriesSequence, object.New(
					object.Text(tag.SeriesInstanceUID, series))))))
		}
		return o
	}
	for name, c := range map[string]struct {
		of        []string // frames of the ROIs
		described []object.Set
		segments  int
		want      string // in the error or the warnings
	}{
		"as described": {[]string{"1.1"}, []object.Set{frame("1.1", "2.1")}, 1, ""},
		"nowhere described": {
			[]string{"1.9"},
			[]object.Set{frame("1.1", "2.1")},
			1, "taken to lie on the series",
		},
		"no series named": {
			[]string{"1.9"},
			[]object.Set{frame("1.1", "")},
			0, "another frame of reference",
		},
		"another one described": {
			[]string{"1.1", "1.2"},
			[]object.Set{frame("1.1", "2.1"), frame("1.2", "2.2")},
			1,
			"ROI 1 was drawn in another frame of reference",
		},
		"nothing described": {[]string{"1.1"}, nil, 1, ""},
	} {
		var rois, contours []object.Set
		for i, of := range c.of {
			rois = append(rois, object.New(object.Int(tag.ROINumber, i),
				object.Text(tag.ReferencedFrameOfReferenceUID, of)))
			contours = append(contours, object.New(object.Int(tag.ReferencedROINumber, i),
				object.Items(tag.ContourSequence, contour("CLOSED_PLANAR", 4, square))))
		}
		o := object.New(object.Text(tag.SOPClassUID, sopClass),
			object.Items(tag.ReferencedFrameOfReferenceSequence, c.described...),
			object.Items(tag.StructureSetROISequence, rois...),
			object.Items(tag.ROIContourSequence, contours...))
		s, err := Read("", o)
		var segments int
		var got string
		if err != nil {
			got = err.Error()
		} else {
			segments, got = len(s.Segments), strings.Join(s.Warnings, "; ")
		}
		if segments != c.segments || !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %d segments, %q", name, segments, got)
		}
	}
}

// Structures of another series belong to images that they name.
func TestStructuresBelongToTheirImages(t *testing.T) {
	folder := shared.Path(t, "cases", "28-rtstruct-frame-of-reference")
	on := scanned(t, filepath.Join(folder, "study"))
	for file, warning := range map[string]string{
		"structures.dcm": "frame of reference", "point-count.dcm": "number of points",
	} {
		s, err := readFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(s.Warnings, " "), warning) {
			t.Errorf("%s: %q", file, s.Warnings)
		}
		if err := annotation.Belongs(t.Context(), s, on); err != nil {
			t.Error(err)
		}
		mask := make([]uint8, on.Geometry.Voxels())
		if _, err := s.Rasterise(t.Context(), 0, on.Geometry, mask); err != nil ||
			!slices.Contains(mask, 1) {
			t.Errorf("%s: nothing on the study, %v", file, err)
		}
	}
	image, err := object.ReadTags(on.Files[0], tag.SOPInstanceUID)
	if err != nil {
		t.Fatal(err)
	}
	with := func(uid string) *annotation.Segmentation {
		c := contour("CLOSED_PLANAR", 4, square)
		c.Put(object.Items(tag.ContourImageSequence, object.New(
			object.Text(tag.ReferencedSOPInstanceUID, uid))))
		s, err := Read("", structure(c).Set)
		if err != nil {
			t.Fatal(err)
		}
		s.SeriesUID, s.FrameUID = "7.7", "8.8"
		return s
	}
	if err := annotation.Belongs(t.Context(), with(image.Text(tag.SOPInstanceUID)),
		on); err != nil {
		t.Error(err)
	}
	if err := annotation.Belongs(t.Context(), with("9.9"), on); err == nil {
		t.Error("structures of another series and other images belong")
	}
}

// A contour of 200,000 points that cross the whole slice takes seconds, not minutes, and no more
// memory than its own.
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
