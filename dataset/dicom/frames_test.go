package dicom

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// Tags that only these tests write.
const (
	tagLUTDescriptor = 0x0028_3002
	tagLUTType       = 0x0028_3004
	tagLUTData       = 0x0028_3006
	tagShared        = 0x5200_9229
	tagPerFrame      = 0x5200_9230
	tagMeasures      = 0x0028_9110
	tagPlane         = 0x0020_9113
	tagPlaneTurn     = 0x0020_9116
	tagValues        = 0x0028_9145
	tagContent       = 0x0020_9111
	tagStackID       = 0x0020_9056
	tagInStack       = 0x0020_9057
	tagTime          = 0x0020_9128
	tagFrameKind     = 0x0018_9329
	tagFrameType     = 0x0008_9007
	tagRealWorld     = 0x0040_9096
	tagUnits         = 0x0040_08EA
	tagUnitCode      = 0x0008_0100
	tagRealIntercept = 0x0040_9224
	tagRealSlope     = 0x0040_9225
	tagFloatPadding  = 0x0028_0122
)

// atMM returns a frame's functional groups: its position, and what changes adds.
func atMM(z float64, changes file) file {
	return file{tagPlane: []file{{tagPosition: fmt.Sprintf(`-10\-20\%g`, z)}}}.with(changes)
}

// enhanced returns a multi-frame CT with frames of 2 × 3 pixels. Pixel i of frame f is 10 f + i.
// Shared groups give the rest.
func enhanced(groups ...file) file {
	f := slice(0).with(file{
		tagSOPClass: uidEnhancedCT, tagFrames: fmt.Sprint(len(groups)),
		tagPosition: nil, tagOrientation: nil, tagSpacing: nil, tagThickness: nil, tagSlope: nil,
		tagIntercept: nil,
		tagShared: []file{{
			tagMeasures:  []file{{tagSpacing: `0.5\0.7`, tagThickness: "5"}},
			tagPlaneTurn: []file{{tagOrientation: `1\0\0\0\1\0`}},
			tagValues:    []file{{tagIntercept: "-1000", tagSlope: "1"}},
		}},
		tagPerFrame: groups,
	})
	var pixels []int
	for i := range groups {
		for p := range 6 {
			pixels = append(pixels, 10*i+p)
		}
	}
	f[tagPixelData] = words(pixels...)
	return f
}

// firsts returns the first HU of every slice.
func firsts(t *testing.T, s *series.Series) (out []int16) {
	t.Helper()
	v, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for z := range v.Size[0] {
		out = append(out, v.Slice(z)[0])
	}
	return out
}

func TestEnhancedMultiFrame(t *testing.T) {
	stack := func(id string, in int, time uint32) file {
		content := file{tagStackID: id, tagInStack: uint32(in)}
		if time > 0 {
			content[tagTime] = time
		}
		return file{tagContent: []file{content}}
	}
	turned := file{tagPlaneTurn: []file{{tagOrientation: `0\1\0\0\0\-1`}}}
	localizer := file{tagFrameKind: []file{{tagFrameType: `ORIGINAL\PRIMARY\LOCALIZER\NONE`}}}
	for _, c := range []struct {
		name    string
		file    file
		volumes [][]int16 // first HU by slice
		skipped string
		warning string
	}{
		{
			"in order", enhanced(atMM(0, nil), atMM(5, nil), atMM(10, nil)),
			[][]int16{{-1000, -990, -980}},
			"", "",
		},
		{
			"from head to feet", enhanced(atMM(10, nil), atMM(5, nil), atMM(0, nil)),
			[][]int16{{-980, -990, -1000}},
			"", "",
		},
		{"one frame", enhanced(atMM(0, nil)), [][]int16{{-1000}}, "", ""},
		{
			"a scale of its own", enhanced(atMM(0, nil),
				atMM(5, file{tagValues: []file{{tagIntercept: "-20", tagSlope: "2"}}})),
			[][]int16{{-1000, 0}},
			"", "",
		},
		{
			"a frame missing", enhanced(atMM(0, nil), atMM(5, nil), atMM(15, nil), atMM(20, nil)),
			[][]int16{{-1000, -990, -1024, -980, -970}},
			"", "Slice 3 of 5 is missing",
		},
		{
			"two stacks", enhanced(atMM(0, stack("A", 1, 0)), atMM(5, stack("A", 2, 0)),
				atMM(7, stack("B", 1, 0)), atMM(9, stack("B", 2, 0))),
			[][]int16{{-1000, -990}, {-980, -970}},
			"", "split into 2",
		},
		{
			"two times", enhanced(atMM(0, stack("A", 1, 1)), atMM(5, stack("A", 2, 1)),
				atMM(0, stack("A", 1, 2)), atMM(5, stack("A", 2, 2))),
			[][]int16{{-1000, -990}, {-980, -970}},
			"", "split into 2",
		},
		{
			"a time for each slice", enhanced(atMM(0, stack("A", 1, 1)), atMM(5, stack("A", 2, 2)),
				atMM(10, stack("A", 3, 3))),
			[][]int16{{-1000, -990, -980}},
			"", "",
		},
		{
			"two orientations", enhanced(atMM(0, nil), atMM(5, nil), atMM(7, turned)),
			[][]int16{{-1000, -990}, {-980}},
			"", "split into 2",
		},
		{
			"a localizer among them", enhanced(atMM(0, localizer), atMM(0, nil), atMM(5, nil)),
			[][]int16{{-990, -980}},
			"01.dcm: 1 of its 3 frames is a localizer", "",
		},
		{
			"no positions", enhanced(file{}, file{}),
			[][]int16{{-1000, -990}},
			"",
			"do not say where their slices lie",
		},
		{
			"no groups at all", enhanced(file{}, file{}).with(file{
				tagShared: nil, tagPerFrame: nil,
			}), [][]int16{{0, 10}}, "", "do not say where their slices lie",
		},
		{
			"too few groups", enhanced(atMM(0, nil),
				atMM(5, nil)).with(file{tagPerFrame: []file{atMM(0, nil)}}), nil,
			"it describes 1 frames and holds 2", "",
		},
		{
			"too few pixels", enhanced(atMM(0, nil),
				atMM(5, nil)).with(file{tagPixelData: words(1, 2, 3, 4, 5, 6, 7)}), nil,
			"2 frames of 3 × 2 pixels need 24 bytes, 14 are there", "",
		},
	} {
		r := scanDir(t, dir(t, c.file))
		if len(r.Series) != len(c.volumes) {
			t.Errorf("%s: %d volumes, skipped %q", c.name, len(r.Series), r.Skipped)
			continue
		}
		if got := strings.Join(r.Skipped, " "); !strings.Contains(got, c.skipped) ||
			(c.skipped == "") != (got == "") {
			t.Errorf("%s: skipped %q, want %q", c.name, got, c.skipped)
		}
		for i, s := range r.Series {
			if got := firsts(t, s); !slices.Equal(got, c.volumes[i]) {
				t.Errorf("%s: volume %d begins its slices with %v, want %v", c.name, i, got,
					c.volumes[i])
			}
			if got := strings.Join(s.Warnings, " "); !strings.Contains(got, c.warning) ||
				(c.warning == "") != (got == "") {
				t.Errorf("%s: warnings %q, want %q", c.name, got, c.warning)
			}
			if len(s.Files) != 1 {
				t.Errorf("%s: files %q", c.name, s.Files)
			}
		}
	}
}

func TestEnhancedGeometry(t *testing.T) {
	for _, uid := range []string{walk.ImplicitLE, walk.ExplicitBE, "1.2.840.10008.1.2.1.99"} {
		path := filepath.Join(t.TempDir(), "a.dcm")
		save(t, path, enhanced(atMM(10, nil), atMM(5, nil), atMM(0, nil)).encode(uid))
		r, err := Scan(t.Context(), path, []string{path})
		if err != nil || len(r.Series) != 1 {
			t.Fatalf("%s: %v, %q", uid, err, r.Skipped)
		}
		s := r.Series[0]
		want := volume.Geometry{Size: [3]int{3, 2, 3}, Affine: volume.Affine{
			{0.7, 0, 0, -10}, {0, 0.5, 0, -20}, {0, 0, 5, 0},
		}}
		if !near(s.Geometry, want, 1e-9) || !s.Measurable || !s.Calibrated || s.Thickness != 5 {
			t.Errorf("%s: %+v", uid, s)
		}
		if got := firsts(t, s); !slices.Equal(got, []int16{-980, -990, -1000}) {
			t.Errorf("%s: %v", uid, got)
		}
	}
}

// table returns a Modality LUT Sequence. data are 16-bit entries.
func table(entries, first, bits int, kind string, data []byte) []file {
	return []file{{
		tagLUTDescriptor: words(entries, first, bits), tagLUTType: kind, tagLUTData: data,
	}}
}

func TestModalityLookupTables(t *testing.T) {
	raw := file{tagSlope: nil, tagIntercept: nil, tagPixelData: words(0, 1, 2, 3, 4095, 1)}
	for _, c := range []struct {
		name       string
		changes    file
		want       []int16
		calibrated bool
		skipped    string
	}{
		{
			"HU",
			file{tagModalityLUT: table(4, 0, 16, "HU", words(100, 200, 300, 400))},
			[]int16{100, 200, 300, 400, 400, 200},
			true, "",
		},
		{
			"from 2 on",
			file{tagModalityLUT: table(2, 2, 16, "HU", words(7, 8))},
			[]int16{7, 7, 7, 8, 8, 7},
			true, "",
		},
		{
			"another unit",
			file{tagModalityLUT: table(4, 0, 16, "US", words(100, 200, 300, 400))},
			[]int16{100, 200, 300, 400, 400, 200},
			false, "",
		},
		{
			"8 bits packed",
			file{tagModalityLUT: table(4, 0, 8, "HU", []byte{1, 2, 3, 4})},
			[]int16{1, 2, 3, 4, 4, 2},
			true, "",
		},
		{"slope wins", file{
			tagModalityLUT: table(4, 0, 16, "HU", words(1, 2, 3, 4)), tagSlope: "2",
			tagIntercept: "0",
		}, []int16{0, 2, 4, 6, 8190, 2}, true, ""},
		{
			"too short",
			file{tagModalityLUT: table(5, 0, 16, "HU", words(1, 2, 3))},
			nil, false,
			"lookup table that gives its HU is damaged",
		},
		{
			"no descriptor",
			file{tagModalityLUT: []file{{tagLUTData: words(1, 2)}}},
			nil, false,
			"lookup table that gives its HU is damaged",
		},
		{
			"empty",
			file{tagModalityLUT: []file{}},
			nil, false,
			"lookup table that gives its HU is damaged",
		},
	} {
		r := scanDir(t, dir(t, slice(1).with(raw).with(c.changes)))
		if c.want == nil {
			if len(r.Series) != 0 || !strings.Contains(strings.Join(r.Skipped, " "), c.skipped) {
				t.Errorf("%s: %d series, skipped %q", c.name, len(r.Series), r.Skipped)
			}
			continue
		}
		if len(r.Series) != 1 {
			t.Errorf("%s: skipped %q", c.name, r.Skipped)
			continue
		}
		v, err := r.Series[0].Read(t.Context())
		if err != nil || !slices.Equal(v.HU, c.want) || r.Series[0].Calibrated != c.calibrated {
			t.Errorf("%s: %v, %v, calibrated %v; want %v", c.name, v, err, r.Series[0].Calibrated,
				c.want)
		}
	}
}

func TestFloatingPointPixels(t *testing.T) {
	values := []float64{-1000, 0.4, 0.6, math.NaN(), math.Inf(1), -77}
	var single, double []byte
	for _, v := range values {
		single = binary.LittleEndian.AppendUint32(single, math.Float32bits(float32(v)))
		double = binary.LittleEndian.AppendUint64(double, math.Float64bits(v))
	}
	bare := file{
		tagPixelData: nil, tagSlope: nil, tagIntercept: nil, tagSigned: nil, tagBitsStored: nil,
		tagHighBit: nil,
	}
	hounsfield := []file{{
		tagUnits: []file{{tagUnitCode: "[hnsf'U]"}}, tagRealIntercept: 10.0, tagRealSlope: 2.0,
	}}
	for _, c := range []struct {
		name       string
		changes    file
		want       []int16
		calibrated bool
		skipped    string
	}{
		{
			"single",
			file{tagFloatPixels: single, tagBitsAllocated: uint16(32)},
			[]int16{-1000, 0, 1, -1024, 32767, -77},
			false, "",
		},
		{
			"double",
			file{tagDoublePixels: double, tagBitsAllocated: uint16(64)},
			[]int16{-1000, 0, 1, -1024, 32767, -77},
			false, "",
		},
		{"in Hounsfield units", file{
			tagFloatPixels: single, tagBitsAllocated: uint16(32), tagRealWorld: hounsfield,
		}, []int16{-1990, 11, 11, -1024, 32767, -144}, true, ""},
		{
			"cut short",
			file{tagDoublePixels: double[:40], tagBitsAllocated: uint16(64)},
			nil,
			false, "cut short",
		},
		{
			"contradiction",
			file{tagFloatPixels: single, tagBitsAllocated: uint16(16)},
			nil, false,
			"floating-point numbers of 32 bits, it says 16",
		},
	} {
		r := scanDir(t, dir(t, slice(1).with(bare).with(c.changes)))
		if c.want == nil {
			if len(r.Series) != 0 || !strings.Contains(strings.Join(r.Skipped, " "), c.skipped) {
				t.Errorf("%s: %d series, skipped %q", c.name, len(r.Series), r.Skipped)
			}
			continue
		}
		if len(r.Series) != 1 {
			t.Errorf("%s: skipped %q", c.name, r.Skipped)
			continue
		}
		v, err := r.Series[0].Read(t.Context())
		if err != nil || !slices.Equal(v.HU, c.want) || r.Series[0].Calibrated != c.calibrated {
			t.Errorf("%s: %v, %v, calibrated %v; want %v", c.name, v, err, r.Series[0].Calibrated,
				c.want)
		}
	}
}
