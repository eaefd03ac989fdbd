package dicom

import (
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
		{"rubbish above the stored bits", file{tagPixelData: words(0xF000, 0xA018, 1024, 2000, 4095, 1)}, []int16{-1024, -1000, 0, 976, 3071, -1023}},
		{"12 bits signed", file{tagSigned: uint16(1), tagIntercept: "0", tagPixelData: words(0xFFF, 0x800, 0x7FF, 0, 1, 0xF001)}, []int16{-1, -2048, 2047, 0, 1, 1}},
		{"16 bits signed", file{tagSigned: uint16(1), tagBitsStored: uint16(16), tagHighBit: uint16(15), tagIntercept: "0", tagPixelData: words(-32768, 32767, -1, 0, 1, -1000)}, []int16{-32768, 32767, -1, 0, 1, -1000}},
		{"16 bits unsigned, clamped", file{tagBitsStored: uint16(16), tagHighBit: uint16(15), tagIntercept: "0", tagPixelData: words(65535, 32768, 32767, 0, 1, 2)}, []int16{32767, 32767, 32767, 0, 1, 2}},
		{"high bit 15 of 12", file{tagHighBit: uint16(15), tagPixelData: words(0<<4, 24<<4, 1024<<4, 2000<<4, 4095<<4, 1<<4|7)}, []int16{-1024, -1000, 0, 976, 3071, -1023}},
		{"slope and fraction", file{tagSlope: "0.5", tagIntercept: "-0.25", tagPixelData: words(0, 1, 2, 3, 1000, 4095)}, []int16{0, 0, 1, 1, 500, 2047}},
		{"large slope, clamped", file{tagSlope: "100", tagPixelData: words(0, 1, 1000, 0, 0, 4095)}, []int16{-1024, -924, 32767, -1024, -1024, 32767}},
		{"padding", file{tagPadding: uint16(2000)}, []int16{-1024, -1000, 0, -1024, 3071, -1023}},
		{"padding, signed and written unsigned", file{
			tagSigned: uint16(1), tagBitsStored: uint16(16), tagHighBit: uint16(15), tagIntercept: "0",
			tagPadding: uint16(63536), tagPixelData: words(-2000, -1999, 0, 5, 6, 7),
		}, []int16{-1024, -1999, 0, 5, 6, 7}},
		{"padding range", file{tagPadding: uint16(4095), tagPaddingLimit: uint16(1500)}, []int16{-1024, -1000, 0, -1024, -1024, -1023}},
		{"padding, slow path", file{tagPadding: uint16(2000), tagSlope: "2"}, []int16{-1024, -976, 1024, -1024, 7166, -1022}},
		{"MONOCHROME1 with rescale keeps HU", file{tagPhotometric: "MONOCHROME1"}, []int16{-1024, -1000, 0, 976, 3071, -1023}},
		{"MONOCHROME1 without rescale is inverted", file{tagPhotometric: "MONOCHROME1", tagSlope: nil, tagIntercept: nil}, []int16{4095, 4071, 3071, 2095, 0, 4094}},
		{"8 bits", file{tagBitsAllocated: uint16(8), tagBitsStored: uint16(8), tagHighBit: uint16(7), tagPixelData: []byte{0, 1, 2, 128, 254, 255}}, []int16{-1024, -1023, -1022, -896, -770, -769}},
		{"32 bits signed", file{
			tagBitsAllocated: uint16(32), tagBitsStored: uint16(32), tagHighBit: uint16(31), tagSigned: uint16(1), tagIntercept: "0",
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

func TestTheFastPathAgreesWithTheGeneralOne(t *testing.T) {
	for _, signed := range []bool{false, true} {
		for _, bits := range []int{1, 8, 12, 15, 16} {
			h := header{
				rows: 256, columns: 256, bitsAllocated: 16, bitsStored: bits, highBit: bits - 1, signed: signed,
				slope: 1, intercept: -1000, hasRescale: true, hasPadding: true, padding: [2]int{7, 9},
			}
			raw := make([]byte, 2*h.slicePixels())
			for i := range h.slicePixels() {
				raw[2*i], raw[2*i+1] = byte(i), byte(i>>8)
			}
			if !h.plain16() {
				t.Fatal("the fast path is not taken")
			}
			fast, slow := make([]int16, h.slicePixels()), make([]int16, h.slicePixels())
			h.toHU(fast, raw)
			h.intercept += 1e-9 // no whole number: the general path
			h.toHU(slow, raw)
			if !slices.Equal(fast, slow) {
				t.Errorf("%d bits, signed %v: paths differ", bits, signed)
			}
		}
	}
}

func BenchmarkToHU(b *testing.B) {
	h := header{rows: 512, columns: 512, bitsAllocated: 16, bitsStored: 12, highBit: 11, slope: 1, intercept: -1024, hasRescale: true}
	raw, hu := make([]byte, 1<<19), make([]int16, 1<<18)
	b.SetBytes(1 << 19)
	for b.Loop() {
		h.toHU(hu, raw)
	}
}
