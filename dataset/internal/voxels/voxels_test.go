package voxels

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"glasswork/dataset/volume"
)

// save writes bytes to a new file.
func save(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "voxels.raw")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// image returns an image of one file that holds numbers of a kind, on the axes of lps.
func image(
	t *testing.T, lps volume.Affine, sizes [3]int64, k Kind, o binary.ByteOrder, numbers []byte,
) *Image {
	t.Helper()
	data, err := NewPayload(Codec{}, Part{Path: save(t, numbers), Size: int64(len(numbers))})
	if err != nil {
		t.Fatal(err)
	}
	im := &Image{
		Name: "a", Layout: Axial(lps, sizes, [3]int64{1, sizes[0], sizes[0] * sizes[1]}),
		Kind: k, Order: o, Slope: 1, Data: data,
	}
	if err := im.Ready(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { im.Close() })
	return im
}

// Every voxel keeps the position that its file states, whichever way the axes run.
func TestAxesAreTurnedAndNoVoxelMoves(t *testing.T) {
	sizes := [3]int64{2, 3, 4}
	numbers := make([]byte, 24)
	for i := range numbers {
		numbers[i] = byte(i)
	}
	for _, p := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for signs := range 8 {
			lps := volume.Affine{0: {3: -7}, 1: {3: 11}, 2: {3: 13}}
			for axis, patient := range p {
				lps[patient][axis] = float64(axis + 2)
				if signs>>axis&1 == 1 {
					lps[patient][axis] *= -1
				}
				lps[(patient+1)%3][axis] = 0.1 // axes are seldom straight
			}
			im := image(t, lps, sizes, Uint8, binary.LittleEndian, numbers)
			a := im.Geometry.Affine
			if a[0][0] <= 0 || a[1][1] <= 0 || a[2][2] <= 0 {
				t.Fatalf("axes %v, signs %b: x, y and z run as %v", p, signs, a)
			}
			checkPlaces(t, im, lps, sizes)
		}
	}
}

// checkPlaces compares the position of each voxel on the axial grid with the one in its file. Voxel
// (i,j,k) holds its own number.
func checkPlaces(t *testing.T, im *Image, lps volume.Affine, sizes [3]int64) {
	t.Helper()
	g := im.Geometry
	hu := make([]int16, g.SliceVoxels())
	for z := range g.Size[0] {
		if err := im.ReadSlice(t.Context(), z, hu); err != nil {
			t.Fatal(err)
		}
		for at, number := range hu {
			n := int64(number)
			i, j, k := n%sizes[0], n/sizes[0]%sizes[1], n/sizes[0]/sizes[1]
			file := volume.Geometry{Size: [3]int{1, 1, 1}, Affine: lps}
			want := file.ToMM(float64(k), float64(j), float64(i))
			got := g.ToMM(float64(z), float64(at/g.Size[2]), float64(at%g.Size[2]))
			for axis := range 3 {
				if math.Abs(got[axis]-want[axis]) > 1e-9 {
					t.Fatalf("voxel %d lies at %v, its file says %v", n, got, want)
				}
			}
		}
	}
}

func straight() volume.Affine { return volume.Affine{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}} }

func TestNumbersBecomeHU(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	f32 := func(v float64) uint32 { return math.Float32bits(float32(v)) }
	for name, c := range map[string]struct {
		kind             Kind
		order            binary.ByteOrder
		bytes            []byte
		slope, intercept float64
		want             int16
	}{
		"int8":            {Int8, le, []byte{0xff}, 1, 0, -1},
		"uint16 big":      {Uint16, be, []byte{0x04, 0x00}, 1, -1024, 0},
		"int16 little":    {Int16, le, []byte{0x18, 0xfc}, 1, 0, -1000},
		"int32, clamped":  {Int32, le, le.AppendUint32(nil, 1<<30), 1, 0, math.MaxInt16},
		"int64, rounded":  {Int64, be, be.AppendUint64(nil, 5), 0.5, 0, 3},
		"float32 scaled":  {Float32, le, le.AppendUint32(nil, f32(0.25)), 1000, -1000, -750},
		"float32 is none": {Float32, le, le.AppendUint32(nil, f32(math.NaN())), 1, 0, -1024},
		"float64": {
			Float64, be, be.AppendUint64(nil, math.Float64bits(-1e9)), 1, 0, math.MinInt16,
		},
	} {
		im := image(t, straight(), [3]int64{1, 1, 1}, c.kind, c.order, c.bytes)
		im.Slope, im.Intercept = c.slope, c.intercept
		hu := make([]int16, 1)
		if err := im.ReadSlice(t.Context(), 0, hu); err != nil || hu[0] != c.want {
			t.Errorf("%s: %d, want %d, %v", name, hu[0], c.want, err)
		}
	}
}

// The bytes are the same, however they are packed and however many files hold them.
func TestPayloadIsReadInAnyOrderByManyAtOnce(t *testing.T) {
	all := make([]byte, 1000)
	for i := range all {
		all[i] = byte(i * i >> 3)
	}
	plain := func(path string, skip, from, to int64) Part {
		return Part{Path: path, Offset: 2, Skip: skip, Size: to - from}
	}
	files := map[string]struct {
		codec Codec
		parts []Part
	}{
		"two plain files": {Codec{}, []Part{
			plain(save(t, append([]byte("xy"), all[:300]...)), 0, 0, 300),
			plain(save(t, append([]byte("xyz"), all[300:]...)), 1, 300, 1000),
		}},
		"two packed files": {Gzip(), []Part{
			plain(save(t, append([]byte("xy"), packed(t, all[:300])...)), 0, 0, 300),
			plain(save(t, append([]byte("xy"), packed(t, append([]byte("ab"), all[300:]...))...)),
				2, 300, 1000),
		}},
	}
	for name, f := range files {
		p, err := NewPayload(f.codec, f.parts...)
		if err != nil || p.Size() != 1000 {
			t.Fatalf("%s: %v", name, err)
		}
		var group sync.WaitGroup
		for _, off := range []int64{900, 0, 250, 500, 990, 0} {
			group.Go(func() {
				err := p.Use(t.Context(), off, 10, func(b []byte) error {
					if !bytes.Equal(b, all[off:off+10]) {
						return errors.New("other bytes")
					}
					return nil
				})
				if err != nil {
					t.Errorf("%s at %d: %v", name, off, err)
				}
			})
		}
		group.Wait()
		for range 2 { // the second pass unpacks again
			err := p.Use(t.Context(), 0, 1000, func(b []byte) error {
				if !bytes.Equal(b, all) {
					return errors.New("other bytes")
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := p.Use(t.Context(), 995, 6, nil); err == nil {
			t.Errorf("%s is read past its end", name)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := p.Use(ended, 0, 1, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: after the end of its context: %v", name, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// No memory is taken for what a file cannot hold, and the error says what is cut short.
func TestPayloadsThatPromiseTooMuch(t *testing.T) {
	path := save(t, make([]byte, 100))
	if _, err := NewPayload(Codec{}, Part{Path: path, Offset: 10, Size: 91}); err == nil ||
		!strings.Contains(err.Error(), "promises 91 bytes of voxels, it can hold at most 90") {
		t.Errorf("plain: %v", err)
	}
	if _, err := NewPayload(Gzip(), Part{Path: path, Size: 1 << 40}); err == nil {
		t.Error("100 packed bytes hold a terabyte")
	}
	if _, err := NewPayload(Codec{}, Part{Path: path + "x", Size: 1}); err == nil {
		t.Error("a file that is not there holds voxels")
	}
	whole := packed(t, make([]byte, 5000))
	for name, b := range map[string][]byte{
		"cut": whole[:len(whole)/2], "damaged": bytes.Repeat([]byte{7}, 90),
	} {
		p, err := NewPayload(Gzip(), Part{Path: save(t, b), Size: 5000})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // it fails again
			if err := p.Prepare(t.Context()); err == nil ||
				!strings.Contains(err.Error(), "damaged") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestNumbersAsText(t *testing.T) {
	le := binary.LittleEndian
	for name, c := range map[string]struct {
		text  string
		codec Codec
		want  []byte
	}{
		"hex":      {"00 fF\n1 0", Hex(), []byte{0, 255, 16}},
		"decimal":  {"1,-2 3\t", Text(Int16, le), []byte{1, 0, 0xfe, 0xff, 3, 0}},
		"fraction": {"0.5", Text(Float32, le), le.AppendUint32(nil, math.Float32bits(0.5))},
		"wide":     {"18446744073709551615", Text(Uint64, le), bytes.Repeat([]byte{255}, 8)},
	} {
		p, err := NewPayload(c.codec, Part{Path: save(t, []byte(c.text)), Size: int64(len(c.want))})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []byte
		err = p.Use(t.Context(), 0, p.Size(),
			func(b []byte) error { got = slices.Clone(b); return nil })
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: % x, want % x, %v", name, got, c.want, err)
		}
	}
	for name, c := range map[string]struct {
		text  string
		codec Codec
		size  int64
	}{
		"hex":     {"0g 00", Hex(), 2},
		"decimal": {"1 two", Text(Int8, le), 2},
		"float":   {"0.5 x.", Text(Float32, le), 8},
	} {
		p, err := NewPayload(c.codec, Part{Path: save(t, []byte(c.text)), Size: c.size})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := p.Prepare(t.Context()); err == nil {
			t.Errorf("%s: %q is read", name, c.text)
		}
	}
}
