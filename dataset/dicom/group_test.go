package dicom

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/series"
	"glasswork/dataset/shared"
)

// Tags that only these tests write.
const (
	tagBirthDate       = 0x0010_0030
	tagEnergy          = 0x0018_0060
	tagTrigger         = 0x0018_1060
	tagLocation        = 0x0020_1041
	tagTemporal        = 0x0020_0100
	tagAcquisitionTime = 0x0008_0032
	tagContentTime     = 0x0008_0033
	tagPatientLies     = 0x0018_5100
	tagFrameNumber     = 0x0020_9156
	tagRays            = 0x0018_9325
	tagRecon           = 0x0018_9314
	tagHeart           = 0x0018_9118
	tagHeartPhase      = 0x0020_9241
)

// passFrom returns n slices step mm apart from z on. mark names them and changes describes them.
// Their first pixel is mark - 1024 HU.
func passFrom(mark int, z, step float64, n int, changes file) (out []file) {
	for i := range n {
		f := slice(z + step*float64(i)).with(file{
			tagSOPInstance: fmt.Sprintf("1.2.9.%d.%d.%g", mark, i, z),
			tagInstance:    fmt.Sprint(i + 1),
			tagPixelData:   words(mark, i, 3, 4, 5, 6),
		})
		out = append(out, f.with(changes))
	}
	return out
}

// marks says how many slices of which pass a series has. "12×1 8×2" has slices of two passes.
func marks(t *testing.T, s *series.Series) string {
	t.Helper()
	count := map[int]int{}
	var order []int
	for _, hu := range firsts(t, s) {
		m := int(hu) + 1024
		if count[m]++; count[m] == 1 {
			order = append(order, m)
		}
	}
	var out []string
	for _, m := range order {
		out = append(out, fmt.Sprintf("%d×%d", count[m], m))
	}
	return strings.Join(out, " ")
}

// numbered gives files image numbers by place, from of.
func numbered(files []file, of func(i int) int) []file {
	for i := range files {
		files[i][tagInstance] = fmt.Sprint(of(i))
	}
	return files
}

// timed gives files a time of acquisition, one after the other.
func timed(files []file, from int) []file {
	for i := range files {
		files[i][tagAcquisitionTime] = fmt.Sprintf("1200%02d", from+i)
	}
	return files
}

func TestImagesOfOneSeriesFormVolumes(t *testing.T) {
	pass := func(mark int, changes file) []file { return passFrom(mark, 0, 5, 8, changes) }
	alternating := func(place, phases, phase int) int {
		if place%2 == 1 {
			phase = phases - 1 - phase
		}
		return place*phases + phase + 1
	}
	for _, c := range []struct {
		name    string
		files   []file
		volumes []string // marks
		warning string   // in the warnings of each volume, unless empty
		uneven  bool
	}{
		{"kernels", slices.Concat(pass(1, file{tagKernel: "B30f"}), pass(2, file{
			tagKernel: "B70f",
		})), []string{"8×1", "8×2"}, "differ in kernel and was split into 2", false},
		{"kernels of two values", slices.Concat(pass(1, file{tagKernel: `Br40d\3`}), pass(2, file{
			tagKernel: `Br40d\5`,
		})), []string{"8×1", "8×2"}, "kernel", false},
		{"image types", slices.Concat(pass(1, nil), pass(2, file{
			tagImageType: `DERIVED\PRIMARY\AXIAL\MPR`,
		})), []string{"8×2", "8×1"}, "image type", false},
		{"energies", slices.Concat(pass(1, file{tagEnergy: "80"}), pass(2, file{
			tagEnergy: "140",
		})), []string{"8×1", "8×2"}, "energy", false},
		{"energies between each other", slices.Concat(
			passFrom(1, 0, 5, 8, file{tagEnergy: "80"}),
			passFrom(2, 2.5, 5, 8, file{tagEnergy: "140"}),
		), []string{"8×1", "8×2"}, "energy", false},
		{"one energy, written differently", slices.Concat(
			passFrom(1, 0, 5, 4, file{tagEnergy: "120"}),
			passFrom(1, 20, 5, 4, file{tagEnergy: "120.0"}),
			passFrom(1, 40, 5, 4, nil),
		), []string{"12×1"}, "", false},
		{
			"thick and thin", slices.Concat(pass(1, file{tagThickness: "5"}),
				passFrom(2, 0, 1, 36, file{tagThickness: "1"})),
			[]string{"36×2", "8×1"},
			"slice thickness", false,
		},
		{"thickness that rounding makes", slices.Concat(
			passFrom(1, 0, 0.625, 8, file{tagThickness: "0.625"}),
			passFrom(1, 5, 0.625, 8, file{tagThickness: "0.63"}),
		), []string{"16×1"}, "", false},
		{"frames of reference", slices.Concat(pass(1, file{tagFrameUID: "1.1"}), pass(2, file{
			tagFrameUID: "1.2",
		})), []string{"8×1", "8×2"}, "frame of reference", false},
		{"patient positions", slices.Concat(pass(1, file{tagPatientLies: "HFS"}), pass(2, file{
			tagPatientLies: "HFP",
		})), []string{"8×2", "8×1"}, "patient position", false},
		{"temporal positions to and fro", slices.Concat(
			numbered(pass(1, file{tagTemporal: "1"}), func(i int) int {
				return alternating(i, 3, 0)
			}),
			numbered(pass(2, file{tagTemporal: "2"}), func(i int) int {
				return alternating(i, 3, 1)
			}),
			numbered(pass(3, file{tagTemporal: "3"}), func(i int) int {
				return alternating(i, 3, 2)
			}),
		), []string{"8×1", "8×2", "8×3"}, "temporal position", false},
		{"trigger times", slices.Concat(pass(1, file{tagTrigger: "90"}), pass(2, file{
			tagTrigger: "450",
		})), []string{"8×1", "8×2"}, "trigger time", false},
		{"ten phases in their order", slices.Concat(pass(1, file{tagTemporal: "2"}), pass(2, file{
			tagTemporal: "10",
		})), []string{"8×1", "8×2"}, "temporal position", false},
		{"passes that overlap between slices", slices.Concat(
			passFrom(1, 0, 5, 8, file{tagAcquisition: "1"}),
			passFrom(2, 27, 5, 6, file{tagAcquisition: "2"}),
		), []string{"8×1", "6×2"}, "differ in acquisition", false},
		{"passes that overlap slice by slice", slices.Concat(
			passFrom(1, 0, 5, 8, file{tagAcquisition: "1"}),
			passFrom(2, 30, 5, 6, file{tagAcquisition: "2"}),
		), []string{"8×1", "6×2"}, "differ in acquisition", false},
		{"passes half a slice apart", slices.Concat(
			passFrom(1, 0, 5, 8, file{tagAcquisition: "1"}),
			passFrom(2, 2.5, 5, 8, file{tagAcquisition: "2"}),
		), []string{"8×1", "8×2"}, "differ in acquisition", false},
		{"passes apart", slices.Concat(
			passFrom(1, 0, 5, 8, file{tagAcquisition: "1"}),
			passFrom(2, 42, 5, 6, file{tagAcquisition: "2"}),
		), []string{"8×1", "6×2"}, "differ in acquisition", false},
		{"unequal counts", slices.Concat(
			passFrom(1, 0, 5, 12, file{tagAcquisition: "1"}),
			passFrom(2, 0, 5, 8, file{tagAcquisition: "2"}),
		), []string{"12×1", "8×2"}, "differ in acquisition", false},
		{"an acquisition for each slice", func() []file {
			files := passFrom(1, 0, 5, 12, nil)
			for i := range files {
				files[i][tagAcquisition] = fmt.Sprint(i + 1)
			}
			return files
		}(), []string{"12×1"}, "", false},
		{"an acquisition for every four slices", func() []file {
			files := passFrom(1, 0, 5, 12, nil)
			for i := range files {
				files[i][tagAcquisition] = fmt.Sprint(i/4 + 1)
			}
			return files
		}(), []string{"12×1"}, "", false},
		{"times of acquisition of their own", slices.Concat(
			timed(numbered(pass(1, nil), func(i int) int { return alternating(i, 2, 0) }), 0),
			timed(numbered(pass(2, nil), func(i int) int { return alternating(i, 2, 1) }), 20),
		), []string{"8×1", "8×2"}, "Nothing but the time of acquisition tells apart", false},
		{"numbers one pass after the other", slices.Concat(
			numbered(pass(1, nil), func(i int) int { return 40 - i }),
			numbered(pass(2, nil), func(i int) int { return 20 - i }),
		), []string{"8×2", "8×1"}, "Nothing but the image number tells apart", false},
		{"numbers place by place", slices.Concat(
			numbered(pass(1, nil), func(i int) int { return 2*i + 1 }),
			numbered(pass(2, nil), func(i int) int { return 2*i + 2 }),
		), []string{"8×1", "8×2"}, "Nothing but the image number tells apart", false},
		{"a kernel that is not said everywhere", slices.Concat(
			passFrom(1, 0, 5, 4, file{tagKernel: "B"}), passFrom(1, 20, 5, 4, nil),
		), []string{"8×1"}, "", false},
		{"kernels without order on one grid", func() []file {
			files := passFrom(1, 0, 5, 12, file{tagKernel: "A"})
			files[3][tagKernel] = "B"
			return files
		}(), []string{"12×1"}, "differ in kernel but follow each other", false},
	} {
		rand.Shuffle(len(c.files), func(i, j int) {
			c.files[i], c.files[j] = c.files[j], c.files[i]
		})
		r := scanDir(t, dir(t, c.files...))
		var got []string
		for _, s := range r.Series {
			got = append(got, marks(t, s))
			warnings := strings.Join(s.Warnings, " ")
			if !strings.Contains(warnings, c.warning) || c.warning == "" && warnings != "" ||
				s.Measurable == c.uneven {
				t.Errorf("%s: measurable %v, %q", c.name, s.Measurable, s.Warnings)
			}
		}
		if !slices.Equal(got, c.volumes) {
			t.Errorf("%s: %q, want %q", c.name, got, c.volumes)
		}
	}
}

// Images that nothing distinguishes are said to be mixed, and nothing can be measured on them.
func TestImagesThatNothingTellsApart(t *testing.T) {
	files := slices.Concat(passFrom(1, 0, 5, 8, file{tagInstance: "1"}),
		passFrom(2, 0, 5, 8, file{tagInstance: "1"}))
	r := scanDir(t, dir(t, files...))
	if len(r.Series) != 2 {
		t.Fatalf("%d series", len(r.Series))
	}
	for _, s := range r.Series {
		if s.Measurable || !strings.Contains(strings.Join(s.Warnings, " "), "may mix images") {
			t.Errorf("measurable %v, %q", s.Measurable, s.Warnings)
		}
	}
}

func TestDescriptionsSayWhatSetsVolumesApart(t *testing.T) {
	r := scanDir(t, dir(t, slices.Concat(passFrom(1, 0, 5, 4, file{tagKernel: "B30f"}),
		passFrom(2, 0, 5, 3, file{tagKernel: "B70f"}))...))
	var got []string
	for _, s := range r.Series {
		got = append(got, s.Description)
	}
	if want := []string{
		"CHEST 5.0, volume 1 of 2, kernel B30f", "CHEST 5.0, volume 2 of 2, kernel B70f",
	}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A series UID alone does not make a series. Images of another patient or study are kept apart.
func TestOneSeriesUIDOfSeveralPatients(t *testing.T) {
	for _, c := range []struct {
		name     string
		a, b     file
		separate bool
	}{
		{"other ID", file{tagPatientID: "P1"}, file{tagPatientID: "P2"}, true},
		{
			"no ID, other name",
			file{tagPatientID: nil},
			file{tagPatientID: nil, tagPatientName: "Roe^Jane"},
			true,
		},
		{
			"other birth date",
			file{tagBirthDate: "19500101"},
			file{tagBirthDate: "19700101"},
			true,
		},
		{"other study", file{tagStudyUID: "1.1"}, file{tagStudyUID: "1.2"}, true},
		{
			"one name, written differently",
			file{tagPatientName: "Doe^Jane"},
			file{tagPatientName: "DOE^JANE^^"},
			false,
		},
		{"an ID missing", nil, file{tagPatientID: nil}, false},
	} {
		for _, from := range []float64{0, 20} { // at the same places, and one after the other
			r := scanDir(t, dir(t, slices.Concat(passFrom(1, 0, 5, 4, c.a),
				passFrom(2, from, 5, 4, c.b))...))
			want := 1
			if c.separate || from == 0 {
				want = 2
			}
			ids := map[string]bool{}
			for _, s := range r.Series {
				ids[s.ID] = true
				if m := marks(t, s); c.separate && strings.Contains(m, " ") {
					t.Errorf("%s: %s", c.name, m)
				}
				if c.separate && !strings.Contains(strings.Join(s.Warnings, " "), "kept apart") {
					t.Errorf("%s: %q", c.name, s.Warnings)
				}
			}
			if len(ids) != want || len(r.Series) != want {
				t.Errorf("%s: %d series with the IDs %v, want %d", c.name, len(r.Series), ids, want)
			}
		}
	}
}

// Files are copies if their pixels are the same, whatever their UIDs say.
func TestCopiesHaveTheSamePixels(t *testing.T) {
	one := file{tagSOPInstance: "1.2.77"}
	r := scanDir(t, dir(t, passFrom(1, 0, 5, 6, one)...))
	if len(r.Series) != 1 || r.Series[0].Geometry.Size[0] != 6 || len(r.Skipped) != 0 ||
		!strings.Contains(strings.Join(r.Series[0].Warnings, " "), "SOP Instance UID") {
		t.Errorf("one UID for all: %d series, skipped %q", len(r.Series), r.Skipped)
	}
	r = scanDir(t, dir(t, slices.Concat(passFrom(1, 0, 5, 6, one.with(file{tagAcquisition: "1"})),
		passFrom(2, 0, 5, 6, one.with(file{tagAcquisition: "2"})))...))
	if len(r.Series) != 2 || marks(t, r.Series[0]) != "6×1" || marks(t, r.Series[1]) != "6×2" {
		t.Errorf("one UID for two passes: %d series, skipped %q", len(r.Series), r.Skipped)
	}
	again := passFrom(1, 0, 5, 6, nil)
	for i := range again {
		again[i][tagSOPInstance] = fmt.Sprintf("1.2.88.%d", i)
	}
	r = scanDir(t, dir(t, slices.Concat(passFrom(1, 0, 5, 6, nil), again)...))
	if len(r.Series) != 1 || !r.Series[0].Measurable ||
		!strings.Contains(strings.Join(r.Series[0].Warnings, " "), "6 duplicate slices") {
		t.Errorf("copies under new UIDs: %d series, skipped %q", len(r.Series), r.Skipped)
	}
	other := slice(0).with(file{tagPixelData: words(9, 9, 9, 9, 9, 9)})
	r = scanDir(t, dir(t, slice(0), slice(5), slice(10), other))
	if len(r.Series) != 1 || len(r.Skipped) != 0 ||
		!strings.Contains(strings.Join(r.Series[0].Warnings, " "), "with other pixels") {
		t.Errorf("other pixels under one UID: %d series, skipped %q", len(r.Series), r.Skipped)
	}
}

func TestFramesOfOneFileFormVolumes(t *testing.T) {
	content := func(changes file) file { return file{tagContent: []file{changes}} }
	frames := func(a, b file) (groups []file) {
		for z := range 4 {
			groups = append(groups, atMM(5*float64(z), a), atMM(5*float64(z), b))
		}
		return groups
	}
	for name, groups := range map[string][]file{
		"times": frames(content(file{tagTime: uint32(1)}), content(file{tagTime: uint32(2)})),
		"acquisitions": frames(content(file{tagFrameNumber: uint16(1)}),
			content(file{tagFrameNumber: uint16(2)})),
		"kernels": frames(file{tagRecon: []file{{tagKernel: "A"}}},
			file{tagRecon: []file{{tagKernel: "B"}}}),
		"energies": frames(file{tagRays: []file{{tagEnergy: 80.0}}},
			file{tagRays: []file{{tagEnergy: 140.0}}}),
		"phases": frames(file{tagHeart: []file{{tagHeartPhase: 30.0}}},
			file{tagHeart: []file{{tagHeartPhase: 70.0}}}),
		"frame types": frames(
			file{tagFrameKind: []file{{tagFrameType: `DERIVED\PRIMARY\VOLUME\VMI`}}},
			file{tagFrameKind: []file{{tagFrameType: `ORIGINAL\PRIMARY\VOLUME\NONE`}}}),
		"the order of the frames": frames(nil, nil),
	} {
		r := scanDir(t, dir(t, enhanced(groups...)))
		if len(r.Series) != 2 {
			t.Errorf("%s: %d series", name, len(r.Series))
			continue
		}
		for i, s := range r.Series {
			var want []int16
			for z := range 4 {
				want = append(want, int16(-1000+20*z+10*i))
			}
			if got := firsts(t, s); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	}
}

func TestOrderWithoutPositions(t *testing.T) {
	bare := file{tagPosition: nil, tagInstance: nil}
	at := func(z float64, changes file) file { return slice(z).with(bare).with(changes) }
	for _, c := range []struct {
		name  string
		files map[string]file // z by name; the first pixel is the expected place
		by    string
	}{
		{"names", map[string]file{"2": at(1, nil), "10": at(2, nil), "1": at(0, nil)}, "file name"},
		{"one number for all", map[string]file{
			"2": at(1, file{tagInstance: "1"}), "10": at(2, file{tagInstance: "1"}),
			"1": at(0, file{tagInstance: "1"}),
		}, "file name"},
		{"a number missing", map[string]file{
			"2": at(1, file{tagInstance: "7"}), "10": at(2, nil),
			"1": at(0, file{tagInstance: "9"}),
		}, "file name"},
		{"slice location", map[string]file{
			"2": at(2, file{tagInstance: "1", tagLocation: "20.5"}),
			"1": at(1, file{tagInstance: "1", tagLocation: "-3"}),
			"3": at(0, file{tagInstance: "1", tagLocation: "-20"}),
		}, "slice location"},
		{"numbers", map[string]file{
			"2": at(2, file{tagInstance: "30"}), "1": at(1, file{tagInstance: "9"}),
			"3": at(0, file{tagInstance: "1"}),
		}, "number"},
	} {
		folder := t.TempDir()
		for name, f := range c.files {
			z := strings.TrimSuffix(f[tagSOPInstance].(string), "00")
			place := int(z[len(z)-1] - '0')
			f = f.with(file{tagPixelData: words(place, 0, 0, 0, 0, 0)})
			save(t, filepath.Join(folder, name), f.encode(walk.ExplicitLE))
		}
		s := one(t, folder)
		if got := firsts(t, s); !slices.Equal(got, []int16{-1024, -1023, -1022}) {
			t.Errorf("%s: %v", c.name, got)
		}
		if !strings.Contains(s.Warnings[0], "ordered by "+c.by+" ") || s.Measurable {
			t.Errorf("%s: measurable %v, %q", c.name, s.Measurable, s.Warnings)
		}
	}
}

// Phases without positions are separated by the places that SliceLocation or the numbers give.
func TestPhasesWithoutPositions(t *testing.T) {
	for name, change := range map[string]func(f file, i int){
		"locations": func(f file, i int) { f[tagLocation] = fmt.Sprint(5 * i) },
		"numbers":   func(file, int) {},
	} {
		files := slices.Concat(passFrom(1, 0, 5, 4, file{tagAcquisition: "1", tagPosition: nil}),
			passFrom(2, 0, 5, 4, file{tagAcquisition: "2", tagPosition: nil}))
		for i := range files {
			change(files[i], i%4)
		}
		r := scanDir(t, dir(t, files...))
		if len(r.Series) != 2 || marks(t, r.Series[0]) != "4×1" || marks(t, r.Series[1]) != "4×2" {
			t.Errorf("%s: %d series", name, len(r.Series))
		}
	}
}

// The corners of the volumes of the shared cases, by slice.
func TestCasesOfGrouping(t *testing.T) {
	for folder, want := range map[string][]string{
		"02-kernels-same-instance-number/study":         {"12×24", "12×31"},
		"04-shuttle-temporal-position/study":            {"8×24", "8×31", "8×38"},
		"05-overlapping-passes/study":                   {"8×24", "6×31"},
		"06-phases-unequal-count/study":                 {"12×24", "8×31"},
		"08-orientation-and-spacing-jitter/orientation": {"12×24"},
		"08-orientation-and-spacing-jitter/spacing":     {"12×24"},
	} {
		r := scanDir(t, shared.Path(t, "cases", folder))
		var got []string
		for _, s := range r.Series {
			got = append(got, marks(t, s))
			if !s.Measurable {
				t.Errorf("%s: not measurable: %q", folder, s.Warnings)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", folder, got, want)
		}
	}
}
