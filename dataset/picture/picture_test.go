package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func save(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func encodePNG(img image.Image) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, img) // a buffer accepts every write
	return b.Bytes()
}

// claim changes the size in the header of a PNG.
func claim(b []byte, w, h uint32) []byte {
	out := slices.Clone(b)
	binary.BigEndian.PutUint32(out[16:], w)
	binary.BigEndian.PutUint32(out[20:], h)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

func grey(values ...uint8) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, len(values), 1))
	copy(img.Pix, values)
	return img
}

func TestGreyBecomesAssumedHU(t *testing.T) {
	deep := image.NewGray16(image.Rect(0, 0, 2, 1))
	deep.SetGray16(1, 0, color.Gray16{Y: 0xFFFF})
	coloured := image.NewRGBA(image.Rect(0, 0, 2, 1))
	coloured.Set(0, 0, color.Black)
	coloured.Set(1, 0, color.White)
	for name, c := range map[string]struct {
		img  image.Image
		want []int16
	}{
		"8 bits":  {grey(0, 51, 255), []int16{-1100, -820, 300}},
		"16 bits": {deep, []int16{-1100, 300}},
		"colour":  {coloured, []int16{-1100, 300}},
	} {
		hu, w, h, err := ReadHU(save(t, "a.png", encodePNG(c.img)))
		if err != nil || !slices.Equal(hu, c.want) || w != len(c.want) || h != 1 {
			t.Errorf("%s: %v (%d × %d), %v; want %v", name, hu, w, h, err, c.want)
		}
	}
}

func TestReadsJPEG(t *testing.T) {
	flat := image.NewGray(image.Rect(0, 0, 16, 8))
	for i := range flat.Pix {
		flat.Pix[i] = 255
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, flat, nil); err != nil {
		t.Fatal(err)
	}
	path := save(t, "a.JPG", b.Bytes())
	if !IsName(path) {
		t.Error("a.JPG is not taken for a picture")
	}
	hu, w, h, err := ReadHU(path)
	if err != nil || w != 16 || h != 8 || hu[5] != 300 {
		t.Errorf("%v (%d × %d), %v", hu, w, h, err)
	}
}

func TestMasks(t *testing.T) {
	paletted := image.NewPaletted(image.Rect(0, 0, 3, 1), color.Palette{
		color.Black, color.White,
		color.White, color.White,
	})
	copy(paletted.Pix, []uint8{0, 2, 3})
	for name, c := range map[string]struct {
		img  image.Image
		want []uint8
		err  string
	}{
		"palette indices": {paletted, []uint8{0, 2, 3}, ""},
		"grey classes":    {grey(3, 1, 0), []uint8{3, 1, 0}, ""},
		"grey shades":     {grey(0, 128, 255), nil, "label 128"},
		"colour":          {image.NewRGBA(image.Rect(0, 0, 1, 1)), nil, "colour picture"},
	} {
		labels, _, _, err := ReadMask(save(t, "m.png", encodePNG(c.img)))
		if c.err == "" && (err != nil || !slices.Equal(labels, c.want)) || c.err != "" &&
			(err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %v, %v; want %v %q", name, labels, err, c.want, c.err)
		}
	}
}

func TestRefusals(t *testing.T) {
	small := encodePNG(grey(1, 2, 3))
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"nothing":   {nil, "not a PNG or JPEG"},
		"text":      {[]byte("no picture"), "not a PNG or JPEG"},
		"bomb":      {claim(small, 16000, 16000), "more than it can hold"},
		"too wide":  {claim(small, 1<<20, 1), "more than it can hold"},
		"cut short": {small[:len(small)-20], "damaged"},
	} {
		_, _, _, err := ReadHU(save(t, "a.png", c.b))
		if err == nil || !strings.HasPrefix(err.Error(), "a.png: ") ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestSeriesOfPictures(t *testing.T) {
	first, second := save(t, "1.png", encodePNG(grey(0, 255))),
		save(t, "2.png", encodePNG(grey(255, 0)))
	s := Series("folder", "slices", []string{first, second}, 2, 1)
	v, err := s.Read(t.Context())
	if err != nil || !slices.Equal(v.HU, []int16{-1100, 300, 300, -1100}) {
		t.Errorf("%v, %v", v, err)
	}
	if s.Calibrated || s.Measurable || len(s.Warnings) != 2 || s.Format != "pictures" {
		t.Errorf("series = %+v", s)
	}
	if err := os.WriteFile(second, encodePNG(grey(1, 2, 3)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.ReadSlice(t.Context(), 1, make([]int16, 2)); err == nil ||
		!strings.Contains(err.Error(), "2.png: it has changed") {
		t.Errorf("a changed picture: %v", err)
	}
}

func TestWriteIsReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	if err := Write(path, grey(0, 255)); err != nil {
		t.Fatal(err)
	}
	if hu, _, _, err := ReadHU(path); err != nil || !slices.Equal(hu, []int16{-1100, 300}) {
		t.Errorf("%v, %v", hu, err)
	}
	if err := Write(filepath.Join(t.TempDir(), "a.txt"), grey(0)); err == nil {
		t.Error("a.txt was written as a picture")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encodePNG(grey(1, 2, 3)))
	f.Add(claim(encodePNG(grey(1)), 9000, 9000))
	f.Add(encodePNG(image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.Black})))
	var b bytes.Buffer
	_ = jpeg.Encode(&b, grey(1, 2, 3), nil) // a buffer accepts every write
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := decode(b)
		if err != nil {
			return
		}
		if g, w, h := Grey(img); len(g) != w*h {
			t.Errorf("%d grey values of %d × %d pixels", len(g), w, h)
		}
		_, _, _, _ = mask(img) // it may fail, but it must not panic
	})
}
