package dicom

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// inPlace says whether pixels become HU where they stand, four at once: they are 16-bit
// numbers in this machine's byte order whose stored bits fill the low end, nothing means
// "no data", and the rescale is a whole offset whose sums all fit. That is most CT.
func (h *header) inPlace() bool {
	low, high := h.limits()
	return h.bitsAllocated == 16 && !h.BigEndian && binary.NativeEndian.Uint16([]byte{1, 0}) == 1 &&
		h.highBit == h.bitsStored-1 && !h.hasPadding && h.slope == 1 && h.intercept == math.Trunc(h.intercept) &&
		float64(low)+h.intercept >= math.MinInt16 && float64(high)+h.intercept <= math.MaxInt16 &&
		(!h.inverted || h.hasRescale)
}

// toHUInPlace turns the stored pixels in hu into HU.
func (h *header) toHUInPlace(hu []int16) {
	stored, sign, offset := lanes(1<<h.bitsStored-1), uint64(0), lanes(int(h.intercept))
	if h.signed { // the sign is extended by flipping its bit and subtracting it
		sign, offset = lanes(1<<(h.bitsStored-1)), lanes(int(h.intercept)-1<<(h.bitsStored-1))
	}
	words, rest := wordsOf(hu)
	for i, word := range words {
		words[i] = addLanes(word&stored^sign, offset)
	}
	for i := range rest {
		rest[i] = h.hu(int64(uint16(rest[i])))
	}
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
