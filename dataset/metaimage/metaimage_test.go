package metaimage

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// counting returns 2 × 3 × 4 int16 that count from 0.
func counting(o binary.ByteOrder) []byte {
	b := make([]byte, 48)
	for i := range 24 {
		o.PutUint16(b[2*i:], uint16(i))
	}
	return b
}

// head returns a header for counting in LPS with a spacing of 1, 2 and 3 mm. lines replace fields
// or add to them. A line with an empty value removes its field.
func head(lines ...string) []byte {
	fields := []string{
		"ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False",
		"CompressedData = False",
		"TransformMatrix = 1 0 0 0 1 0 0 0 1", "Offset = -10 -20 -30", "CenterOfRotation = 0 0 0",
		"AnatomicalOrientation = RAI",
		"ElementSpacing = 1 2 3", "DimSize = 2 3 4", "ElementType = MET_SHORT",
		"ElementDataFile = LOCAL",
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " = ")
		i := slices.IndexFunc(fields, func(f string) bool {
			return strings.HasPrefix(f,
				name+" = ")
		})
		switch {
		case i < 0:
			fields = slices.Insert(fields, len(fields)-1, line)
		case value == "":
			fields = slices.Delete(fields, i, i+1)
		default:
			fields[i] = line
		}
	}
	return []byte(strings.Join(fields, "\n") + "\n")
}

func packed(to func(io.Writer) io.WriteCloser, b []byte) []byte {
	var out bytes.Buffer
	w := to(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zlibbed(b []byte) []byte {
	return packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, b)
}

func gzipped(b []byte) []byte {
	return packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, b)
}

func read(t *testing.T, path string) (*series.Series, *volume.Volume) {
	t.Helper()
	return fixture.Read(t, Open, path)
}

func TestEveryWayToKeepVoxels(t *testing.T) {
	le, be := counting(binary.LittleEndian), counting(binary.BigEndian)
	text := strings.Trim(fmt.Sprint(slices.Collect(func(yield func(int) bool) {
		for i := range 24 {
			yield(i)
		}
	})), "[]")
	files := map[string][]byte{
		"local.mha": append(head(), le...),
		"big.mha":   append(head("ElementByteOrderMSB = True"), be...),
		"zlib.mha": append(head("CompressedData = True", "CompressedDataSize = 99"),
			zlibbed(le)...), "gzip.mha": append(head("CompressedData = True"), gzipped(le)...),
		"text.mha": append(head("BinaryData = False"), text...),
		"dos.mha":  append(bytes.ReplaceAll(head(), []byte("\n"), []byte("\r\n")), le...),
		"raw.mhd":  head("ElementDataFile = voxels.raw"), "voxels.raw": le,
		"after.mhd": head("ElementDataFile = more.raw", "HeaderSize = 9"),
		"end.mhd":   head("ElementDataFile = more.raw", "HeaderSize = -1"),
		"more.raw":  append([]byte("a header:"), le...),
		"list.mhd":  append(head("ElementDataFile = LIST"), "s1.raw\ns2.raw\ns3.raw\ns4.raw\n"...),
		"list2d.mhd": append(head("ElementDataFile = LIST 2D"),
			"s1.raw\ns2.raw\ns3.raw\ns4.raw"...),
		"count.mhd":   head("ElementDataFile = s%d.raw 1 4 1"),
		"packed.mhd":  head("ElementDataFile = voxels.zraw", "CompressedData = True"),
		"voxels.zraw": zlibbed(le),
	}
	for z := range 4 {
		files[fmt.Sprintf("s%d.raw", z+1)] = le[12*z : 12*z+12]
	}
	dir := fixture.Files(t, files)
	want := volume.NewGeometry([3]int{4, 3, 2}, [3]float64{3, 2, 1}, volume.Point{-10, -20, -30})
	for name := range files {
		if !IsName(name) {
			continue
		}
		s, v := read(t, filepath.Join(dir, name))
		if !v.SameGrid(want) || len(s.Warnings) > 0 {
			t.Errorf("%s: grid %+v, warnings %q", name, v.Geometry, s.Warnings)
		}
		for i, hu := range v.HU {
			if int(hu) != i {
				t.Errorf("%s: voxel %d is %d", name, i, hu)
				break
			}
		}
	}
	if got := DataFiles(filepath.Join(dir, "list.mhd")); len(got) != 4 {
		t.Errorf("data files %q", got)
	}
}

func TestEveryType(t *testing.T) {
	for name, value := range map[string]any{
		"MET_CHAR": int8(-7), "MET_UCHAR": uint8(200), "MET_SHORT": int16(-700),
		"MET_USHORT": uint16(700), "MET_INT": int32(-700), "MET_UINT": uint32(700),
		"MET_LONG": int32(-700), "MET_ULONG": uint32(700), "MET_LONG_LONG": int64(-700),
		"MET_ULONG_LONG": uint64(700), "MET_FLOAT": float32(-700.4), "MET_DOUBLE": -699.6,
	} {
		b := bytes.NewBuffer(head("ElementType = "+name, "DimSize = 1 1 1"))
		if err := binary.Write(b, binary.LittleEndian, value); err != nil {
			t.Fatal(err)
		}
		_, v := read(t, filepath.Join(fixture.Files(t, map[string][]byte{"a.mha": b.Bytes()}),
			"a.mha"))
		want := int16(-700)
		switch {
		case name == "MET_CHAR":
			want = -7
		case name == "MET_UCHAR": // a grey value in the assumed window
			slope, intercept := series.AssumedScale()
			want = int16(math.Round(200*slope + intercept))
		case strings.HasPrefix(name, "MET_U"):
			want = 700
		}
		if v.HU[0] != want {
			t.Errorf("%s: %d HU, want %d", name, v.HU[0], want)
		}
	}
}

func TestOrientations(t *testing.T) {
	for _, c := range []struct {
		name     string
		lines    []string
		size     [3]int
		spacing  [3]float64
		origin   volume.Point
		first    int16 // the voxel at the grid's origin
		oriented bool
	}{
		{
			"identity", nil, [3]int{4, 3, 2}, [3]float64{3, 2, 1}, volume.Point{
				-10, -20,
				-30,
			}, 0, true,
		},
		{
			"to the right and to the front",
			[]string{"TransformMatrix = -1 0 0 0 -1 0 0 0 1"},
			[3]int{4, 3, 2},
			[3]float64{3, 2, 1},
			volume.Point{-11, -24, -30},
			5, true,
		},
		{
			"sagittal",
			[]string{"TransformMatrix = 0 1 0 0 0 1 1 0 0"},
			[3]int{3, 2, 4},
			[3]float64{2, 1, 3},
			volume.Point{-10, -20, -30},
			0, true,
		},
		{
			"the matrix wins",
			[]string{"AnatomicalOrientation = LPS"},
			[3]int{4, 3, 2},
			[3]float64{3, 2, 1},
			volume.Point{-10, -20, -30},
			0, true,
		},
		{
			"by letters",
			[]string{"TransformMatrix = ", "AnatomicalOrientation = LPI"},
			[3]int{4, 3, 2},
			[3]float64{3, 2, 1},
			volume.Point{-11, -24, -30},
			5, true,
		},
		{
			"by other names",
			[]string{
				"TransformMatrix = ", "Rotation = 1 0 0 0 1 0 0 0 -1",
				"Offset = ", "Position = 0 0 0",
			},
			[3]int{4, 3, 2},
			[3]float64{3, 2, 1},
			volume.Point{0, 0, -9},
			18, true,
		},
		{
			"unknown",
			[]string{"TransformMatrix = ", "AnatomicalOrientation = ???"},
			[3]int{4, 3, 2},
			[3]float64{3, 2, 1},
			volume.Point{-10, -20, -30},
			0, false,
		},
		{
			"a picture",
			[]string{
				"NDims = 2", "DimSize = 4 6", "TransformMatrix = 1 0 0 1",
				"Offset = 0 0", "ElementSpacing = 2 3",
			},
			[3]int{1, 6, 4},
			[3]float64{1, 3, 2},
			volume.Point{},
			0, true,
		},
	} {
		s, v := read(t, filepath.Join(fixture.Files(t,
			map[string][]byte{"a.mha": append(head(c.lines...),
				counting(binary.LittleEndian)...)}), "a.mha"))
		if want := volume.NewGeometry(c.size, c.spacing, c.origin); !v.SameGrid(want) {
			t.Errorf("%s: grid %+v", c.name, v.Geometry)
		}
		if v.HU[0] != c.first || (len(s.Warnings) == 0) != c.oriented {
			t.Errorf("%s: first voxel %d, want %d; warnings %q", c.name, v.HU[0], c.first,
				s.Warnings)
		}
	}
}

func TestSegmentation(t *testing.T) {
	file := append(head("ElementType = MET_UCHAR", "DimSize = 2 2 1", "ElementSpacing = 1 1 1"),
		0, 3, 9, 3)
	s, err := OpenSegmentation(t.Context(),
		filepath.Join(fixture.Files(t, map[string][]byte{"left lung.mha": file}), "left lung.mha"))
	if err != nil || len(s.Segments) != 2 || s.Segments[0].Number != 3 ||
		s.Segments[0].Voxels != 2 || s.Segments[0].Label != "" {
		t.Fatalf("%+v, %v", s, err)
	}
	file[len(file)-2] = 3
	s, err = OpenSegmentation(t.Context(),
		filepath.Join(fixture.Files(t, map[string][]byte{"left lung.mha": file}), "left lung.mha"))
	if err != nil || len(s.Segments) != 1 || s.Segments[0].Label != "left lung" {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestRefusals(t *testing.T) {
	le := counting(binary.LittleEndian)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":       {nil, "not a MetaImage header"},
		"text":        {[]byte("hello\n"), "not a MetaImage header"},
		"no data":     {[]byte("NDims = 3\n"), "names no ElementDataFile"},
		"mesh":        {head("ObjectType = Mesh"), "not an image"},
		"type":        {head("ElementType = MET_STRING"), "cannot be read"},
		"colours":     {head("ElementNumberOfChannels = 3"), "channels"},
		"five axes":   {head("NDims = 5"), "dimensions"},
		"4-D":         {head("NDims = 4", "DimSize = 2 3 2 2"), "4-D"},
		"no sizes":    {head("DimSize = "), "DimSize"},
		"lying sizes": {head("DimSize = 30000 30000 30000"), "more than can be opened"},
		"fraction":    {head("DimSize = 2 3.5 4"), "claims 3.5 voxels"},
		"cut short":   {append(head(), le[:47]...), "cut short"},
		"bomb": {
			append(head("CompressedData = True", "DimSize = 512 512 300"), zlibbed(le)...),
			"cut short",
		},
		"outside":    {head("ElementDataFile = ../voxels.raw"), "outside its folder"},
		"missing":    {head("ElementDataFile = voxels.raw"), "not beside it"},
		"empty list": {head("ElementDataFile = LIST"), "0 data files"},
		"flat": {
			append(head("TransformMatrix = 1 0 0 1 0 0 0 0 1"), le...), "does not span",
		},
		"short matrix": {
			append(head("TransformMatrix = 1 0 0"), le...), "numbers for TransformMatrix",
		},
		"damaged zlib": {
			append(head("CompressedData = True"), bytes.Repeat([]byte{0x78, 0x9c}, 30)...),
			"its voxels are cut short or damaged",
		},
		"damaged text": {
			append(head("BinaryData = False"), strings.Repeat("1 z ", 24)...),
			"its voxels are cut short or damaged",
		},
	} {
		s, err := Open(filepath.Join(fixture.Files(t, map[string][]byte{"a.mha": c.file}), "a.mha"))
		if err == nil {
			_, err = s.Read(t.Context())
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), "a.mha") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	le := counting(binary.LittleEndian)
	for _, b := range [][]byte{
		append(head(), le...), append(head("CompressedData = True"), zlibbed(le)...),
		append(head("CompressedData = True"), gzipped(le)...),
		append(head("BinaryData = False"), "1 2 3"...), append(head("ElementDataFile = LIST"),
			"a\nb\n"...), head("ElementDataFile = %02d 1 4 1"),
		head("TransformMatrix = ", "AnatomicalOrientation = ASL", "HeaderSize = -1"),
		head("NDims = 4", "DimSize = 2 3 4 1", "TransformMatrix = "), nil, []byte("NDims"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "a.mha")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		sentence := func(err error) {
			if err != nil && (strings.ContainsAny(err.Error(), "\n\r") ||
				!strings.Contains(err.Error(), "a.mha")) {
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
		_, err = OpenSegmentation(t.Context(), path)
		sentence(err)
	})
}
