package nrrd

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// counting returns 2 × 3 × 4 int16 that count from 0, little endian.
func counting() (b []byte) {
	for i := range 24 {
		b = binary.LittleEndian.AppendUint16(b, uint16(i))
	}
	return b
}

// counted is counting in bzip2, which Go's library cannot write.
const counted = "425a683931415926535941616f55000000e0007fffff80200022350000032141a3468320344512d8" +
	"d73e1194e95b5f19d6f9df1a1800be2ee48a70a12082c2deaa"

// head returns a header for counting in LPS with a spacing of 1, 2 and 3 mm. lines replace fields
// or add to them.
func head(lines ...string) string {
	fields := []string{
		"type: short", "dimension: 3", "space: left-posterior-superior", "sizes: 2 3 4",
		"space directions: (1,0,0) (0,2,0) (0,0,3)", "kinds: domain domain domain",
		"endian: little", "encoding: raw", "space origin: (-10,-20,-30)",
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		i := slices.IndexFunc(fields, func(f string) bool { return strings.HasPrefix(f, name+":") })
		switch {
		case i < 0:
			fields = append(fields, line)
		case strings.TrimSpace(value) == "":
			fields = slices.Delete(fields, i, i+1)
		default:
			fields[i] = line
		}
	}
	return "NRRD0004\n# made by hand\n" + strings.Join(fields, "\n") + "\n"
}

func read(t *testing.T, path string) (*series.Series, *volume.Volume) {
	t.Helper()
	return fixture.Read(t, Open, path)
}

func checkCounting(t *testing.T, name string, v *volume.Volume) {
	t.Helper()
	want := volume.NewGeometry([3]int{4, 3, 2}, [3]float64{3, 2, 1}, volume.Point{-10, -20, -30})
	if !v.SameGrid(want) {
		t.Errorf("%s: grid %+v", name, v.Geometry)
	}
	for i, hu := range v.HU {
		if int(hu) != i {
			t.Errorf("%s: voxel %d is %d", name, i, hu)
			return
		}
	}
}

func TestEveryEncoding(t *testing.T) {
	packed, err := hex.DecodeString(counted)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Trim(fmt.Sprint(slices.Collect(func(yield func(int) bool) {
		for i := range 24 {
			yield(i)
		}
	})), "[]")
	for name, data := range map[string][]byte{
		"raw": counting(), "gzip": fixture.Gzip(counting()), "gz": fixture.Gzip(counting()),
		"bzip2": packed,
		"bz2":   packed,
		"ascii": []byte(text), "txt": []byte(strings.ReplaceAll(text, " ", ",\n")),
		"hex": []byte(strings.ToUpper(hex.EncodeToString(counting()[:9])) + "\n" +
			hex.EncodeToString(counting()[9:]) + "\n"),
	} {
		dir := fixture.Files(t, map[string][]byte{
			"attached.nrrd": append([]byte(head("encoding: "+name)+"\n"), data...),
			"dos.nrrd": append([]byte(strings.ReplaceAll(head("encoding: "+name)+"\n", "\n",
				"\r\n")), data...),
			"detached.nhdr": []byte(head("encoding: "+name, "data file: voxels.bin")),
			"skipping.nhdr": []byte(head("encoding: "+name, "data file: lines.bin",
				"line skip: 2")),
			"voxels.bin": data,
			"lines.bin":  append([]byte("one line\nanother\n"), data...),
		})
		for _, file := range []string{
			"attached.nrrd", "dos.nrrd", "detached.nhdr",
			"skipping.nhdr",
		} {
			_, v := read(t, filepath.Join(dir, file))
			checkCounting(t, name+" "+file, v)
		}
	}
}

func TestBytesAreSkipped(t *testing.T) {
	data := append([]byte("header of another program"), counting()...)
	dir := fixture.Files(t, map[string][]byte{
		"raw.nhdr":   []byte(head("data file: voxels.raw", "byte skip: 25")),
		"end.nhdr":   []byte(head("data file: voxels.raw", "byte skip: -1")),
		"gz.nhdr":    []byte(head("encoding: gzip", "datafile: voxels.gz", "byte skip: 25")),
		"voxels.raw": data, "voxels.gz": fixture.Gzip(data),
	})
	for _, file := range []string{"raw.nhdr", "end.nhdr", "gz.nhdr"} {
		_, v := read(t, filepath.Join(dir, file))
		checkCounting(t, file, v)
	}
}

func TestVolumesInSeveralFiles(t *testing.T) {
	files := map[string][]byte{
		"list.nhdr":   []byte(head("data file: LIST") + "s1.raw\ns2.raw\ns3.raw\ns4.raw\n"),
		"count.nhdr":  []byte(head("data file: s%d.raw 1 4 1")),
		"padded.nhdr": []byte(head("data file: p%03d.raw 8 2 -2")),
		"packed.nhdr": []byte(head("encoding: gzip", "data file: LIST") + "a.gz\nb.gz\n"),
		"a.gz":        fixture.Gzip(counting()[:24]), "b.gz": fixture.Gzip(counting()[24:]),
	}
	for z := range 4 {
		files[fmt.Sprintf("s%d.raw", z+1)] = counting()[12*z : 12*z+12]
		files[fmt.Sprintf("p%03d.raw", 8-2*z)] = counting()[12*z : 12*z+12]
	}
	dir := fixture.Files(t, files)
	for _, file := range []string{"list.nhdr", "count.nhdr", "padded.nhdr", "packed.nhdr"} {
		_, v := read(t, filepath.Join(dir, file))
		checkCounting(t, file, v)
	}
	if got := DataFiles(filepath.Join(dir, "list.nhdr")); len(got) != 4 {
		t.Errorf("data files %q", got)
	}
}

func TestEveryTypeAndByteOrder(t *testing.T) {
	types := map[string]any{
		"signed char": int8(-7), "int8": int8(-7), "uint8": uint8(200), "short int": int16(-700),
		"uint16_t": uint16(700),
		"int":      int32(-700), "unsigned int": uint32(700), "long long": int64(-700),
		"uint64": uint64(700), "float": float32(-700.4), "double": -699.6,
	}
	for name, value := range types {
		for endian, order := range map[string]binary.ByteOrder{
			"little": binary.LittleEndian,
			"big":    binary.BigEndian,
		} {
			var b bytes.Buffer
			b.WriteString(head("type: "+name, "endian: "+endian, "sizes: 1 1 1") + "\n")
			if err := binary.Write(&b, order, value); err != nil {
				t.Fatal(err)
			}
			dir := fixture.Files(t, map[string][]byte{"a.nrrd": b.Bytes()})
			s, v := read(t, filepath.Join(dir, "a.nrrd"))
			want := map[bool]int16{
				true:  -700,
				false: 700,
			}[!strings.HasPrefix(strings.TrimPrefix(name, "unsigned "), "u") &&
				!strings.HasPrefix(name, "u")]
			switch name {
			case "signed char", "int8":
				want = -7
			case "uint8": // grey value 200 in the assumed window
				slope, intercept := series.AssumedScale()
				want = int16(math.Round(200*slope + intercept))
			}
			if v.HU[0] != want || s.Calibrated == (name == "uint8") {
				t.Errorf("%s, %s: %d HU, want %d; calibrated %v", name, endian, v.HU[0], want,
					s.Calibrated)
			}
		}
	}
}

// The axes of a space are converted to LPS, and the grid to an axial one.
func TestSpaces(t *testing.T) {
	for _, c := range []struct {
		name     string
		lines    []string
		origin   volume.Point
		first    int16 // the voxel at the grid's origin
		oriented bool
	}{
		{"LPS", []string{"space: LPS"}, volume.Point{-10, -20, -30}, 0, true},
		{
			"RAS", []string{"space: right-anterior-superior"}, volume.Point{
				10 - 1, 20 - 4,
				-30,
			}, 5, true,
		},
		{"LAS", []string{"space: LAS"}, volume.Point{-10, 20 - 4, -30}, 4, true},
		{
			"feet first",
			[]string{"space directions: (1,0,0) (0,2,0) (0,0,-3)"},
			volume.Point{-10, -20, -39},
			18, true,
		},
		{"scanner", []string{"space: scanner-xyz"}, volume.Point{-10, -20, -30}, 0, false},
		{
			"a number",
			[]string{"space:", "space dimension: 3"},
			volume.Point{-10, -20, -30},
			0, false,
		},
		{
			"spacings only", []string{
				"space:", "space directions:", "space origin:",
				"spacings: 1 2 3",
			}, volume.Point{}, 0, false,
		},
	} {
		dir := fixture.Files(t, map[string][]byte{"a.nrrd": append([]byte(head(c.lines...)+"\n"),
			counting()...)})
		s, v := read(t, filepath.Join(dir, "a.nrrd"))
		if want := volume.NewGeometry([3]int{4, 3, 2}, [3]float64{3, 2, 1},
			c.origin); !v.SameGrid(want) {
			t.Errorf("%s: grid %+v", c.name, v.Geometry)
		}
		if v.HU[0] != c.first || (len(s.Warnings) == 0) != c.oriented {
			t.Errorf("%s: first voxel %d, want %d; warnings %q", c.name, v.HU[0], c.first,
				s.Warnings)
		}
	}
	// Sagittal slices: the axes of the file run to posterior, to the head and to the left.
	lines := []string{"space directions: (0,1,0) (0,0,2) (3,0,0)"}
	dir := fixture.Files(t, map[string][]byte{"a.nrrd": append([]byte(head(lines...)+"\n"),
		counting()...)})
	_, v := read(t, filepath.Join(dir, "a.nrrd"))
	if v.Size != [3]int{3, 2, 4} || v.Spacing() != [3]float64{2, 1, 3} {
		t.Fatalf("sagittal: %v, %v", v.Size, v.Spacing())
	}
	for i, hu := range v.HU {
		if z, y, x := i/8, i/4%2, i%4; int(hu) != y+2*z+6*x {
			t.Errorf("sagittal: voxel %d,%d,%d is %d", z, y, x, hu)
		}
	}
}

// Two overlapping layers, with the list axis first as Slicer writes it. One segment's layer is
// missing, and one value has no name.
func TestSlicerSegmentation(t *testing.T) {
	tags := "TerminologyEntry:Segmentation category and type - 3D Slicer General Anatomy " +
		"list~SCT^49755003^Morphologically Altered Structure~DCM^112120^Ground glass " +
		"opacity~^^~Anatomic codes - DICOM master list~^^~^^|Other:x"
	data := []byte{
		1, 2, 0, 2, // voxel by voxel: layer 0, layer 1
		1, 0, 7, 0,
	}
	text := head("type: unsigned char", "dimension: 4", "sizes: 2 2 2 1",
		"space directions: none (1,0,0) (0,1,0) (0,0,1)", "kinds: list domain domain domain") +
		"Segment0_ID:=Segment_1\nSegment0_Name:=GGO\nSegment0_LabelValue:=1\n" +
		"Segment0_Layer:=0\nSegment0_Tags:=" + tags + "\n" +
		"Segment1_ID:=Segment_2\nSegment1_Name:=Left " +
		"lung\nSegment1_LabelValue:=2\nSegment1_Layer:=1\nSegment1_Extent:=0 1 0 0 0 0\n" +
		"Segment2_ID:=Segment_3\nSegment2_Name:=gone\nSegment2_LabelValue:=1\nSegment2_Layer:=5\n\n"
	dir := fixture.Files(t, map[string][]byte{"a.seg.nrrd": append([]byte(text), data...)})
	s, err := OpenSegmentation(t.Context(), filepath.Join(dir, "a.seg.nrrd"))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Segments) != 3 || s.Segments[0].Label != "GGO" ||
		s.Segments[0].Type.Value != "112120" || s.Segments[0].Category.Value != "49755003" ||
		s.Segments[1].Label != "Left lung" || s.Segments[1].Voxels != 2 ||
		s.Segments[2].Number != 7 {
		t.Fatalf("segments %+v", s.Segments)
	}
	grid := volume.NewGeometry([3]int{1, 2, 2}, [3]float64{1, 1, 1}, volume.Point{-10, -20, -30})
	for i, want := range []string{"\x01\x00\x01\x00", "\x01\x01\x00\x00", "\x00\x00\x00\x01"} {
		mask := make([]uint8, 4)
		if warnings, err := s.Rasterise(t.Context(), i, grid, mask); err != nil ||
			len(warnings) > 0 || string(mask) != want {
			t.Errorf("segment %d: %v, %q, %v", i, mask, warnings, err)
		}
	}
	if _, err := Open(s.Path); err == nil || !strings.Contains(err.Error(), "holds annotation") {
		t.Errorf("as a CT: %v", err)
	}
}

func TestWrittenFilesReadBack(t *testing.T) {
	g := volume.NewGeometry([3]int{3, 4, 5}, [3]float64{2.5, 0.7, 0.8},
		volume.Point{-100.123456789, 50, 20})
	g.Affine[1][0], g.Affine[0][1], g.Affine[2][1] = 0.1, -0.1, 0.3 // oblique, and tilted
	v, l := volume.New(g), volume.NewLabelMap(g)
	for i := range v.HU {
		v.HU[i], l.Labels[i] = int16(i*7-1024), uint8(i%4)
	}
	dir := t.TempDir()
	ct, seg := filepath.Join(dir, "ct.nrrd"), filepath.Join(dir, "labels.seg.nrrd")
	kind := classes.Code{Scheme: "DCM", Value: "112120", Meaning: "Ground glass opacity"}
	segments := []Segment{
		{Value: 1, Name: "ground glass", Type: kind},
		{Value: 2, Name: "consolidation"},
		{Value: 3, Name: "lungs other"},
		{Value: 9, Name: "none"},
	}
	if err := WriteCT(ct, v); err != nil {
		t.Fatal(err)
	}
	if err := WriteLabels(seg, l, segments); err != nil {
		t.Fatal(err)
	}
	if _, got := read(t, ct); got.Affine != g.Affine || !slices.Equal(got.HU, v.HU) {
		t.Errorf("CT: grid %v, or voxels differ", got.Geometry)
	}
	s, err := OpenSegmentation(t.Context(), seg)
	if err != nil || len(s.Segments) != 3 || len(s.Warnings) > 0 || s.Segments[0].Type != kind {
		t.Fatalf("%+v, %v", s, err)
	}
	for i, segment := range s.Segments {
		mask := make([]uint8, g.Voxels())
		if warnings, err := s.Rasterise(t.Context(), i, g, mask); err != nil || len(warnings) > 0 {
			t.Errorf("%q, %v", warnings, err)
		}
		for at, m := range mask {
			if (m == 1) != (int(l.Labels[at]) == segment.Number) {
				t.Fatalf("segment %d differs at %d", i, at)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":         {nil, "does not begin with an NRRD header"},
		"no NRRD":       {[]byte("NRRD0000\n\n"), "does not begin with an NRRD header"},
		"no type":       {[]byte(head("type:")), `lacks the field "type"`},
		"block":         {[]byte(head("type: block")), "cannot be read"},
		"six axes":      {[]byte(head("dimension: 6")), "dimension"},
		"lying sizes":   {[]byte(head("sizes: 32768 32768 32768")), "more than can be opened"},
		"negative size": {[]byte(head("sizes: 2 -3 4")), "claims"},
		"too few sizes": {[]byte(head("sizes: 2 3")), "sizes"},
		"cut short":     {append([]byte(head()+"\n"), counting()[:47]...), "cut short"},
		"bomb": {
			append([]byte(head("encoding: gzip", "sizes: 512 512 300")+"\n"),
				fixture.Gzip(counting())...), "cut short",
		},
		"unknown encoding": {[]byte(head("encoding: zstd")), "encoding"},
		"outside":          {[]byte(head("data file: ../../../etc/passwd")), "outside its folder"},
		"absolute":         {[]byte(head("data file: /etc/passwd")), "outside its folder"},
		"missing":          {[]byte(head("data file: nothing.raw")), "not beside it"},
		"wild printf":      {[]byte(head("data file: %s%n.raw 1 4 1")), "cannot be read"},
		"endless printf":   {[]byte(head("data file: %d.raw 1 1000000000 1")), "cannot be read"},
		"flat": {
			append([]byte(head("space directions: (1,0,0) (1,0,0) (0,0,3)")+"\n"), counting()...),
			"do not span",
		},
		"damaged origin": {
			append([]byte(head("space origin: (NaN,0,0)")+"\n"), counting()...), "origin",
		},
		"colours": {
			append([]byte(head("kinds: RGB-color domain domain",
				"space directions: none (1,0,0) (0,1,0)", "sizes: 3 2 4")+"\n"),
				counting()...), "kind",
		},
	} {
		dir := fixture.Files(t, map[string][]byte{"a.nrrd": c.file})
		s, err := Open(filepath.Join(dir, "a.nrrd"))
		if err == nil {
			_, err = s.Read(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), "a.nrrd") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestDamagedTextIsRefusedWhenRead(t *testing.T) {
	for encoding, text := range map[string]string{
		"ascii": strings.Repeat("1 x ", 24),
		"hex":   strings.Repeat("0g ", 48), "gzip": strings.Repeat("\x1f\x8b", 30),
	} {
		dir := fixture.Files(t, map[string][]byte{"a.nrrd": []byte(head("encoding: "+encoding) +
			"\n" + text)})
		s, err := Open(filepath.Join(dir, "a.nrrd"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(t.Context()); err == nil ||
			!strings.Contains(err.Error(), "a.nrrd: its") {
			t.Errorf("%s: %v", encoding, err)
		}
		_ = s.Close()
	}
}

func FuzzOpen(f *testing.F) {
	packed, _ := hex.DecodeString(counted)
	for _, b := range [][]byte{
		append([]byte(head()+"\n"), counting()...), append([]byte(head("encoding: gzip")+"\n"),
			fixture.Gzip(counting())...),
		append([]byte(head("encoding: bzip2")+"\n"), packed...),
		[]byte(head("encoding: ascii", "type: double") + "\n1 2e400 nan"),
		[]byte(head("encoding: hex") + "\n00 01"), []byte(head("data file: LIST") + "a\nb\n"),
		[]byte(head("data file: %03d.raw 1 4 1")),
		[]byte(head("dimension: 4", "sizes: 2 3 2 2",
			"space directions: none (1,0,0) (0,1,0) (0,0,1)") +
			"Segment0_ID:=x\nSegment0_Layer:=-1\n\n"),
		[]byte(head("line skip: 3", "byte skip: -1", "space: RAS", "spacings: nan 1e30 -1")), nil,
		[]byte("NRRD0005\n"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "a.nrrd")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		sentence := func(err error) {
			if err != nil && (strings.ContainsAny(err.Error(), "\n\r") ||
				!strings.Contains(err.Error(), "a.nrrd")) {
				t.Errorf("no sentence: %q", err)
			}
		}
		s, err := Open(path)
		sentence(err)
		if err == nil {
			if s.Geometry.Voxels() <= 1<<20 {
				_, err = s.Read(t.Context())
				sentence(err)
			}
			_ = s.Close()
		}
		if len(b) < 1<<12 {
			_, err = OpenSegmentation(t.Context(), path)
			sentence(err)
		}
	})
}
