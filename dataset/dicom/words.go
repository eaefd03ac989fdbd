package dicom

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// inPlace reports whether pixels can be converted to HU in place, four at once. They must be 16-bit
// numbers in this machine's byte order, with stored bits at the low end. No value may mean "no
// data", and the rescale must be a whole offset. Most CT meets this.
func (h *header) inPlace() bool {
	return h.bitsAllocated == 16 && !h.BigEndian && binary.NativeEndian.Uint16([]byte{1, 0}) == 1 &&
		h.highBit == h.bitsStored-1 && !h.hasPadding && h.lut == nil && h.slope == 1 &&
		h.intercept == math.Trunc(h.intercept) &&
		math.Abs(h.intercept) <= math.MaxInt16 && (h.alwaysFits() || h.bitsStored == 16) &&
		(!h.inverted || h.hasRescale)
}

// alwaysFits reports whether every stored value fits int16 after the intercept is added.
func (s *scaling) alwaysFits() bool {
	low, high := s.limits()
	return float64(low)+s.intercept >= math.MinInt16 && float64(high)+s.intercept <= math.MaxInt16
}

// toHUInPlace converts the stored pixels in hu to HU. If any HU would have to be clamped, it
// returns false and the contents of hu are undefined.
func (h *header) toHUInPlace(hu []int16) bool {
	stored, intercept := lanes(1<<h.bitsStored-1), lanes(int(h.intercept))
	sign, offset, large := uint64(0), intercept, uint64(laneTops)
	if h.signed { // sign extension: flip the sign bit and subtract it
		sign, offset, large = lanes(1<<(h.bitsStored-1)),
			lanes(int(h.intercept)-1<<(h.bitsStored-1)), 0
	}
	words, rest := wordsOf(hu)
	over := uint64(0)
	for i, word := range words {
		v := word & stored
		sum := addLanes(v^sign, offset)
		// 16-bit overflow: both operands of one sign, the sum of the other
		over |= v&large | (v^sum)&^(v^intercept)
		words[i] = sum
	}
	for i := range rest {
		rest[i] = h.hu(int64(uint16(rest[i])))
	}
	return over&laneTops == 0 || h.alwaysFits()
}

const (
	laneTops  = 0x8000_8000_8000_8000
	laneRests = 0x7FFF_7FFF_7FFF_7FFF
)

// lanes repeats v in the four 16-bit lanes of a word.
func lanes(v int) uint64 { return uint64(uint16(v)) * 0x0001_0001_0001_0001 }

// addLanes adds lane by lane, without a carry between lanes.
func addLanes(a, b uint64) uint64 {
	return ((a & laneRests) + (b & laneRests)) ^ ((a ^ b) & laneTops)
}

// bytesOf returns the memory of hu as bytes, so that a file's pixels can be read into it.
func bytesOf(hu []int16) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(hu))), 2*len(hu))
}

// wordsOf returns the memory of hu as words of four pixels each, and the pixels after them.
func wordsOf(hu []int16) (words []uint64, rest []int16) {
	p := unsafe.Pointer(unsafe.SliceData(hu))
	if uintptr(p)%8 != 0 {
		return nil, hu
	}
	n := len(hu) / 4
	return unsafe.Slice((*uint64)(p), n), hu[4*n:]
}
