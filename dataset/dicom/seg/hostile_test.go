package seg

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/annotation"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/series"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

// written returns a small segmentation as an object to be damaged. Its pixels are in the set.
func written(t testing.TB, asMap bool) *object.Object {
	t.Helper()
	g := grids()["axial"]
	s := scanned(t, g, nil)
	a := toWrite(t, s, drawn(s.Geometry))
	a.LabelMap = asMap
	o, err := Build(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// reread writes an object into memory and reads it back as a segmentation.
func reread(t testing.TB, o *object.Object) (*annotation.Segmentation, error) {
	t.Helper()
	var b bytes.Buffer
	if err := o.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return parse(t, b.Bytes())
}

func parse(t testing.TB, b []byte) (*annotation.Segmentation, error) {
	t.Helper()
	o, err := object.Parse(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	return Read(t.Context(), "seg.dcm", o)
}

func TestHostileFilesAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(o *object.Object)
		want   string
	}{
		{"too many frames", func(o *object.Object) {
			o.Put(object.Int(tag.NumberOfFrames, 1<<30))
		}, "claims to have 1073741824 frames"},
		{"more frames than described", func(o *object.Object) {
			o.Put(object.Int(tag.NumberOfFrames, 100))
		}, "claims to have 100 frames and describes 12"},
		{"no frames", func(o *object.Object) {
			o.Put(object.Int(tag.NumberOfFrames, -1))
		}, "claims to have -1 frames"},
		{"large frames", func(o *object.Object) {
			o.Put(object.Int(tag.Rows, 16000), object.Int(tag.Columns, 16000))
		}, "cut short: 12 frames of 16000 × 16000 pixels need 384000000 bytes"},
		{"absurd frames", func(o *object.Object) {
			o.Put(object.Int(tag.Rows, 65535))
		}, "frames are said to have 9 × 65535 pixels"},
		{"no pixels", func(o *object.Object) { o.Remove(tag.PixelData) }, "holds no pixels"},
		{"few pixels", func(o *object.Object) {
			o.Put(object.Bytes(tag.PixelData, "OB", make([]byte, 90)))
		}, "cut short: 12 frames of 9 × 7 pixels need 95 bytes, 90 are there"},
		{"another kind", func(o *object.Object) {
			o.Put(object.Text(tag.SegmentationType, "VOXELS"))
		}, `type "VOXELS" is unknown`},
		{"bits", func(o *object.Object) {
			o.Put(object.Int(tag.BitsAllocated, 8))
		}, "BINARY segmentation with 8 bits a pixel"},
		{"colour", func(o *object.Object) {
			o.Put(object.Int(tag.SamplesPerPixel, 3))
		}, "pixels have 3 samples"},
		{"no segments", func(o *object.Object) {
			o.Put(object.Items(tag.SegmentSequence))
		}, "describes no segment"},
		{"segment 0", func(o *object.Object) {
			o.Put(object.Items(tag.SegmentSequence, object.New(object.Int(tag.SegmentNumber, 0))))
		}, "a segment has the number 0"},
		{"a segment twice", func(o *object.Object) {
			one := object.New(object.Int(tag.SegmentNumber, 1))
			o.Put(object.Items(tag.SegmentSequence, one, one))
		}, "two segments have the number 1"},
		{"frames of no segment", func(o *object.Object) {
			frames := o.Items(tag.PerFrameFunctionalGroupsSequence)
			for i := range frames {
				frames[i] = object.New(frames[i].Only(tag.PlanePositionSequence)...)
			}
			o.Put(object.Items(tag.PerFrameFunctionalGroupsSequence, frames...))
		}, "frame 1: it does not say which segment it shows"},
		{"an image", func(o *object.Object) {
			o.Put(object.Text(tag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.2"),
				object.Text(tag.Modality, "CT"))
		}, "not a segmentation"},
	} {
		o := written(t, false)
		c.change(o)
		_, err := reread(t, o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSegmentsThatAreNotDescribedAreToldOf(t *testing.T) {
	for _, asMap := range []bool{false, true} {
		o := written(t, asMap)
		items := o.Items(tag.SegmentSequence)
		o.Put(object.Items(tag.SegmentSequence, items[:len(items)-1]...))
		s, err := reread(t, o)
		if err != nil || len(s.Segments) != 2 || len(s.Warnings) != 1 ||
			!strings.Contains(s.Warnings[0], "1 segment that it does not describe") {
			t.Errorf("label map %v: %v, %+v", asMap, err, s)
		}
	}
}

func TestFramesWithoutPositionAreRefused(t *testing.T) {
	g := grids()["axial"]
	s := scanned(t, g, nil)
	a := toWrite(t, s, drawn(s.Geometry))
	o, err := Build(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	frames := o.Items(tag.PerFrameFunctionalGroupsSequence)
	for i := range frames {
		frames[i].Remove(tag.PlanePositionSequence)
	}
	o.Put(object.Items(tag.PerFrameFunctionalGroupsSequence, frames...))
	sg, err := reread(t, o)
	if err != nil {
		t.Fatal(err)
	}
	mask := make([]uint8, g.Voxels())
	if _, err := sg.Rasterise(t.Context(), 0, s.Geometry, mask); err == nil ||
		!strings.Contains(err.Error(), "do not say where they lie") {
		t.Errorf("without the series: %v", err)
	}
	if err := OnSeries(t.Context(), sg, s); err != nil { // by the images drawn on
		t.Fatal(err)
	}
	if got := labelsOf(t, sg, s.Geometry); !bytes.Equal(got.Labels, a.Labels.Labels) {
		t.Error("other voxels come back")
	}
}

// Every file of the shared data, segmentation or not, is read or refused within seconds (2 on an
// idle machine) and within 64 MiB besides its pixels.
func TestFilesAtHandAreReadOrRefused(t *testing.T) {
	for _, folder := range []string{"dicom-fuzz", "dicom-syntaxes", "dicom-seg"} {
		root := shared.Data(t, folder)
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			_, err = readFile(t.Context(), path)
			runtime.ReadMemStats(&after)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s: %v", path, took)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
				t.Errorf("%s: %d bytes allocated", path, grown)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%s: not one line: %q", path, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, asMap := range []bool{false, true} {
		var b bytes.Buffer
		if err := written(f, asMap).Encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()/2])
	}
	fractions := written(f, true)
	fractions.Put(object.Text(tag.SegmentationType, "FRACTIONAL"),
		object.Int(tag.MaximumFractionalValue, 2))
	frames := fractions.Items(tag.PerFrameFunctionalGroupsSequence)
	for i := range frames {
		frames[i].Put(object.Items(tag.SegmentIdentificationSequence,
			object.New(object.Int(tag.ReferencedSegmentNumber, 1))))
	}
	fractions.Put(object.Items(tag.PerFrameFunctionalGroupsSequence, frames...))
	var b bytes.Buffer
	if err := fractions.Encode(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(runLength(f))
	grid := volume.NewGeometry([3]int{3, 8, 9}, [3]float64{2, 1, 1}, volume.Point{-10, 20, 30})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parse(t, b)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("not one line: %q", err)
			}
			return
		}
		mask := make([]uint8, grid.Voxels())
		for i := range min(len(s.Segments), 8) {
			if _, err := s.Rasterise(t.Context(), i, grid, mask); err != nil &&
				strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("not one line: %q", err)
			}
		}
		for i, m := range mask {
			if m > 1 {
				t.Fatalf("voxel %d is %d", i, m)
			}
		}
		Fits(s, &series.Series{Geometry: grid})
	})
}

// runLength returns a label map of one frame, compressed with RLE.
func runLength(t testing.TB) []byte {
	t.Helper()
	o := written(t, true)
	o.Remove(tag.PixelData)
	o.Put(object.Int(tag.NumberOfFrames, 1), object.Items(tag.PerFrameFunctionalGroupsSequence,
		o.Items(tag.PerFrameFunctionalGroupsSequence)[0]))
	var b bytes.Buffer
	if err := o.Encode(&b); err != nil {
		t.Fatal(err)
	}
	rle := make([]byte, 64)
	rle[0], rle[4] = 1, 64
	rle = append(rle, 0xC2, 1, 0) // 63 pixels of segment 1
	rle = append(rle, 0)
	item := func(value []byte) []byte {
		return append(binary.LittleEndian.AppendUint32([]byte{0xFE, 0xFF, 0x00, 0xE0},
			uint32(len(value))), value...)
	}
	out := bytes.Replace(b.Bytes(), []byte("1.2.840.10008.1.2.1\x00"),
		[]byte("1.2.840.10008.1.2.5\x00"), 1)
	out = append(out, 0xE0, 0x7F, 0x10, 0x00, 'O', 'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF)
	out = append(append(out, item(nil)...), item(rle)...)
	return append(out, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0)
}

func TestRunLengthLabelMap(t *testing.T) {
	s, err := parse(t, runLength(t))
	if err != nil {
		t.Fatal(err)
	}
	f := s.Rasteriser.(*frames)
	for i := range f.pixelCount() {
		if f.value(&f.list[0], i) != 1 {
			t.Fatalf("pixel %d is %d", i, f.value(&f.list[0], i))
		}
	}
}
