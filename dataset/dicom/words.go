package dicom

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// inPlace says whether pixels can become HU where they stand, four at once: they are
// 16-bit numbers in this machine's byte order whose stored bits fill the low end, nothing
// means "no data", and the rescale is a whole offset. That is most CT.
func (h *header) inPlace() bool {
	return h.bitsAllocated == 16 && !h.BigEndian && binary.NativeEndian.Uint16([]byte{1, 0}) == 1 &&
		h.highBit == h.bitsStored-1 && !h.hasPadding && h.lut == nil && h.slope == 1 &&
		h.intercept == math.Trunc(h.intercept) &&
		math.Abs(h.intercept) <= math.MaxInt16 && (h.alwaysFits() || h.bitsStored == 16) &&
		(!h.inverted || h.hasRescale)
}

// alwaysFits says whether no stored value leaves int16 when the intercept is added.
func (s *scaling) alwaysFits() bool {
	low, high := s.limits()
	return float64(low)+s.intercept >= math.MinInt16 && float64(high)+s.intercept <= math.MaxInt16
}

// toHUInPlace turns the stored pixels in hu into HU. It returns false, and leaves
// rubbish, if the HU of some would have to be clamped.
func (h *header) toHUInPlace(hu []int16) bool {
	stored, intercept := lanes(1<<h.bitsStored-1), lanes(int(h.intercept))
	sign, offset, large := uint64(0), intercept, uint64(laneTops)
	if h.signed { // the sign is extended by flipping its bit and subtracting it
		sign, offset, large = lanes(1<<(h.bitsStored-1)),
			lanes(int(h.intercept)-1<<(h.bitsStored-1)), 0
	}
	words, rest := wordsOf(hu)
	over := uint64(0)
	for i, word := range words {
		v := word & stored
		sum := addLanes(v^sign, offset)
		// of 16 bits: both of one sign, the sum of the other
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

// addLanes adds lane by lane, without a carry between them.
func addLanes(a, b uint64) uint64 {
	return ((a & laneRests) + (b & laneRests)) ^ ((a ^ b) & laneTops)
}

// bytesOf is the memory of hu, so that a file's pixels are read into their place.
func bytesOf(hu []int16) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(hu))), 2*len(hu))
}

// wordsOf is the memory of hu as words of four pixels each, and the pixels behind them.
func wordsOf(hu []int16) (words []uint64, rest []int16) {
	p := unsafe.Pointer(unsafe.SliceData(hu))
	if uintptr(p)%8 != 0 {
		return nil, hu
	}
	n := len(hu) / 4
	return unsafe.Slice((*uint64)(p), n), hu[4*n:]
}
