package npy

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npy"
)

func save(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// file returns the bytes of an array of type kind with the given payload.
func file(kind string, shape []int, payload []byte) []byte {
	var b bytes.Buffer
	_ = WriteHeader(&b, kind, shape...) // a buffer accepts every write
	return append(b.Bytes(), payload...)
}

func int16s(v ...int16) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func float32s(v ...float32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func TestHeadersAreNumPys(t *testing.T) {
	for _, shape := range [][]int{{7}, {2, 3}, {100, 512, 512, 1}} {
		var b bytes.Buffer
		if err := WriteHeader(&b, "<f4", shape...); err != nil {
			t.Fatal(err)
		}
		if b.Len()%64 != 0 {
			t.Errorf("header of %v has %d bytes, no multiple of 64", shape, b.Len())
		}
		r, err := npy.NewReader(&b)
		if err != nil || !slices.Equal(r.Header.Descr.Shape, shape) ||
			r.Header.Descr.Type != "<f4" || r.Header.Descr.Fortran {
			t.Errorf("header of %v reads as %v, %v", shape, r, err)
		}
	}
}

func TestReadsWhatNpyioWrites(t *testing.T) {
	var b bytes.Buffer
	if err := npy.Write(&b, [2][3]int16{{-1000, 0, 400}, {1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	a, err := Open(save(t, b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Slice(0, nil)
	if err != nil || !slices.Equal(got, []float64{-1000, 0, 400, 1, 2, 3}) {
		t.Errorf("slice %v, %v", got, err)
	}
}

func TestSeries(t *testing.T) {
	for _, c := range []struct {
		name       string
		b          []byte
		size       [3]int
		calibrated bool
		hu         []int16
		warning    string
	}{
		{
			"HU int16", file("<i2", []int{2, 1, 2}, int16s(-1000, 40, 400, 0)),
			[3]int{2, 1, 2},
			true,
			[]int16{-1000, 40, 400, 0},
			"looks like HU",
		},
		{
			"HU float32 [n,h,w,1]", file("<f4", []int{2, 1, 2, 1}, float32s(-1000.4, 40.6, 400,
				float32(math.NaN()))),
			[3]int{2, 1, 2},
			true,
			[]int16{-1000, 41, 400, -1024},
			"looks like HU",
		},
		{
			"[h,w]", file("<i2", []int{2, 2}, int16s(-1000, 40, 400, 0)),
			[3]int{1, 2, 2},
			true,
			[]int16{-1000, 40, 400, 0},
			"looks like HU",
		},
		{
			"big endian", file(">i2", []int{1, 1, 2}, []byte{0xFC, 0x18, 0, 40}),
			[3]int{1, 1, 2},
			true,
			[]int16{-1000, 40},
			"looks like HU",
		},
		{
			"uint8", file("|u1", []int{1, 1, 2}, []byte{0, 255}),
			[3]int{1, 1, 2},
			false,
			[]int16{-1100, 300},
			"grey values",
		},
		{
			"0 to 1", file("<f4", []int{1, 1, 3}, float32s(0, 0.5, 1)),
			[3]int{1, 1, 3},
			false,
			[]int16{-1100, -400, 300},
			"grey values",
		},
		{
			"neither", file("<i2", []int{1, 1, 2}, int16s(-5, 3000)),
			[3]int{1, 1, 2},
			false,
			[]int16{-5, 3000},
			"neither HU nor grey",
		},
	} {
		s, err := Series(save(t, c.b))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		v, err := s.Read(t.Context())
		if err != nil || !slices.Equal(v.HU, c.hu) {
			t.Errorf("%s: HU %v, %v; want %v", c.name, v, err, c.hu)
		}
		if s.Geometry.Size != c.size || s.Calibrated != c.calibrated || s.Measurable ||
			len(s.Warnings) != 2 || !strings.Contains(s.Warnings[0], c.warning) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

func TestFortranOrder(t *testing.T) {
	// [2,2,3] with values 100·z + 10·y + x. The first axis runs fastest.
	var payload []byte
	for x := range 3 {
		for y := range 2 {
			for z := range 2 {
				payload = append(payload, byte(100*z+10*y+x))
			}
		}
	}
	b := bytes.Replace(file("|u1", []int{2, 2, 3}, payload), []byte("False"), []byte("True"), 1)
	b = slices.Insert(b, bytes.LastIndexByte(b[:128], '\n'), ' ')
	a, err := Open(save(t, b))
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Slice(1, nil)
	if err != nil || !slices.Equal(got, []float64{100, 101, 102, 110, 111, 112}) {
		t.Errorf("slice %v, %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	good := file("<i2", []int{1, 2, 2}, int16s(1, 2, 3, 4))
	huge := bytes.Replace(good, []byte("(1, 2, 2), }         "),
		[]byte("(1000000, 9000, 9000)}"), 1)
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"empty":     {nil, "not an NPY file"},
		"text":      {[]byte("this is no array, but text"), "not an NPY file"},
		"short":     {good[:len(good)-1], "needs 8 bytes, it holds 7"},
		"long":      {append(slices.Clone(good), 0), "needs 8 bytes, it holds 9"},
		"huge":      {huge, "NPY header is damaged"},
		"larger":    {file("<i2", []int{1000000, 9000, 9000}, nil), "larger than any file"},
		"zero":      {file("<i2", []int{0, 2, 2}, nil), "holds nothing"},
		"objects":   {file("|O", []int{1, 2, 2}, make([]byte, 32)), "cannot be read"},
		"complex":   {file("<c8", []int{1, 2, 2}, make([]byte, 32)), "cannot be read"},
		"five axes": {file("<i2", []int{1, 1, 1, 2, 2}, int16s(1, 2, 3, 4)), "not that of a stack"},
		"one axis":  {file("<i2", []int{4}, int16s(1, 2, 3, 4)), "not that of a stack"},
		"mask":      {file("|u1", []int{1, 1, 1, 4}, []byte{0, 0, 0, 1}), "4 channels"},
		"version 9": {append([]byte("\x93NUMPY\x09\x00"), good[8:]...), "version 9"},
		"header long": {
			append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f"), good[10:]...), "header is damaged",
		},
	} {
		_, err := Series(save(t, c.b))
		if err == nil || !strings.HasPrefix(err.Error(), "a.npy: ") ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestNumPyReadsTheHeader(t *testing.T) {
	path := save(t, file("<i2", []int{1, 2, 2}, int16s(-1, 2, 3, 4)))
	out, err := exec.Command("/usr/bin/python3", "-c", "import sys, numpy; a = "+
		"numpy.load(sys.argv[1]); print(a.dtype, a.shape, a.ravel().tolist())",
		path).CombinedOutput()
	if err != nil {
		t.Skipf("NumPy is not installed: %s", out)
	}
	if want := "int16 (1, 2, 2) [-1, 2, 3, 4]\n"; string(out) != want {
		t.Errorf("NumPy reads %q, want %q", out, want)
	}
}

func FuzzParse(f *testing.F) {
	good := file("<i2", []int{1, 2, 2}, int16s(1, 2, 3, 4))
	f.Add(good)
	f.Add(good[:20])
	f.Add(file("|O", []int{1 << 40}, nil))
	f.Add(bytes.Replace(good, []byte("'shape'"), []byte("'descr'"), 1))
	f.Add(append([]byte("\x93NUMPY\x02\x00\xff\xff\x00\x00"), good[10:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parse(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if n, h, w, c, err := a.Stack(); err == nil &&
			int64(n)*int64(h)*int64(w)*int64(c)*int64(a.size) != int64(len(b))-a.offset {
			t.Errorf("shape %v does not fit %d bytes", a.Shape, len(b))
		}
	})
}

// TestFloats reads arrays of any shape in both orders.
func TestFloats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	python := exec.Command("/usr/bin/python3", "-c", `
import sys, numpy
a = numpy.arange(2*3*4*5).reshape(2, 3, 4, 5)
numpy.save(sys.argv[1], numpy.asfortranarray(a.astype("<i2")))`, path)
	if err := python.Run(); err != nil {
		t.Skip("no Python with NumPy is here")
	}
	a, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Floats()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if v != float32(i) {
			t.Fatalf("number %d is %g", i, v)
		}
	}
}
