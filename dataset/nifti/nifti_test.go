package nifti

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// spec describes a NIfTI file for tests.
type spec struct {
	version      int
	order        binary.ByteOrder
	dim          []int
	datatype     int
	pixdim       [4]float64
	slope, inter float64
	qform, sform int
	quatern, off [3]float64
	srow         [3][4]float64
	units        byte
	voxels       []byte
	pair         bool
}

// ras2 is a 2 × 3 × 4 volume of int16 that count from 0, in RAS, with a spacing of 1, 2 and 3 mm.
func ras2() spec {
	s := spec{
		version: 1, order: binary.LittleEndian, dim: []int{2, 3, 4}, datatype: 4,
		pixdim: [4]float64{1, 1, 2, 3}, sform: 1,
		srow: [3][4]float64{{1, 0, 0, -10}, {0, 2, 0, -20}, {0, 0, 3, -30}}, units: 2,
	}
	for i := range 24 {
		s.voxels = binary.LittleEndian.AppendUint16(s.voxels, uint16(i))
	}
	return s
}

func (s spec) header() []byte {
	o := s.order
	if s.version == 2 {
		return s.header2()
	}
	b := make([]byte, 352)
	f := func(at int, v float64) { o.PutUint32(b[at:], math.Float32bits(float32(v))) }
	o.PutUint32(b, 348)
	o.PutUint16(b[40:], uint16(len(s.dim)))
	for i, n := range s.dim {
		o.PutUint16(b[42+2*i:], uint16(n))
	}
	for i, v := range s.pixdim {
		f(76+4*i, v)
	}
	o.PutUint16(b[70:], uint16(s.datatype))
	f(108, 352)
	f(112, s.slope)
	f(116, s.inter)
	b[123] = s.units
	o.PutUint16(b[252:], uint16(s.qform))
	o.PutUint16(b[254:], uint16(s.sform))
	for i := range 3 {
		f(256+4*i, s.quatern[i])
		f(268+4*i, s.off[i])
		for j := range 4 {
			f(280+16*i+4*j, s.srow[i][j])
		}
	}
	copy(b[344:], "n+1\x00")
	if s.pair {
		copy(b[344:], "ni1\x00")
		f(108, 0)
	}
	return b
}

func (s spec) header2() []byte {
	o, b := s.order, make([]byte, 544)
	f := func(at int, v float64) { o.PutUint64(b[at:], math.Float64bits(v)) }
	o.PutUint32(b, 540)
	copy(b[4:], "n+2\x00\r\n\x1a\n")
	o.PutUint16(b[12:], uint16(s.datatype))
	o.PutUint64(b[16:], uint64(len(s.dim)))
	for i, n := range s.dim {
		o.PutUint64(b[24+8*i:], uint64(n))
	}
	for i, v := range s.pixdim {
		f(104+8*i, v)
	}
	o.PutUint64(b[168:], 544)
	f(176, s.slope)
	f(184, s.inter)
	o.PutUint32(b[344:], uint32(s.qform))
	o.PutUint32(b[348:], uint32(s.sform))
	for i := range 3 {
		f(352+8*i, s.quatern[i])
		f(376+8*i, s.off[i])
		for j := range 4 {
			f(400+32*i+8*j, s.srow[i][j])
		}
	}
	o.PutUint32(b[500:], uint32(s.units))
	return b
}

func (s spec) bytes() []byte { return append(s.header(), s.voxels...) }

func save(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) (*series.Series, *volume.Volume) {
	t.Helper()
	return fixture.Read(t, Open, path)
}

// lps returns the voxels and the grid of ras2 in our order: x and y are flipped.
func lps() ([]int16, volume.Geometry) {
	var hu []int16
	for z := range 4 {
		for y := range 3 {
			for x := range 2 {
				hu = append(hu, int16((1-x)+2*((2-y)+3*z)))
			}
		}
	}
	g := volume.NewGeometry([3]int{4, 3, 2}, [3]float64{3, 2, 1}, volume.Point{9, 16, -30})
	return hu, g
}

func TestReadsBothVersionsOrdersAndCompression(t *testing.T) {
	want, grid := lps()
	for _, version := range []int{1, 2} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			s := ras2()
			s.version, s.order = version, order
			if order == binary.BigEndian {
				for i := 0; i < len(s.voxels); i += 2 {
					s.voxels[i], s.voxels[i+1] = s.voxels[i+1], s.voxels[i]
				}
			}
			for _, path := range []string{
				save(t, "a.nii", s.bytes()),
				save(t, "a.nii.gz", fixture.Gzip(s.bytes())),
			} {
				series, v := read(t, path)
				if !slices.Equal(v.HU, want) || !v.SameGrid(grid) {
					t.Errorf("version %d, %v, %s: %v on %v", version, order, filepath.Base(path),
						v.HU, v.Geometry)
				}
				if series.Description != "a" || !series.Calibrated || !series.Measurable ||
					len(series.Warnings) != 0 {
					t.Errorf("series = %+v", series)
				}
			}
		}
	}
}

func TestReadsPairs(t *testing.T) {
	want, _ := lps()
	s := ras2()
	s.pair = true
	folder := t.TempDir()
	for name, b := range map[string][]byte{"a.hdr": s.header(), "a.img": s.voxels} {
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.hdr", "a.img"} {
		if _, v := read(t, filepath.Join(folder, name)); !slices.Equal(v.HU, want) {
			t.Errorf("%s: %v", name, v.HU)
		}
	}
}

func TestReadsEveryScalarType(t *testing.T) {
	le := binary.LittleEndian
	for code, encode := range map[int]func(b []byte, v int) []byte{
		4: func(b []byte, v int) []byte { return le.AppendUint16(b, uint16(v)) },
		8: func(b []byte, v int) []byte { return le.AppendUint32(b, uint32(v)) },
		16: func(b []byte, v int) []byte {
			return le.AppendUint32(b,
				math.Float32bits(float32(v)+0.25))
		},
		64: func(b []byte, v int) []byte {
			return le.AppendUint64(b,
				math.Float64bits(float64(v)-0.25))
		},
		256:  func(b []byte, v int) []byte { return append(b, byte(v)) },
		512:  func(b []byte, v int) []byte { return le.AppendUint16(b, uint16(v)) },
		768:  func(b []byte, v int) []byte { return le.AppendUint32(b, uint32(v)) },
		1024: func(b []byte, v int) []byte { return le.AppendUint64(b, uint64(v)) },
		1280: func(b []byte, v int) []byte { return le.AppendUint64(b, uint64(v)) },
	} {
		s := ras2()
		s.dim, s.datatype, s.voxels = []int{2, 2, 1}, code, nil
		want := []int16{-100, 100, -1, 0}
		if code == 512 || code == 768 || code == 1280 {
			want = []int16{100, 32767, 1, 0}
			for _, v := range []int{0, 1, 60000, 100} {
				s.voxels = encode(s.voxels, v)
			}
		} else {
			for _, v := range []int{0, -1, 100, -100} {
				s.voxels = encode(s.voxels, v)
			}
		}
		if _, v := read(t, save(t, "a.nii", s.bytes())); !slices.Equal(v.HU, want) {
			t.Errorf("type %d: %v, want %v", code, v.HU, want)
		}
	}
}

func TestScaleAndGreyValues(t *testing.T) {
	s := ras2()
	s.slope, s.inter = 2, -1024
	if _, v := read(t, save(t, "a.nii", s.bytes())); v.HU[5] != -1024 || v.HU[4] != -1022 {
		t.Errorf("scaled: %v", v.HU[:6])
	}
	s.slope, s.inter = math.NaN(), 3 // means none
	if _, v := read(t, save(t, "a.nii", s.bytes())); v.HU[5] != 0 {
		t.Errorf("slope NaN: %v", v.HU[:6])
	}
	grey := ras2()
	grey.dim, grey.datatype, grey.voxels = []int{2, 1, 1}, 2, []byte{255, 0}
	got, v := read(t, save(t, "a.nii", grey.bytes()))
	if got.Calibrated || len(got.Warnings) != 1 {
		t.Errorf("8-bit values are taken for HU: %+v", got)
	}
	low, high := series.AssumedCenter-series.AssumedWidth/2, series.AssumedCenter+
		series.AssumedWidth/2
	if !slices.Equal(v.HU, []int16{int16(low), int16(high)}) {
		t.Errorf("grey 0 and 255 become %v, want %d and %d", v.HU, low, high)
	}
}

func TestWhichOrientationWins(t *testing.T) {
	s := ras2()
	s.qform, s.off = 1, [3]float64{100, 200, 300} // quaternion 0: no rotation
	both := save(t, "a.nii", s.bytes())
	s.sform = 0
	qform := save(t, "b.nii", s.bytes())
	s.qform = 0
	none := save(t, "c.nii", s.bytes())
	s = ras2()
	s.srow = [3][4]float64{}
	s.qform = 1
	broken := save(t, "d.nii", s.bytes())
	for _, c := range []struct {
		path    string
		x, y, z float64 // RAS position of the file's first voxel
		warned  bool
	}{
		{both, -10, -20, -30, false},
		{qform, 100, 200, 300, false},
		{none, -0.5, -2, -4.5, true},
		{broken, 0, 0, 0, false},
	} {
		series, v := read(t, c.path)
		// The file's first voxel is the last column of our last row.
		p := v.ToMM(0, 2, 1)
		if want := (volume.Point{-c.x, -c.y, c.z}); p != want {
			t.Errorf("%s: first voxel at %v, want %v", filepath.Base(c.path), p, want)
		}
		if (len(series.Warnings) > 0) != c.warned {
			t.Errorf("%s: warnings %q", filepath.Base(c.path), series.Warnings)
		}
	}
}

func TestAxesArePermutedToAxial(t *testing.T) {
	s := ras2()
	// i runs to posterior, j to the head, k to the right. This is a sagittal volume.
	s.srow = [3][4]float64{{0, 0, 3, 0}, {-1, 0, 0, 0}, {0, 2, 0, 0}}
	for _, path := range []string{
		save(t, "a.nii", s.bytes()),
		save(t, "a.nii.gz", fixture.Gzip(s.bytes())),
	} {
		_, v := read(t, path)
		if v.Size != [3]int{3, 2, 4} || v.Spacing() != [3]float64{2, 1, 3} {
			t.Fatalf("size %v, spacing %v", v.Size, v.Spacing())
		}
		for z := range 3 {
			for y := range 2 {
				for x := range 4 {
					// RAS (3k, -i, 2j) of file voxel (i,j,k) = (y, z, 3-x).
					want := int16(y + 2*(z+3*(3-x)))
					if got := v.Slice(z)[y*4+x]; got != want {
						t.Errorf("voxel %d,%d,%d = %d, want %d", z, y, x, got, want)
					}
					if p := v.ToMM(float64(z), float64(y),
						float64(x)); p != (volume.Point{
						-3 * float64(3-x), float64(y),
						2 * float64(z),
					}) {
						t.Errorf("voxel %d,%d,%d at %v", z, y, x, p)
					}
				}
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	change := func(f func(*spec)) []byte {
		s := ras2()
		f(&s)
		return s.bytes()
	}
	whole := ras2().bytes()
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"time":         {change(func(s *spec) { s.dim = []int{2, 3, 2, 2} }), "2 volumes"},
		"complex":      {change(func(s *spec) { s.datatype = 32 }), "complex"},
		"RGB":          {change(func(s *spec) { s.datatype = 128 }), "RGB"},
		"unknown type": {change(func(s *spec) { s.datatype = 77 }), "type 77"},
		"no dimension": {change(func(s *spec) { s.dim = nil }), "0 dimensions"},
		"empty":        {change(func(s *spec) { s.dim = []int{2, 0, 4} }), "0 voxels"},
		"negative": {
			change(func(s *spec) { s.dim = []int{2, 65535, 4} }), "voxels along axis 2",
		},
		"gigabytes": {change(func(s *spec) { s.dim = []int{1000, 1000, 1000} }), "cut short"},
		"gigabytes gz": {
			fixture.Gzip(change(func(s *spec) { s.dim = []int{1000, 1000, 1000} })), "cut short",
		},
		"enormous": {
			change(func(s *spec) { s.dim = []int{32767, 32767, 32767} }), "more than can be opened",
		},
		"cut short":   {whole[:len(whole)-1], "cut short"},
		"half a head": {whole[:100], "cut short"},
		"text":        {[]byte("hello, this is no image"), "NIfTI header"},
		"nothing":     {nil, "too short"},
		"broken gzip": {[]byte("\x1f\x8b\x08nonsense"), "gzip"},
	} {
		path := save(t, "a.nii", c.b)
		_, err := Open(path)
		if err == nil || !strings.HasPrefix(err.Error(), "a.nii: ") ||
			!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestACutGzipIsRefusedWhenRead(t *testing.T) {
	s := ras2()
	s.dim, s.voxels = []int{64, 64, 4}, make([]byte, 2*64*64*4)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range s.voxels {
		s.voxels[i] = byte(r.IntN(256))
	}
	b := fixture.Gzip(s.bytes())
	series, err := Open(save(t, "a.nii.gz", b[:len(b)/2]))
	if err != nil {
		t.Fatal(err)
	}
	defer series.Close()
	for range 2 {
		if _, err := series.Read(t.Context()); err == nil ||
			!strings.Contains(err.Error(), "a.nii.gz: its voxels are cut short") {
			t.Errorf("error %v", err)
		}
	}
}

func TestWrittenFilesReadBack(t *testing.T) {
	tilt := volume.NewGeometry([3]int{3, 4, 5}, [3]float64{2.5, 0.7, 0.7},
		volume.Point{-10, -20, 30})
	tilt.Affine[2][1] = -0.2
	oblique := volume.Geometry{Size: [3]int{3, 4, 5}, Affine: volume.Affine{
		{0.6, 0.1, 0, 10},
		{-0.1, 0.6, 0.2, 20},
		{0, -0.05, 3, -30},
	}}
	for name, g := range map[string]volume.Geometry{
		"axial": volume.NewGeometry([3]int{3, 4, 5}, [3]float64{2.5, 0.7, 0.8},
			volume.Point{-181.9723, -20, 1030.25}),
		"tilt": tilt, "oblique": oblique,
	} {
		v, l := volume.New(g), volume.NewLabelMap(g)
		for i := range v.HU {
			v.HU[i], l.Labels[i] = int16(i*1000-30000), uint8(i%4)
		}
		for _, ext := range []string{".nii", ".nii.gz"} {
			folder := t.TempDir()
			ct, mask := filepath.Join(folder, "ct"+ext), filepath.Join(folder, "mask"+ext)
			if err := WriteCT(ct, v); err != nil {
				t.Fatal(err)
			}
			if err := WriteLabels(mask, l); err != nil {
				t.Fatal(err)
			}
			_, back := read(t, ct)
			if !slices.Equal(back.HU, v.HU) || !back.SameGrid(g) {
				t.Errorf("%s%s: CT came back changed: %v", name, ext, back.Geometry)
			}
			labels, err := ReadLabels(t.Context(), mask)
			if err != nil || !bytes.Equal(labels.Labels, l.Labels) || !labels.SameGrid(g) {
				t.Errorf("%s%s: labels came back changed, %v", name, ext, err)
			}
		}
	}
}

// The quaternion gives the same matrix as the sform, for rotations about every axis.
func TestQuaternionAgreesWithTheAffine(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var h header
		h.qform = 1
		for i := range 3 {
			h.quatern[i] = r.Float64()*2 - 1
		}
		if length := math.Hypot(math.Hypot(h.quatern[0], h.quatern[1]), h.quatern[2]); length > 1 {
			continue
		}
		h.pixdim = [8]float64{float64(r.IntN(2)*2 - 1), 0.5, 0.7, 3}
		want, ok := h.qformAffine()
		if !ok {
			t.Fatal("no affine")
		}
		bcd, hand, rigid := quaternion(want)
		if !rigid {
			t.Fatalf("rotation %v called sheared", want)
		}
		h.quatern, h.pixdim[0] = bcd, hand
		got, _ := h.qformAffine()
		for i := range 3 {
			for j := range 4 {
				if math.Abs(got[i][j]-want[i][j]) > 1e-9 {
					t.Fatalf("%v became %v", want, got)
				}
			}
		}
	}
}

func TestLabelsMustBeClasses(t *testing.T) {
	for name, c := range map[string]struct {
		voxels []byte
		slope  float64
		want   string
	}{"a sixth label": {[]byte{0, 1, 5, 2}, 0, "label 5"}, "fractions": {
		[]byte{0, 1, 2, 3},
		0.5,
		"not a mask: it holds the value",
	}} {
		s := ras2()
		s.dim, s.datatype, s.voxels, s.slope = []int{2, 2, 1}, 2, c.voxels, c.slope
		if _, err := ReadLabels(t.Context(), save(t, "m.nii", s.bytes())); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, version := range []int{1, 2} {
		s := ras2()
		s.version = version
		f.Add(s.bytes())
		f.Add(fixture.Gzip(s.bytes()))
		f.Add(s.bytes()[:350])
		s.dim, s.qform, s.sform = []int{2, 3, 4, 1, 1}, 1, 0
		s.quatern = [3]float64{0.1, 0.2, 0.3}
		f.Add(s.bytes())
	}
	table := ras2().bytes()
	binary.LittleEndian.PutUint32(table[108:],
		math.Float32bits(float32(352+len(labelTable([]string{"", "a", "<b>"})))))
	table[348] = 1
	f.Add(slices.Insert(table, 352, labelTable([]string{"", "a", "<b>"})...))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := save(t, "a.nii", b)
		if _, err := OpenSegmentation(t.Context(), path); err != nil &&
			(strings.ContainsAny(err.Error(), "\n\r") || !strings.Contains(err.Error(), "a.nii")) {
			t.Errorf("no sentence: %q", err)
		}
		s, err := Open(path)
		if err != nil {
			return
		}
		defer s.Close()
		if s.Geometry.Voxels() > 1<<20 {
			return
		}
		_, _ = s.Read(t.Context()) // it may fail, but it must not panic
	})
}

func FuzzHeader(f *testing.F) {
	for _, version := range []int{1, 2} {
		s := ras2()
		s.version = version
		f.Add(s.header())
		s.qform, s.sform, s.quatern = 1, 0, [3]float64{0.1, 0.2, 0.3}
		f.Add(s.header())
		s.srow[0][0], s.sform, s.pixdim[1] = math.NaN(), 1, math.Inf(1)
		f.Add(s.header()[:349])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHeader(b)
		if err != nil {
			return
		}
		l, _ := h.layout()
		if int64(l.Geometry.Voxels()) != h.voxels() {
			t.Errorf("%d voxels became %v", h.voxels(), l.Geometry.Size)
		}
		// The first and the last voxel of our grid lie within the file.
		last := l.Origin
		for axis, n := range l.Geometry.Size {
			last += int64(n-1) * l.Stride[axis]
		}
		if l.Origin < 0 || l.Origin >= h.voxels() || last < 0 || last >= h.voxels() {
			t.Errorf("voxels %d to %d of %d", l.Origin, last, h.voxels())
		}
	})
}
