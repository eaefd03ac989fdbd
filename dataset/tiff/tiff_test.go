package tiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// made is a page for tests with 3 × 2 numbers.
type made struct {
	bits, format, compression int
	data                      []byte
}

// build writes pages one after the other, each with one strip.
func build(o binary.AppendByteOrder, pages ...made) []byte {
	b := []byte("II")
	if o.String() == "BigEndian" {
		b = []byte("MM")
	}
	b = o.AppendUint16(b, 42)
	b = o.AppendUint32(b, 8)
	for i, p := range pages {
		const entries = 10
		data := uint32(len(b)) + 2 + 12*entries + 4
		next := data + uint32(len(p.data))
		if i == len(pages)-1 {
			next = 0
		}
		b = o.AppendUint16(b, entries)
		for _, f := range [entries][2]uint32{
			{256, 3},
			{257, 2},
			{258, uint32(p.bits)},
			{259, uint32(p.compression)},
			{262, 1},
			{273, data},
			{277, 1},
			{278, 2},
			{279, uint32(len(p.data))},
			{339, uint32(p.format)},
		} {
			b = o.AppendUint16(b, uint16(f[0]))
			b = o.AppendUint16(b, 4) // 32 bits in every field
			b = o.AppendUint32(b, 1)
			b = o.AppendUint32(b, f[1])
		}
		b = o.AppendUint32(b, next)
		b = append(b, p.data...)
	}
	return b
}

// read opens files and reads all series.
func read(t *testing.T, dir string) ([]*series.Series, []*volume.Volume) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	series, skipped, err := Open(t.Context(), dir, files)
	if err != nil || len(skipped) > 0 {
		t.Fatalf("skipped %q, %v", skipped, err)
	}
	var all []*volume.Volume
	for _, s := range series {
		v, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return series, all
}

func assumed(grey float64) int16 {
	slope, intercept := series.AssumedScale()
	return int16(math.Round(grey*slope + intercept))
}

func TestNumbersWithASignOrAFractionAreHU(t *testing.T) {
	deflate := func(b []byte) []byte {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		_, _ = w.Write(b)
		_ = w.Close()
		return out.Bytes()
	}
	for _, o := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		order := o.(binary.ByteOrder)
		encode := func(v any) []byte {
			var b bytes.Buffer
			_ = binary.Write(&b, order, v)
			return b.Bytes()
		}
		for name, p := range map[string]made{
			"int16":    {16, 2, 1, encode([]int16{-1000, -1, 0, 1, 2, 3000})},
			"int32":    {32, 2, 1, encode([]int32{-1000, -1, 0, 1, 2, 3000})},
			"float32":  {32, 3, 1, encode([]float32{-1000.4, -1, 0, 1, 1.6, 3000})},
			"float64":  {64, 3, 1, encode([]float64{-1000.4, -1, 0, 1, 1.6, 3000})},
			"deflated": {32, 3, 8, deflate(encode([]float32{-1000, -1, 0, 1, 2, 3000}))},
		} {
			s, v := read(t, fixture.Files(t, map[string][]byte{"a.tif": build(o, p, p)}))
			if len(s) != 1 || !s[0].Calibrated || s[0].Measurable || v[0].Size != [3]int{2, 2, 3} ||
				!slices.Equal(v[0].Slice(1), []int16{-1000, -1, 0, 1, 2, 3000}) {
				t.Errorf("%s, %v: %v", name, o, v[0])
			}
		}
	}
}

func TestGreyPagesAreInTheAssumedWindow(t *testing.T) {
	pages := build(binary.LittleEndian, made{8, 1, 1, []byte{0, 1, 2, 3, 4, 255}},
		made{8, 1, 1, []byte{9, 9, 9, 9, 9, 9}})
	s, v := read(t, fixture.Files(t, map[string][]byte{"stack.tiff": pages}))
	if len(s) != 1 || s[0].Calibrated || s[0].Description != "stack" || v[0].HU[0] != -1100 ||
		v[0].HU[5] != 300 || v[0].HU[6] != assumed(9) {
		t.Errorf("%+v: %v", s, v)
	}
}

// Files of one page are one stack, in natural order. Files of another size are another stack.
func TestAFolderIsAStack(t *testing.T) {
	page := func(grey uint8, w int) []byte {
		img := image.NewGray16(image.Rect(0, 0, w, 2))
		for i := range 2 * w {
			img.SetGray16(i%w, i/w, color.Gray16{Y: uint16(grey) * 257})
		}
		var b bytes.Buffer
		if err := tiff.Encode(&b, img, &tiff.Options{
			Compression: tiff.Deflate,
			Predictor:   true,
		}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	s, v := read(t, fixture.Files(t, map[string][]byte{
		"s10.tif": page(20, 3), "s9.tif": page(10, 3),
		"scout.tif": page(5, 7),
	}))
	if len(s) != 2 || v[0].Size != [3]int{2, 2, 3} || v[0].HU[0] != assumed(10) ||
		v[0].HU[6] != assumed(20) || v[1].Size != [3]int{1, 2, 7} {
		t.Errorf("%d series: %v", len(s), v)
	}
}

// Pages from ImageMagick, in every packing it has for grey pictures.
func TestImageMagickPages(t *testing.T) {
	convert, err := exec.LookPath("convert")
	if err != nil {
		t.Skip("ImageMagick is not installed")
	}
	dir := t.TempDir()
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7)
	}
	f, err := os.Create(filepath.Join(dir, "a.png"))
	if err == nil {
		err = png.Encode(f, img)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, packing := range []string{"none", "lzw", "zip", "rle"} {
		for _, depth := range []string{"8", "16"} {
			out := fixture.Files(t, nil)
			cmd := exec.Command(convert, filepath.Join(dir, "a.png"), "(",
				filepath.Join(dir, "a.png"), "-flop", ")", "-depth", depth, "-compress", packing,
				filepath.Join(out, "a.tif"))
			if b, err := cmd.CombinedOutput(); err != nil {
				t.Skipf("ImageMagick writes no TIFF: %s", b)
			}
			_, v := read(t, out)
			if len(v) != 1 || v[0].Size != [3]int{2, 30, 40} {
				t.Fatalf("%s, %s bits: %d series", packing, depth, len(v))
			}
			for i, g := range img.Pix {
				if flopped := i/40*40 + 39 - i%40; v[0].HU[i] != assumed(float64(g)) ||
					v[0].HU[1200+flopped] != assumed(float64(g)) {
					t.Fatalf("%s, %s bits: pixel %d", packing, depth, i)
				}
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	ok := build(binary.LittleEndian, made{16, 2, 1, make([]byte, 12)})
	loop := bytes.Clone(ok)
	binary.LittleEndian.PutUint32(loop[8+2+120:], 8)
	wide := bytes.Clone(ok)
	binary.LittleEndian.PutUint32(wide[8+2+8:], 16000)
	binary.LittleEndian.PutUint32(wide[8+2+12+8:], 16000)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":     {nil, "not a TIFF file"},
		"text":      {[]byte("hello, world"), "not a TIFF file"},
		"BigTIFF":   {[]byte("II\x2b\x00\x08\x00\x00\x00\x10\x00\x00\x00"), "BigTIFF"},
		"no page":   {[]byte("II\x2a\x00\x00\x00\x00\x00"), "no page"},
		"cut":       {ok[:60], "damaged"},
		"a loop":    {loop, "have no end"},
		"too large": {wide, "more than it can hold"},
		"cut data":  {ok[:len(ok)-3], "cut short"},
		"LZW": {
			build(binary.LittleEndian, made{16, 2, 5, make([]byte, 12)}), "save them uncompressed",
		},
		"half": {build(binary.LittleEndian, made{16, 3, 1, make([]byte, 12)}), "cannot be read"},
	} {
		path := filepath.Join(fixture.Files(t, map[string][]byte{"a.tif": c.file}), "a.tif")
		series, skipped, err := Open(t.Context(), path, []string{path})
		if err != nil {
			t.Fatal(err)
		}
		why := strings.Join(skipped, " ")
		for _, s := range series {
			if _, err := s.Read(t.Context()); err != nil {
				why += err.Error()
			}
		}
		if !strings.Contains(why, c.want) || !strings.Contains(why, "a.tif") ||
			strings.Contains(why, "\n") {
			t.Errorf("%s: %q, want %q", name, why, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, b := range [][]byte{
		build(binary.LittleEndian, made{8, 1, 1, make([]byte, 6)},
			made{16, 2, 1, make([]byte, 12)}), build(binary.BigEndian,
			made{32, 3, 1, make([]byte, 24)}),
		build(binary.LittleEndian, made{8, 1, 5, []byte{0x80, 0, 1}}),
		[]byte("II\x2a\x00\x08\x00\x00\x00"), nil,
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "a.tif")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		series, skipped, err := Open(t.Context(), path, []string{path})
		if err != nil || len(series)+len(skipped) == 0 {
			t.Fatalf("%d series, skipped %q, %v", len(series), skipped, err)
		}
		for _, s := range series {
			if s.Geometry.Voxels() > 1<<20 {
				continue
			}
			if _, err := s.Read(t.Context()); err != nil &&
				(strings.ContainsAny(err.Error(), "\n\r") ||
					!strings.Contains(err.Error(), "a.tif")) {
				t.Errorf("no sentence: %q", err)
			}
		}
	})
}
