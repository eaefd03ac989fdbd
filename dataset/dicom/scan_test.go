package dicom

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/volume"
)

// run returns n slices, 5 mm apart, from 200 mm on, without those in missing.
func run(n int, missing ...int) []file {
	var out []file
	for z := range n {
		if !slices.Contains(missing, z) {
			out = append(out, slice(200+5*float64(z)))
		}
	}
	return out
}

// change applies changes to every file.
func change(files []file, changes file) []file {
	out := make([]file, len(files))
	for i, f := range files {
		out[i] = f.with(changes)
	}
	return out
}

func TestSeriesGeometryAndWarnings(t *testing.T) {
	shuffled := run(6)
	shuffled[0], shuffled[4] = shuffled[4], shuffled[0]
	uneven := run(6)
	uneven[3] = slice(216.9)
	double := append(run(6), slice(210).with(file{tagSOPInstance: "9.9"}))
	tilt := run(6)
	for i := range tilt {
		tilt[i] = slice(0).with(file{
			tagSOPInstance: string(rune('1' + i)), tagOrientation: `1\0\0\0\0.948324\-0.317305`,
			tagPosition: `-10\-20\` + []string{"0", "5", "10", "15", "20", "25"}[i],
		})
	}
	drift := run(6)
	drift[2] = drift[2].with(file{tagPosition: `-10\-25\210`})
	down := change(run(6), file{tagOrientation: `1\0\0\0\-1\0`})
	for _, c := range []struct {
		name       string
		files      []file
		size       [3]int
		measurable bool
		calibrated bool
		warnings   []string // each must occur in the warning at the same index
	}{
		{"clean", run(6), [3]int{6, 2, 3}, true, true, nil},
		{"out of order", shuffled, [3]int{6, 2, 3}, true, true, nil},
		{"upside down", down, [3]int{6, 2, 3}, true, true, nil},
		{
			"one missing", run(64, 40),
			[3]int{64, 2, 3},
			true, true,
			[]string{"Slice 41 of 64 is missing from CHEST 5.0; measurements would be wrong " +
				"between 395 and 405 mm."},
		},
		{
			"two missing", run(12, 5, 6),
			[3]int{12, 2, 3},
			true, true,
			[]string{"Slices 6 to 7 of 12 are missing"},
		},
		{"uneven", uneven, [3]int{6, 2, 3}, false, true, []string{"unevenly spaced, 3.1 to 6.9 " +
			"mm apart (5 mm from slice 1 to 3, 6.9 mm from slice 3 to 4, 3.1 mm from slice 4 to " +
			"5 and so on)", "offered on a straight grid"}},
		{"duplicate place", double, [3]int{6, 2, 3}, true, true, []string{"1 duplicate slice"}},
		{"tilt", tilt, [3]int{6, 2, 3}, true, true, []string{"gantry tilt of 18.5 degrees"}},
		{
			"sideways", drift,
			[3]int{6, 2, 3},
			false, true,
			[]string{"shifted sideways by up to 5.0 mm"},
		},
		{
			"no rescale", change(run(3), file{tagSlope: nil, tagIntercept: nil}),
			[3]int{3, 2, 3},
			true, false,
			[]string{"do not say how grey values become HU"},
		},
		{
			"another unit than HU", change(run(3), file{tagRescaleType: "US"}),
			[3]int{3, 2, 3},
			true, false,
			[]string{`call their values "US", not HU`},
		},
		{
			"no pixel spacing", change(run(3), file{tagSpacing: nil}),
			[3]int{3, 2, 3},
			false, true,
			[]string{"how large a pixel is"},
		},
		{
			"no position", change(run(3), file{tagPosition: nil}),
			[3]int{3, 2, 3},
			false, true,
			[]string{"do not say where their slices lie"},
		},
		{
			"no orientation", change(run(3), file{tagOrientation: nil}),
			[3]int{3, 2, 3},
			true,
			true,
			[]string{"left and right are assumed"},
		},
		{"hardly any tags", change(run(3), file{
			tagModality: nil, tagInstance: nil, tagSeriesUID: nil, tagStudyUID: nil,
			tagSOPClass:    nil,
			tagSOPInstance: nil, tagPatientID: nil, tagPatientName: nil, tagStudyDate: nil,
			tagImageType: nil, tagThickness: nil,
		}), [3]int{3, 2, 3}, true, true, nil},
		{"one slice", run(1), [3]int{1, 2, 3}, true, true, nil},
		{
			"one slice, no thickness", change(run(1), file{tagThickness: nil}),
			[3]int{1, 2, 3},
			true, true,
			[]string{"unknown thickness"},
		},
		{
			"sagittal", change(run(1), file{tagOrientation: `0\1\0\0\0\-1`}),
			[3]int{1, 2, 3},
			true,
			true,
			[]string{"not axial"},
		},
		{
			"inverted display", change(run(2), file{tagPhotometric: "MONOCHROME1"}),
			[3]int{2, 2, 3},
			true, true,
			[]string{"MONOCHROME1"},
		},
	} {
		s := one(t, dir(t, c.files...))
		if s.Geometry.Size != c.size || s.Measurable != c.measurable ||
			s.Calibrated != c.calibrated {
			t.Errorf("%s: size %v, measurable %v, calibrated %v", c.name, s.Geometry.Size,
				s.Measurable, s.Calibrated)
		}
		if len(s.Warnings) != len(c.warnings) {
			t.Errorf("%s: warnings %q, want %q", c.name, s.Warnings, c.warnings)
			continue
		}
		for i, w := range c.warnings {
			if !strings.Contains(s.Warnings[i], w) || strings.Contains(s.Warnings[i], "\n") {
				t.Errorf("%s: warning %q, want %q", c.name, s.Warnings[i], w)
			}
		}
		if s.ID == "" {
			t.Errorf("%s: no ID", c.name)
		}
	}
}

func TestSlicesLieWhereTheyWere(t *testing.T) {
	s := one(t, dir(t, run(8, 3)...))
	want := volume.Affine{{0.7, 0, 0, -10}, {0, 0.5, 0, -20}, {0, 0, 5, 200}}
	if !near(s.Geometry, volume.Geometry{Size: [3]int{8, 2, 3}, Affine: want}, 1e-9) {
		t.Errorf("geometry %v, want %v", s.Geometry.Affine, want)
	}
	v, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	present := []int16{-1024, -1000, 0, 976, 3071, -1023}
	for z := range 8 {
		want := present
		if z == 3 {
			want = []int16{-1024, -1024, -1024, -1024, -1024, -1024}
		}
		if !slices.Equal(v.Slice(z), want) {
			t.Errorf("slice %d = %v, want %v", z, v.Slice(z), want)
		}
	}
	if len(s.Files) != 7 || s.PatientID != "P1" || s.PatientName != "Doe^Jane" ||
		s.Date != "2026-01-31" || s.StudyUID != "1.2.3" || s.ID != "1.2.3.4" {
		t.Errorf("series = %+v", s)
	}
}

func TestAxialSlicesGrowToTheHead(t *testing.T) {
	s := one(t, dir(t, change(run(4), file{tagOrientation: `1\0\0\0\-1\0`})...))
	if z := s.Geometry.ToMM(3, 0, 0)[2] - s.Geometry.ToMM(0, 0, 0)[2]; z != 15 {
		t.Errorf("the stack grows by %g mm towards the head, want 15", z)
	}
}

func TestOneSeriesIsSplitIntoVolumes(t *testing.T) {
	var phases []file
	for _, f := range run(5) {
		phases = append(phases, f, f.with(file{
			tagSOPInstance: f[tagSOPInstance].(string) + ".1", tagAcquisition: "2",
		}))
	}
	wide := slice(300).with(file{tagColumns: uint16(2), tagPixelData: words(1, 2, 3, 4)})
	turned := slice(400).with(file{tagOrientation: `0\1\0\0\0\-1`})
	for _, c := range []struct {
		name  string
		files []file
		sizes []int
	}{
		{"phases", phases, []int{5, 5}},
		{"mixed sizes", append(run(4), wide), []int{4, 1}},
		{"mixed orientations", append(run(4), turned), []int{4, 1}},
	} {
		r := scanDir(t, dir(t, c.files...))
		var sizes []int
		ids := map[string]bool{}
		for _, s := range r.Series {
			sizes = append(sizes, s.Geometry.Size[0])
			ids[s.ID] = true
			if !strings.Contains(strings.Join(s.Warnings, " "), "was split into 2") {
				t.Errorf("%s: warnings %q do not say that it was split", c.name, s.Warnings)
			}
		}
		slices.Sort(sizes)
		slices.Reverse(sizes)
		if !slices.Equal(sizes, c.sizes) || len(ids) != len(c.sizes) {
			t.Errorf("%s: %v slices with IDs %v, want %v", c.name, sizes, ids, c.sizes)
		}
	}
}

func TestSetApart(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes file
		want    string
	}{
		{"localizer", file{tagImageType: `ORIGINAL\PRIMARY\LOCALIZER`}, "localizer"},
		{"secondary capture", file{tagSOPClass: uidSecondary}, "secondary capture"},
		{"report", file{tagModality: "SR", tagPixelData: nil}, "modality is SR"},
		{"magnetic resonance", file{tagModality: "MR"}, "modality is MR"},
		{"no pixels", file{tagPixelData: nil}, "no image"},
		{"cut short", file{tagPixelData: words(1, 2, 3)}, "cut short: 3 × 2 pixels need 12 " +
			"bytes, 6 are there"},
		{"frames", file{tagFrames: "4"}, "cut short: 4 frames of 3 × 2 pixels need 48 bytes, 12 " +
			"are there"},
		{"no frames", file{tagFrames: "0", tagSOPClass: uidEnhancedCT}, "claims 0 frames"},
		{"more frames than memory", file{tagFrames: "99999999"}, "claims 99999999 frames"},
		{"colour", file{tagSamples: uint16(3)}, "colour"},
		{"12 bits packed", file{tagBitsAllocated: uint16(12)}, "12 bits"},
		{"contradiction", file{tagHighBit: uint16(5)}, "contradict"},
		{"no bits stored", file{tagBitsStored: uint16(0)}, "contradict"},
		{"more bits stored than allocated", file{tagBitsStored: uint16(17)}, "contradict"},
	} {
		r := scanDir(t, dir(t, slice(1).with(c.changes)))
		if len(r.Series) != 0 || len(r.Skipped) != 1 ||
			!strings.HasPrefix(r.Skipped[0], "01.dcm: ") ||
			!strings.Contains(r.Skipped[0], c.want) {
			t.Errorf("%s: %d series, skipped %q; want %q", c.name, len(r.Series), r.Skipped, c.want)
		}
	}
}

func TestOneSentenceForManyFiles(t *testing.T) {
	r := scanDir(t, dir(t, change(run(30), file{tagModality: "PT"})...))
	want := []string{"01.dcm and 29 more: its modality is PT; Glasswork reads CT."}
	if !slices.Equal(r.Skipped, want) {
		t.Errorf("skipped %q, want %q", r.Skipped, want)
	}
}

func TestCopiesOfASliceAreDropped(t *testing.T) {
	r := scanDir(t, dir(t, append(run(3), run(3)...)...))
	if len(r.Series) != 1 || r.Series[0].Geometry.Size[0] != 3 || len(r.Skipped) != 1 {
		t.Errorf("%d series, skipped %q", len(r.Series), r.Skipped)
	}
}

func TestForeignFilesAreHandedOn(t *testing.T) {
	folder := dir(t, run(2)...)
	save(t, filepath.Join(folder, "notes.txt"), []byte("nothing of interest, but long enough to "+
		"be looked at"))
	save(t, filepath.Join(folder, "empty"), nil)
	r := scanDir(t, folder)
	if want := []string{"empty: it is empty."}; len(r.Series) != 1 ||
		!slices.Equal(r.Skipped, want) || len(r.Foreign) != 1 {
		t.Errorf("%d series, skipped %q, foreign %q", len(r.Series), r.Skipped, r.Foreign)
	}
}

func TestEverySyntax(t *testing.T) {
	want := []int16{-1024, -1000, 0, 976, 3071, -1023}
	f := slice(1)
	le, _ := walk.FindSyntax(walk.ExplicitLE)
	be, _ := walk.FindSyntax(walk.ExplicitBE)
	implicit, _ := walk.FindSyntax(walk.ImplicitLE)
	cases := map[string][]byte{
		"explicit without preamble":   f.dataset(le),
		"implicit without preamble":   f.dataset(implicit),
		"big endian without preamble": f.dataset(be),
		"meta without preamble":       f.encode(walk.ExplicitLE)[132:],
	}
	for _, s := range walk.Syntaxes() {
		cases[s.Name] = f.encode(s.UID)
	}
	for name, b := range cases {
		path := filepath.Join(t.TempDir(), "a.dcm")
		save(t, path, b)
		r, err := Scan(t.Context(), path, []string{path})
		if err != nil {
			t.Fatal(err)
		}
		if s := slices.IndexFunc(walk.Syntaxes(), func(s walk.Syntax) bool {
			return s.Name == name
		}); s >= 0 && walk.Syntaxes()[s].Compressed {
			if uid := walk.Syntaxes()[s].UID; len(r.Skipped) != 1 ||
				!strings.Contains(r.Skipped[0], name+" ("+uid+")") {
				t.Errorf("%s: skipped %q does not name the syntax and %s", name, r.Skipped, uid)
			}
			continue
		}
		if len(r.Series) != 1 {
			t.Errorf("%s: not opened: %q", name, r.Skipped)
			continue
		}
		v, err := r.Series[0].Read(t.Context())
		if err != nil || !slices.Equal(v.HU, want) {
			t.Errorf("%s: %v, %v; want %v", name, v, err, want)
		}
	}
}

func TestUnknownSyntaxesAreRefused(t *testing.T) {
	for uid, want := range map[string]string{
		"1.2.3.4": `"1.2.3.4" is unknown`, "": "does not name its transfer syntax",
	} {
		path := filepath.Join(t.TempDir(), "a.dcm")
		b := slice(1).encode(uid)
		if uid == "" { // elements that do not show one either
			copy(b[len(file{}.encode(uid)):], "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")
		}
		save(t, path, b)
		r, err := Scan(t.Context(), path, []string{path})
		if err != nil || len(r.Series) != 0 || len(r.Skipped) != 1 ||
			!strings.Contains(r.Skipped[0], want) {
			t.Errorf("%q: skipped %q, %v", uid, r.Skipped, err)
		}
	}
}

func TestUnknownRepresentationIsRead(t *testing.T) {
	b := slice(1).encode(walk.ExplicitLE)
	at := strings.Index(string(b), "\x28\x00\x52\x10DS") // rescale intercept as UN
	changed := append([]byte{}, b[:at+4]...)
	changed = append(changed, 'U', 'N', 0, 0, 6, 0, 0, 0)
	changed = append(changed, b[at+8:]...)
	folder := t.TempDir()
	save(t, filepath.Join(folder, "a.dcm"), changed)
	s := one(t, folder)
	v, err := s.Read(t.Context())
	if err != nil || v.HU[0] != -1024 || !s.Calibrated {
		t.Errorf("HU %v, calibrated %v, %v", v, s.Calibrated, err)
	}
}

func TestAFileThatChangesWhileOpen(t *testing.T) {
	folder := dir(t, run(5)...)
	s := one(t, folder)
	other := slice(400).encode(walk.ExplicitLE)
	for i, change := range []func(path string) error{
		func(string) error { return nil },
		func(path string) error { return os.Truncate(path, 300) },
		os.Remove,
		func(path string) error { return os.WriteFile(path, append(other, other...), 0o600) },
		func(path string) error {
			time.Sleep(20 * time.Millisecond) // file systems can have coarse clocks
			return os.WriteFile(path, other, 0o600)
		},
	} {
		if err := change(s.Files[i]); err != nil {
			t.Fatal(err)
		}
	}
	hu := make([]int16, 6)
	for z, want := range []string{
		"", "02.dcm: it has become shorter since it was opened", "03.dcm: it could not be opened",
		"04.dcm: it has changed since it was opened", "05.dcm: it has changed since it was opened",
	} {
		err := s.ReadSlice(t.Context(), z, hu)
		if (want == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("slice %d: %v, want %q", z, err, want)
		}
	}
	if _, err := s.Read(t.Context()); err == nil {
		t.Error("the whole series was read although files of it are gone")
	}
}

func TestAReadOnlyFolder(t *testing.T) {
	folder := dir(t, run(3)...)
	before, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range before {
		if err := os.Chmod(filepath.Join(folder, e.Name()), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o700) // so that it can be removed
	if _, err := one(t, folder).Read(t.Context()); err != nil {
		t.Error(err)
	}
	// a user who may write anywhere would have written
	if after, err := os.ReadDir(folder); err != nil || len(after) != len(before) {
		t.Errorf("%d files, there were %d; %v", len(after), len(before), err)
	}
}

func TestSeriesOfOneDescriptionAreToldApart(t *testing.T) {
	const kernel, number = tagKernel, tagSeriesNumber
	sharp := change(run(2), file{kernel: "L", number: "2"})
	soft := change(run(2), file{kernel: "B", number: "3", tagSeriesUID: "1.2.3.5"})
	for i := range soft {
		soft[i][tagSOPInstance] = "7." + soft[i][tagSOPInstance].(string)
	}
	r := scanDir(t, dir(t, append(sharp, soft...)...))
	var names []string
	for _, s := range r.Series {
		names = append(names, s.Description)
	}
	if want := []string{
		"CHEST 5.0, kernel B, series 3", "CHEST 5.0, kernel L, series 2",
	}; !slices.Equal(names, want) {
		t.Errorf("descriptions %q, want %q", names, want)
	}
}
