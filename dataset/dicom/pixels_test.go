package dicom

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

func TestPixelsBecomeHU(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes file
		want    []int16
	}{
		{"12 bits unsigned", file{}, []int16{-1024, -1000, 0, 976, 3071, -1023}},
		{"rubbish above the stored bits", file{tagPixelData: words(0xF000, 0xA018, 1024, 2000, 4095,
			1)}, []int16{-1024, -1000, 0, 976, 3071, -1023}},
		{"12 bits signed", file{
			tagSigned: uint16(1), tagIntercept: "0", tagPixelData: words(0xFFF, 0x800, 0x7FF, 0, 1,
				0xF001),
		}, []int16{-1, -2048, 2047, 0, 1, 1}},
		{"16 bits signed", file{
			tagSigned: uint16(1), tagBitsStored: uint16(16), tagHighBit: uint16(15),
			tagIntercept: "0", tagPixelData: words(-32768, 32767, -1, 0, 1, -1000),
		}, []int16{-32768, 32767, -1, 0, 1, -1000}},
		{"16 bits unsigned, clamped", file{
			tagBitsStored: uint16(16), tagHighBit: uint16(15), tagIntercept: "0",
			tagPixelData: words(65535, 32768, 32767, 0, 1, 2),
		}, []int16{32767, 32767, 32767, 0, 1, 2}},
		{"high bit 15 of 12", file{tagHighBit: uint16(15), tagPixelData: words(0<<4, 24<<4, 1024<<4,
			2000<<4, 4095<<4, 1<<4|7)}, []int16{-1024, -1000, 0, 976, 3071, -1023}},
		{"slope and fraction", file{
			tagSlope: "0.5", tagIntercept: "-0.25", tagPixelData: words(0, 1, 2, 3, 1000, 4095),
		}, []int16{0, 0, 1, 1, 500, 2047}},
		{
			"large slope, clamped", file{tagSlope: "100", tagPixelData: words(0, 1, 1000, 0, 0,
				4095)}, []int16{-1024, -924, 32767, -1024, -1024, 32767},
		},
		{"padding", file{tagPadding: uint16(2000)}, []int16{-1024, -1000, 0, -1024, 3071, -1023}},
		{"padding, signed and written unsigned", file{
			tagSigned: uint16(1), tagBitsStored: uint16(16), tagHighBit: uint16(15),
			tagIntercept: "0",
			tagPadding:   uint16(63536), tagPixelData: words(-2000, -1999, 0, 5, 6, 7),
		}, []int16{-1024, -1999, 0, 5, 6, 7}},
		{
			"padding range",
			file{tagPadding: uint16(4095), tagPaddingLimit: uint16(1500)},
			[]int16{-1024, -1000, 0, -1024, -1024, -1023},
		},
		{
			"padding, slow path",
			file{tagPadding: uint16(2000), tagSlope: "2"},
			[]int16{-1024, -976, 1024, -1024, 7166, -1022},
		},
		{
			"MONOCHROME1 with rescale keeps HU",
			file{tagPhotometric: "MONOCHROME1"},
			[]int16{-1024, -1000, 0, 976, 3071, -1023},
		},
		{"MONOCHROME1 without rescale is inverted", file{
			tagPhotometric: "MONOCHROME1", tagSlope: nil, tagIntercept: nil,
		}, []int16{4095, 4071, 3071, 2095, 0, 4094}},
		{"8 bits", file{
			tagBitsAllocated: uint16(8), tagBitsStored: uint16(8), tagHighBit: uint16(7),
			tagPixelData: []byte{0, 1, 2, 128, 254, 255},
		}, []int16{-1024, -1023, -1022, -896, -770, -769}},
		{"32 bits signed", file{
			tagBitsAllocated: uint16(32), tagBitsStored: uint16(32), tagHighBit: uint16(31),
			tagSigned: uint16(1), tagIntercept: "0",
			tagPixelData: words(-1, -1, 5, 0, -1000, -1, 0, 1, 0, 0, 1, 0),
		}, []int16{-1, 5, -1000, 32767, 0, 1}},
	} {
		s := one(t, dir(t, slice(1).with(c.changes)))
		v, err := s.Read(t.Context())
		if err != nil || !slices.Equal(v.HU, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, v.HU, err, c.want)
		}
	}
}

// Every stored value becomes the same HU in place, by the table and by computation.
func TestEveryWayToHUAgrees(t *testing.T) {
	const n = 1 << 16
	every := make([]byte, 2*n+2) // one pixel more than whole words
	for i := range n {
		binary.LittleEndian.PutUint16(every[2*i:], uint16(i))
	}
	base := header{rows: 1, columns: n + 1, scaling: scaling{
		bitsAllocated: 16, slope: 1, hasRescale: true,
	}}
	for _, bits := range []int{1, 8, 12, 15, 16} {
		for _, signed := range []bool{false, true} {
			for _, intercept := range []float64{0, -1024, 0.5} {
				for _, padding := range [][]int{nil, {-2000, -2000}, {7, 9}} {
					h := base
					h.bitsStored, h.highBit, h.signed, h.intercept = bits, bits-1, signed, intercept
					if padding != nil {
						h.hasPadding, h.padding = true, [2]int(padding)
					}
					checkToHU(t, &h, every)
				}
			}
		}
	}
}

func checkToHU(t *testing.T, h *header, stored []byte) {
	t.Helper()
	hu, w := make([]int16, h.slicePixels()), workspace{raw: stored}
	h.toHU(hu, w.raw, &w)
	for i := range hu {
		whole := binary.LittleEndian.Uint16(stored[2*i:])
		if want := h.hu(int64(whole)); hu[i] != want {
			t.Fatalf("%+v: %d became %d by the table, want %d", h.scaling, whole, hu[i], want)
		}
	}
	if !h.inPlace() {
		return
	}
	// All values together overflow if any of them can. Then they are converted one by one.
	inPlace := make([]int16, h.slicePixels())
	copy(bytesOf(inPlace), stored)
	if h.toHUInPlace(inPlace) && !slices.Equal(inPlace, hu) {
		t.Errorf("%+v: other HU in place than by the table", h.scaling)
	}
	fit := 0
	for i := 0; i+4 <= len(hu); i += 4 {
		copy(bytesOf(inPlace[:4]), stored[2*i:])
		if h.toHUInPlace(inPlace[:4]) {
			if fit += 4; !slices.Equal(inPlace[:4], hu[i:i+4]) {
				t.Fatalf("%+v: %v became %v in place", h.scaling, stored[2*i:2*i+8], inPlace[:4])
			}
		}
	}
	if fit == 0 {
		t.Errorf("%+v: nothing fits", h.scaling)
	}
}

func BenchmarkToHU(b *testing.B) {
	hu, w := make([]int16, 1<<18), workspace{raw: make([]byte, 1<<19)}
	for _, intercept := range []float64{-1024, 0.5} {
		h := header{rows: 512, columns: 512, scaling: scaling{
			bitsAllocated: 16, bitsStored: 12, highBit: 11, slope: 1, intercept: intercept,
			hasRescale: true,
		}}
		b.Run(fmt.Sprint(intercept), func(b *testing.B) {
			b.SetBytes(int64(len(w.raw)))
			for b.Loop() {
				if h.inPlace() {
					copy(bytesOf(hu), w.raw)
					h.toHUInPlace(hu)
				} else {
					h.toHU(hu, w.raw, &w)
				}
			}
		})
	}
}
