package seg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/dicom/codec/codectest"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/series"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

func TestMain(m *testing.M) { os.Exit(codectest.Main(m)) }

// grids returns the shapes of studies for which segmentations are written. Sizes are odd, so that
// frames do not end at byte boundaries.
func grids() map[string]volume.Geometry {
	axial := volume.NewGeometry([3]int{5, 7, 9}, [3]float64{2.5, 0.7, 0.8},
		volume.Point{-10, 20, 30})
	tilted := axial
	tilted.Affine[1][2] = 0.9 // each slice is shifted to posterior against the one before
	oblique := axial
	for r, row := range [3][3]float64{{0.8, 0, -0.6}, {0, 1, 0}, {0.6, 0, 0.8}} {
		for c := range 3 {
			oblique.Affine[r][c] = row[c] * []float64{0.8, 0.7, 2.5}[c]
		}
	}
	return map[string]volume.Geometry{"axial": axial, "tilted": tilted, "oblique": oblique}
}

// scanned writes a CT of grid g as DICOM and opens it. change may change the header of a slice.
func scanned(t testing.TB, g volume.Geometry, change func(z int, o *object.Object)) *series.Series {
	t.Helper()
	dir := t.TempDir()
	info := dicom.Info{
		PatientID: "P1", PatientName: "Doe^Jane", Description: "CHEST", Date: "2026-01-31",
	}
	if err := dicom.Write(t.Context(), dir, volume.New(g), info); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	for z, file := range files {
		if change == nil {
			break
		}
		o, err := object.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		change(z, o)
		if err := errors.Join(o.Write(file), o.Close()); err != nil {
			t.Fatal(err)
		}
	}
	r, err := dicom.Scan(t.Context(), dir, files)
	if err != nil || len(r.Series) == 0 || len(r.Series) > 1 && !r.Series[1].Resampled {
		t.Fatalf("%d series, %v, %q", len(r.Series), err, r.Skipped)
	}
	return r.Series[0]
}

// A straight grid onto which a series was resampled differs from that of its images. Frames lie on
// the grid and refer to the images next to them.
func TestResampledSeries(t *testing.T) {
	for name, change := range map[string]func(z int, o *object.Object){
		"tilted": func(z int, o *object.Object) {
			o.Put(object.Float(tag.ImagePositionPatient, -10, 20+float64(z), 30+2.5*float64(z)))
		},
		"uneven": func(z int, o *object.Object) {
			o.Put(object.Float(tag.ImagePositionPatient, -10, 20,
				[]float64{30, 32.5, 35, 40, 47.5}[z]))
		},
	} {
		acquired := scanned(t, grids()["axial"], change)
		r, err := dicom.Scan(t.Context(), "", acquired.Files)
		if err != nil || len(r.Series) != 2 || !r.Series[1].Resampled {
			t.Fatalf("%s: %d series, %v", name, len(r.Series), err)
		}
		s := r.Series[1]
		a := toWrite(t, s, drawn(s.Geometry))
		path := write(t, a)
		sg, _ := read(t, path)
		if err := OnSeries(t.Context(), sg, s); err != nil {
			t.Fatal(err)
		}
		if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, a.Labels.Labels) {
			t.Errorf("%s: other voxels come back", name)
		}
		if match, why := Fits(sg, s); match != ByReference {
			t.Errorf("%s: %s", name, why)
		}
		o, err := object.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		series := o.Item(tag.ReferencedSeriesSequence)
		if n := len(series.Items(tag.ReferencedInstanceSequence)); n != 5 {
			t.Errorf("%s: it refers to %d images", name, n)
		}
		verify(t, name, path, false)
	}
}

// drawn returns labels with every class, an empty slice and voxels in all corners.
func drawn(g volume.Geometry) *volume.LabelMap {
	l := volume.NewLabelMap(g)
	for i := range l.Labels {
		if i/l.SliceVoxels() != 2 {
			l.Labels[i] = uint8((i*i/3 + i/5) % classes.Count)
		}
	}
	l.Labels[0], l.Labels[len(l.Labels)-1] = classes.Consolidation, classes.GroundGlass
	return l
}

// toWrite returns labels on a series, ready to be written.
func toWrite(t testing.TB, s *series.Series, l *volume.LabelMap) Annotation {
	t.Helper()
	source, err := ReadSource(t.Context(), s.Files, s.Geometry)
	if err != nil {
		t.Fatal(err)
	}
	return Annotation{Labels: l, Source: source, Software: "1.2.0", Creator: "Reader^One"}
}

// write writes a segmentation into a temporary folder.
func write(t testing.TB, a Annotation) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seg.dcm")
	if err := writeFile(t.Context(), path, a); err != nil {
		t.Fatal(err)
	}
	return path
}

// labelsOf puts all segments back together on grid g.
func labelsOf(t testing.TB, s *annotation.Segmentation, g volume.Geometry) *volume.LabelMap {
	t.Helper()
	out := volume.NewLabelMap(g)
	for i, segment := range s.Segments {
		mask := make([]uint8, g.Voxels())
		warnings, err := s.Rasterise(t.Context(), i, g, mask)
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%s: %v, warnings %q", segment.Label, err, warnings)
		}
		for k, m := range mask {
			if m == 1 && out.Labels[k] != 0 {
				t.Fatalf("voxel %d lies in two segments", k)
			}
			if m == 1 {
				out.Labels[k] = map[string]uint8{
					"112120": classes.GroundGlass, "9656002": classes.Consolidation,
					"39607008": classes.LungsOther, "52988006": classes.Lesion,
				}[segment.Type.Value]
			}
		}
	}
	return out
}

// A lesion of unspecified kind is a segment of its own, with the code of a lesion, if there is one.
func TestLesionsOfUntoldKindAreASegment(t *testing.T) {
	for _, asMap := range []bool{false, true} {
		s := scanned(t, grids()["axial"], nil)
		a := toWrite(t, s, drawn(s.Geometry))
		for i, c := range a.Labels.Labels {
			if c == classes.Consolidation && i%2 == 0 {
				a.Labels.Labels[i] = classes.Lesion
			}
		}
		a.LabelMap = asMap
		path := write(t, a)
		sg, _ := read(t, path)
		if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, a.Labels.Labels) {
			t.Errorf("label map %v: other voxels come back", asMap)
		}
		last := sg.Segments[len(sg.Segments)-1]
		if choice, ok := (annotation.Mapping{}).Of(last); !ok ||
			choice != annotation.As(classes.Lesion) {
			t.Errorf("%+v is taken as %q, %v", last, choice, ok)
		}
		verify(t, "lesion", path, asMap)
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for name, g := range grids() {
		for _, asMap := range []bool{false, true} {
			s := scanned(t, g, nil)
			a := toWrite(t, s, drawn(s.Geometry))
			a.LabelMap = asMap
			path := write(t, a)
			sg, f := read(t, path)
			if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, a.Labels.Labels) {
				t.Errorf("%s, label map %v: other voxels come back", name, asMap)
			}
			if match, why := Fits(sg, s); match != ByReference {
				t.Errorf("%s: %s", name, why)
			}
			if got, want := f.lines(), pydicom(t, path); !slices.Equal(got, want) {
				t.Errorf("%s, label map %v: read\n%s\npydicom\n%s", name, asMap,
					strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			verify(t, name, path, asMap)
		}
	}
}

// verify runs dciodvfy, which must find no error. The program does not know label maps. For them it
// checks a copy that calls itself a Segmentation, and only what distinguishes the two may be wrong.
func verify(t testing.TB, name, path string, asMap bool) {
	t.Helper()
	if asMap {
		o, err := object.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		o.Put(object.Text(tag.SOPClassUID, classSegmentation))
		path = filepath.Join(t.TempDir(), "twin.dcm")
		if err := o.Write(path); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("dciodvfy", path).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("dciodvfy (dicom3tools) is not installed")
	}
	for line := range strings.Lines(string(out)) {
		known := asMap && slices.ContainsFunc([]string{
			// the background
			"SegmentNumber not monotonically increasing from one", "Value is zero for value 1 of " +
				"attribute <Segment Number>",
			// missing in label maps
			"Unrecognized enumerated value <LABELMAP>",
			"Required Element=<SegmentIdentificationSequence>",
		}, func(s string) bool { return strings.Contains(line, s) })
		if strings.HasPrefix(line, "Error") && !known {
			t.Errorf("%s: dciodvfy says: %s", name, line)
		}
	}
}

func TestSlicesFindTheirPlaceByReference(t *testing.T) {
	g := grids()["axial"]
	s := scanned(t, g, func(z int, o *object.Object) { // 2.5, 2.5, 5, 7.5 mm apart
		at := []float64{30, 32.5, 35, 40, 47.5}[z]
		o.Put(object.Float(tag.ImagePositionPatient, -10, 20, at))
	})
	a := toWrite(t, s, drawn(s.Geometry))
	sg, _ := read(t, write(t, a))
	if err := OnSeries(t.Context(), sg, s); err != nil {
		t.Fatal(err)
	}
	if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, a.Labels.Labels) {
		t.Error("other voxels come back")
	}
}

func TestMissingSlicesKeepTheirPlace(t *testing.T) {
	s := scanned(t, grids()["axial"], func(z int, o *object.Object) {
		if z == 4 {
			o.Put(object.Float(tag.ImagePositionPatient, -10, 20, 42.5)) // one place further
		}
	})
	if s.Geometry.Size[0] != 6 || len(s.Files) != 5 {
		t.Fatalf("size %v of %d files", s.Geometry.Size, len(s.Files))
	}
	a := toWrite(t, s, drawn(s.Geometry))
	path := write(t, a)
	sg, _ := read(t, path)
	if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, a.Labels.Labels) {
		t.Error("other voxels come back")
	}
	verify(t, "a missing slice", path, false)
	a.Labels = volume.NewLabelMap(s.Geometry)
	copy(a.Labels.Slice(4), drawn(s.Geometry).Slice(3)) // drawn where there is no image
	verify(t, "only a missing slice", write(t, a), false)
}

func TestTheFileSaysWhoMadeIt(t *testing.T) {
	s := scanned(t, grids()["axial"], nil)
	a := toWrite(t, s, drawn(s.Geometry))
	a.Made = func(z int, c classes.Class) Made {
		switch {
		case c == classes.GroundGlass:
			return Made{Proposed, "baseline-3", "abc123"}
		case c == classes.Consolidation && z == 0:
			return Made{Corrected, "baseline-3", "abc123"}
		}
		return Made{}
	}
	path := write(t, a)
	o, err := object.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	items := o.Items(tag.SegmentSequence)
	if len(items) != 3 {
		t.Fatalf("%d segments", len(items))
	}
	for i, want := range []string{
		"1 AUTOMATIC baseline-3 abc123 112120 49755003 39607008",
		"2 SEMIAUTOMATIC baseline-3 abc123 9656002 49755003 39607008",
		"3 MANUAL   39607008 91723000 39607008",
	} {
		item := items[i]
		algorithm := item.Item(tag.SegmentationAlgorithmIdentificationSequence)
		got := fmt.Sprintf("%d %s %s %s %s %s %s", item.Int(tag.SegmentNumber, 0),
			item.Text(tag.SegmentAlgorithmType), algorithm.Text(tag.AlgorithmName),
			algorithm.Text(tag.AlgorithmVersion),
			item.Item(tag.SegmentedPropertyTypeCodeSequence).Text(tag.CodeValue),
			item.Item(tag.SegmentedPropertyCategoryCodeSequence).Text(tag.CodeValue),
			item.Item(tag.AnatomicRegionSequence).Text(tag.CodeValue))
		if got != want {
			t.Errorf("segment %d: %s, want %s", i+1, got, want)
		}
		if len(item.Ints(tag.RecommendedDisplayCIELabValue)) != 3 ||
			!object.ValidUID(item.Text(tag.TrackingUID)) {
			t.Errorf("segment %d has no colour or no tracking UID", i+1)
		}
	}
	if got := items[1].Text(tag.SegmentDescription); got != "1 slice corrected by a person, 3 "+
		"slices drawn by a person" {
		t.Errorf("description %q", got)
	}
	checkReferences(t, o, s)
}

// checkReferences compares what the object states about its source with the source.
func checkReferences(t *testing.T, o *object.Object, s *series.Series) {
	t.Helper()
	source, err := object.Read(s.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, same := range []tag.Tag{
		tag.PatientName, tag.PatientID, tag.StudyInstanceUID, tag.StudyDate,
		tag.FrameOfReferenceUID,
	} {
		if o.Text(same) == "" || o.Text(same) != source.Text(same) {
			t.Errorf("%v is %q, the source has %q", same, o.Text(same), source.Text(same))
		}
	}
	referenced := o.Item(tag.ReferencedSeriesSequence)
	if referenced.Text(tag.SeriesInstanceUID) != s.ID ||
		len(referenced.Items(tag.ReferencedInstanceSequence)) != len(s.Files) {
		t.Errorf("it refers to %d images of %q",
			len(referenced.Items(tag.ReferencedInstanceSequence)),
			referenced.Text(tag.SeriesInstanceUID))
	}
	last := math.Inf(-1)
	for i, frame := range o.Items(tag.PerFrameFunctionalGroupsSequence) {
		z := frame.Item(tag.PlanePositionSequence).Floats(tag.ImagePositionPatient)[2]
		index := frame.Item(tag.FrameContentSequence).Ints(tag.DimensionIndexValues)
		if index[1] == 1 {
			last = math.Inf(-1)
		}
		if z <= last {
			t.Errorf("frame %d at %g mm follows one at %g mm", i+1, z, last)
		}
		last = z
		from := frame.Item(tag.DerivationImageSequence).Item(tag.SourceImageSequence)
		instance := from.Text(tag.ReferencedSOPInstanceUID)
		image, err := object.Read(s.Files[index[1]-1])
		if err != nil || image.Text(tag.SOPInstanceUID) != instance {
			t.Errorf("frame %d was made from %q", i+1, instance)
		}
	}
}

func TestSides(t *testing.T) {
	g := volume.NewGeometry([3]int{4, 10, 40}, [3]float64{5, 5, 5}, volume.Point{-100, 0, 0})
	box := func(l *volume.LabelMap, x0, x1 int) {
		for z := range 4 {
			for y := 2; y < 8; y++ {
				for x := x0; x < x1; x++ {
					l.Labels[z*400+y*40+x] = classes.LungsOther
				}
			}
		}
	}
	for _, c := range []struct {
		name  string
		boxes [][2]int
		want  bool
	}{
		{"two lungs", [][2]int{{3, 15}, {25, 37}}, true},
		{"one lung", [][2]int{{3, 15}}, false},
		{"two lungs that touch", [][2]int{{3, 20}, {20, 37}}, false},
		{"a small piece", [][2]int{{3, 15}, {25, 26}}, false},
		{"pieces near each other", [][2]int{{10, 14}, {16, 20}}, false},
		{"nothing", nil, false},
	} {
		l := volume.NewLabelMap(g)
		for _, b := range c.boxes {
			box(l, b[0], b[1])
		}
		runs, ok := sides(l)
		if ok != c.want {
			t.Errorf("%s: %v", c.name, ok)
		}
		for _, r := range runs {
			if want := map[bool]side{true: right, false: left}[r.x0 < 20]; r.side != want {
				t.Errorf("%s: the run from %d is on side %d", c.name, r.x0, r.side)
			}
		}
	}
}

func TestLungsAreWrittenBySide(t *testing.T) {
	g := volume.NewGeometry([3]int{4, 10, 40}, [3]float64{5, 5, 5}, volume.Point{-100, 0, 0})
	s := scanned(t, g, nil)
	l := volume.NewLabelMap(s.Geometry)
	for i := range l.Labels {
		if x := i % 40; x > 2 && x < 15 || x > 24 && x < 37 {
			l.Labels[i] = classes.LungsOther
		}
	}
	l.Labels[30] = classes.GroundGlass
	a := toWrite(t, s, l)
	a.Sided = true
	path := write(t, a)
	sg, _ := read(t, path)
	if len(sg.Segments) != 4 || sg.Segments[2].Label != "lungs other, right" {
		t.Fatalf("segments %+v", sg.Segments)
	}
	if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, l.Labels) {
		t.Error("other voxels come back")
	}
	verify(t, "sides", path, false)
}

func TestNothingDrawnIsWrittenToo(t *testing.T) {
	s := scanned(t, grids()["axial"], nil)
	for _, asMap := range []bool{false, true} {
		a := toWrite(t, s, volume.NewLabelMap(s.Geometry))
		a.LabelMap = asMap
		path := write(t, a)
		sg, f := read(t, path)
		if len(sg.Segments) != 3 || len(f.list) != 1 {
			t.Errorf("%d segments, %d frames", len(sg.Segments), len(f.list))
		}
		if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, a.Labels.Labels) {
			t.Error("something comes back")
		}
		verify(t, "nothing drawn", path, asMap)
	}
}

func TestStudiesThatAreNotDICOM(t *testing.T) {
	g := grids()["oblique"]
	v, l := volume.New(g), drawn(g)
	path := filepath.Join(t.TempDir(), "seg.dcm")
	if err := writeWithCT(t.Context(), path, v, dicom.Info{Description: "NIfTI"},
		Annotation{Labels: l}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "CT", "*.dcm"))
	if err != nil || len(files) != 5 {
		t.Fatalf("%d CT images, %v", len(files), err)
	}
	r, err := dicom.Scan(t.Context(), path, files)
	if err != nil || len(r.Series) != 1 {
		t.Fatal(err, r.Skipped)
	}
	sg, _ := read(t, path)
	if match, why := Fits(sg, r.Series[0]); match != ByReference {
		t.Error(why)
	}
	if got := labelsOf(t, sg, r.Series[0].Geometry); !bytes.Equal(got.Labels, l.Labels) {
		t.Error("other voxels come back")
	}
	verify(t, "not from DICOM", path, false)
}

func TestWhatCannotBeWritten(t *testing.T) {
	s := scanned(t, grids()["axial"], nil)
	good := toWrite(t, s, drawn(s.Geometry))
	other := good
	other.Labels = drawn(grids()["tilted"])
	wrong := good
	wrong.Labels = drawn(s.Geometry)
	wrong.Labels.Labels[3] = 9
	none := good
	none.Known = []classes.Class{}
	for name, a := range map[string]Annotation{
		"another grid": other, "no class": wrong, "nothing annotated": none, "nothing": {},
	} {
		path := filepath.Join(t.TempDir(), "seg.dcm")
		if err := writeFile(t.Context(), path, a); err == nil {
			t.Errorf("%s: written", name)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was left", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := writeFile(ctx, filepath.Join(t.TempDir(), "seg.dcm"), good); !errors.Is(err,
		context.Canceled) {
		t.Errorf("a cancelled write: %v", err)
	}
}

// TestRealSeries writes segmentations of the series in the shared data, whatever their headers
// hold.
func TestRealSeries(t *testing.T) {
	seen := 0
	for _, folder := range []string{
		"chest-ct-lungdx", "ct-rtstruct-sts", "ct-tilt-dcmqa", "ct-nifti-totalseg",
		"dicom-seg/dcmqi/ct-3slice", "dicom-seg/dcmqi/24x38x3/image",
		"dicom-syntaxes/lungmask", "dicom-syntaxes/pydicom-data", "dicom-syntaxes/ctimage",
	} {
		root := shared.Data(t, folder)
		var files []string
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := dicom.Scan(t.Context(), root, files)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Series { // including those on straight grids
			seen++
			name := fmt.Sprintf("%s, %s", folder, s.Description)
			a := toWrite(t, s, drawn(s.Geometry))
			path := write(t, a)
			sg, _ := read(t, path)
			if err := OnSeries(t.Context(), sg, s); err != nil {
				t.Fatal(err)
			}
			if match, why := Fits(sg, s); match == NoMatch {
				t.Errorf("%s: %s", name, why)
			}
			if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, a.Labels.Labels) {
				t.Errorf("%s: other voxels come back", name)
			}
			verify(t, name, path, false)
		}
	}
	if seen < 8 {
		t.Errorf("%d series", seen)
	}
}

func TestColoursAreCIELab(t *testing.T) {
	for c, want := range map[[3]uint8][3]float64{ // L*, a*, b* with D50 as white
		{255, 255, 255}: {100, 0, 0},
		{0, 0, 0}:       {0, 0, 0},
		{255, 0, 0}:     {54.29, 80.81, 69.89},
		{0, 0, 255}:     {29.57, 68.30, -112.03},
	} {
		got := cieLab(c)
		for i, v := range []float64{
			float64(got[0]) * 100 / 65535, float64(got[1])*255/65535 - 128,
			float64(got[2])*255/65535 - 128,
		} {
			if math.Abs(v-want[i]) > 0.05 {
				t.Errorf("%v: %v of %d is %.2f, want %.2f", c, "Lab"[i:i+1], got[i], v, want[i])
			}
		}
	}
}

// writeFile writes an annotation as a DICOM SEG, whole or not at all.
func writeFile(ctx context.Context, path string, a Annotation) error {
	o, err := Build(ctx, a)
	if err != nil {
		return err
	}
	return o.Write(path)
}

// writeWithCT does what writeFile does, for studies that were not opened from DICOM. It writes v as
// CT images into the folder CT beside path and refers to these.
func writeWithCT(ctx context.Context, path string, v *volume.Volume, info dicom.Info,
	a Annotation,
) error {
	dir := filepath.Join(filepath.Dir(path), "CT")
	if err := dicom.Write(ctx, dir, v, info); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "CT*.dcm"))
	if err != nil {
		return err
	}
	if a.Source, err = ReadSource(ctx, files, v.Geometry); err != nil {
		return err
	}
	return writeFile(ctx, path, a)
}
