package dicom

import (
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/dicom/internal/walk"
)

// A value that is present but cannot be used counts as absent if the standard's default is safe,
// and a warning says so.
func TestUnusableValuesCountAsAbsent(t *testing.T) {
	for _, c := range []struct {
		name                   string
		change                 file
		calibrated, measurable bool
		want                   string // in a warning
	}{
		{"no frames", file{tagFrames: "0"}, true, true, "Number of Frames"},
		{"fewer frames than none", file{tagFrames: "-1"}, true, true, "Number of Frames"},
		{"blank frames", file{tagFrames: "  "}, true, true, ""},
		{"frames in words", file{tagFrames: "one"}, true, true, "Number of Frames"},
		{"thickness with a comma", file{tagThickness: "5,0"}, true, true, "Slice Thickness"},
		{"thickness of nothing", file{tagThickness: "NaN"}, true, true, "Slice Thickness"},
		{"number in words", file{tagInstance: "first"}, true, true, "Instance Number"},
		{"blank thickness", file{tagThickness: ""}, true, true, ""},
		{"spacing with commas", file{tagSpacing: `0,5\0,7`}, true, false, "how large a pixel is"},
		{"slope with a comma", file{tagSlope: "1,0"}, false, true, "how grey values become HU"},
		{"blank intercept", file{tagIntercept: " "}, false, true, "how grey values become HU"},
	} {
		s := one(t, dir(t, change(run(6), c.change)...))
		warnings := strings.Join(s.Warnings, " ")
		if s.Geometry.Size != [3]int{6, 2, 3} || s.Calibrated != c.calibrated ||
			s.Measurable != c.measurable || !strings.Contains(warnings, c.want) ||
			c.want == "" && warnings != "" {
			t.Errorf("%s: %v, calibrated %v, measurable %v, %q",
				c.name, s.Geometry.Size, s.Calibrated, s.Measurable, s.Warnings)
		}
	}
	f := enhanced(atMM(0, nil), atMM(5, nil)).with(file{tagFrames: "0"})
	r := scanDir(t, dir(t, f))
	if len(r.Series) > 0 || !strings.Contains(r.Skipped[0], "0 frames") {
		t.Errorf("a multi-frame file of no frames gives %d series, %q", len(r.Series), r.Skipped)
	}
}

func TestUnitsSpelled(t *testing.T) {
	for unit, calibrated := range map[string]bool{
		"": true, "HU": true, "hu": true, "Hu ": true, "H.U.": true, "Hounsfield": true,
		"Hounsfield Unit": true, "HOUNSFIELD UNITS": true, "Houndsfield Unit": true,
		"HOUNSFELD": true, "US": false, "MGML": false, "PCT": false, "HU_MOD": false,
		"Z_EFF": false, "hue": false, "EDW": false,
	} {
		s := one(t, dir(t, change(run(3), file{tagRescaleType: unit})...))
		if s.Calibrated != calibrated || calibrated && len(s.Warnings) > 0 {
			t.Errorf("%q: calibrated %v, %q", unit, s.Calibrated, s.Warnings)
		}
	}
}

// Slices whose orientation and pixel size differ by rounding are one volume. What counts is how far
// a voxel moves.
func TestRoundingDoesNotSplitASeries(t *testing.T) {
	matrix := func(n int, changes ...file) []file {
		out := change(run(12), file{
			tagRows: uint16(n), tagColumns: uint16(n), tagPixelData: make([]byte, 2*n*n),
			tagSpacing: `0.703125\0.703125`,
		})
		for i := range out {
			out[i] = out[i].with(changes[i%len(changes)])
		}
		return out
	}
	as := file{}
	turned := file{tagOrientation: `0.999998\0.002\0\-0.002\0.999998\0`}
	for _, c := range []struct {
		name  string
		files []file
		sizes []int
		want  string // in a warning
	}{
		{"alike", matrix(64, as), []int{12}, ""},
		{"turned by a tenth of a degree", matrix(64, as, turned), []int{12}, "0.13 mm"},
		{"the same on a full matrix", matrix(512, as, turned), []int{12}, "1 mm"},
		{
			"spacing with fewer digits", matrix(512, as, file{tagSpacing: `0.703\0.703`}),
			[]int{12},
			"",
		},
		{"directions with fewer digits", matrix(64,
			file{tagOrientation: `1\0\0\0\0.9483237\-0.3173047`},
			file{tagOrientation: `1\0\0\0\0.95\-0.32`}), []int{12}, ""},
		{"turned by a degree", matrix(64, as,
			file{tagOrientation: `0.99985\0.01745\0\-0.01745\0.99985\0`}), []int{6, 6}, "split"},
		{
			"another field of view", matrix(64, as, file{tagSpacing: `0.72\0.72`}),
			[]int{6, 6},
			"split",
		},
		{"small fields, other pixels", change(run(4), as), []int{4}, ""},
	} {
		r := scanDir(t, dir(t, c.files...))
		var sizes []int
		warnings := ""
		for _, s := range r.Series {
			if !s.Resampled {
				sizes = append(sizes, s.Geometry.Size[0])
				warnings += strings.Join(s.Warnings, " ")
			}
		}
		if !slices.Equal(sizes, c.sizes) || !strings.Contains(warnings, c.want) {
			t.Errorf("%s: %v slices, %q", c.name, sizes, warnings)
		}
	}
}

// Escape sequences are decoded in headers as they are in whole objects.
func TestTextOfHeaders(t *testing.T) {
	f := slice(1).with(file{
		tagCharacterSet: `\ISO 2022 IR 149`, tagSeriesText: "\x1B$)C\xC8\xE4\xBA\xCE CT",
	})
	path := dir(t, f) + "/01.dcm"
	h, err := readHeader(path)
	if err != nil || h.description != "흉부 CT" {
		t.Errorf("%q, %v", h.description, err)
	}
	save(t, path, f.with(file{tagCharacterSet: "iso_ir 100", tagSeriesText: "\xC4rzte"}).
		encode(walk.ImplicitLE))
	if h, err := readHeader(path); err != nil || h.description != "Ärzte" {
		t.Errorf("%q, %v", h.description, err)
	}
}

// The elements show how they are encoded. A meta group that says otherwise is not used, and a
// warning says so.
func TestTransferSyntaxesThatAreNotTheFiles(t *testing.T) {
	want := []int16{-1024, -1000, 0, 976, 3071, -1023}
	for name, c := range map[string]struct{ is, called, warning string }{
		"implicit called explicit":    {walk.ImplicitLE, walk.ExplicitLE, "Transfer Syntax UID"},
		"explicit called implicit":    {walk.ExplicitLE, walk.ImplicitLE, "Transfer Syntax UID"},
		"big endian called little":    {walk.ExplicitBE, walk.ExplicitLE, "Transfer Syntax UID"},
		"little endian called big":    {walk.ExplicitLE, walk.ExplicitBE, "Transfer Syntax UID"},
		"not named":                   {walk.ExplicitLE, "", "Transfer Syntax UID"},
		"as it is called":             {walk.ExplicitLE, walk.ExplicitLE, ""},
		"implicit, big endian pixels": {walk.GEPrivate, walk.GEPrivate, ""},
	} {
		f := slice(1)
		s, err := walk.FindSyntax(c.is)
		if err != nil {
			t.Fatal(err)
		}
		empty := file{}.encode(c.called)
		path := t.TempDir() + "/01.dcm"
		save(t, path, append(empty, f.dataset(s)...))
		series := one(t, path[:len(path)-7])
		hu := make([]int16, 6)
		if err := series.ReadSlice(t.Context(), 0, hu); err != nil || !slices.Equal(hu, want) {
			t.Errorf("%s: %v, %v", name, hu, err)
		}
		warnings := strings.Join(series.Warnings, " ")
		if !strings.Contains(warnings, c.warning) || c.warning == "" && warnings != "" {
			t.Errorf("%s: %q", name, warnings)
		}
	}
}
