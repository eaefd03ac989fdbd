package dicom

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/internal/osfile"
)

// slicePixels is the number of pixels of one slice.
func (h *header) slicePixels() int { return h.rows * h.columns }

// pixelBytes is how many bytes the pixels of one slice take.
func (h *header) pixelBytes() int { return h.slicePixels() * h.bitsAllocated / 8 }

// readPixels fills hu ([y,x]) with the slice of h in HU; d decodes compressed pixels.
// scratch is reused between calls and returned, possibly grown.
func (h *header) readPixels(ctx context.Context, d *codec.Decoder, hu []int16, scratch []byte) ([]byte, error) {
	if len(hu) != h.slicePixels() {
		return scratch, fmt.Errorf("a slice of %d pixels was asked for, it has %d", len(hu), h.slicePixels())
	}
	if h.Compressed {
		return h.readCompressed(ctx, d, hu, scratch)
	}
	n := h.pixelBytes()
	if cap(scratch) < n {
		scratch = make([]byte, n)
	}
	scratch = scratch[:n]
	f, err := os.Open(h.path)
	if err != nil {
		return scratch, osfile.Plain(err)
	}
	defer f.Close()
	src := io.ReaderAt(f)
	if h.Deflated {
		if src, err = h.inflated(f); err != nil {
			return scratch, err
		}
	}
	if _, err := src.ReadAt(scratch, h.pixels.Value); err != nil {
		if errors.Is(err, io.EOF) {
			return scratch, errors.New("it has become shorter since it was opened")
		}
		return scratch, osfile.Plain(err)
	}
	h.toHU(hu, scratch)
	return scratch, nil
}

// inflated inflates the data set of f again.
func (h *header) inflated(f *os.File) (io.ReaderAt, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, osfile.Plain(err)
	}
	_, off, err := walk.Start(f, info.Size())
	if err != nil {
		return nil, err
	}
	src, _, err := walk.Inflate(f, off, info.Size())
	return src, err
}

// toHU turns stored pixels into HU (PS3.3 C.7.6.3.1 and C.11.1): the stored bits are
// cut out and sign-extended, padding becomes air, slope and intercept are applied and
// the result is rounded and clamped to int16.
//
// The output of the rescale is HU whatever the photometric interpretation says: that
// governs display alone. Only where there is no rescale are MONOCHROME1's grey values
// inverted, as nothing else says which end is dark.
func (h *header) toHU(hu []int16, raw []byte) {
	if h.plain16() {
		h.toHUPlain(hu, raw)
		return
	}
	stored := h.storedReader(raw)
	shift := max(h.highBit+1-h.bitsStored, 0)
	low, high := 0, 1<<h.bitsStored-1
	if h.signed {
		low, high = -1<<(h.bitsStored-1), 1<<(h.bitsStored-1)-1
	}
	unused := 64 - h.bitsStored
	for i := range hu {
		whole := stored(i)
		v := int(uint64(whole>>shift) << unused >> unused)
		if h.signed {
			v = int(whole>>shift) << unused >> unused
		}
		if h.isPadding(v) || h.isPadding(int(whole)) {
			hu[i] = defaultPaddingHU
			continue
		}
		if h.inverted && !h.hasRescale {
			v = low + high - v
		}
		hu[i] = clamp(math.Round(float64(v)*h.slope + h.intercept))
	}
}

// plain16 says whether pixels are 16-bit little endian numbers whose stored bits fill
// the low end and whose rescale is a whole offset: what nearly every CT is.
func (h *header) plain16() bool {
	return h.bitsAllocated == 16 && !h.BigEndian && h.highBit == h.bitsStored-1 && h.slope == 1 &&
		h.intercept == math.Trunc(h.intercept) && math.Abs(h.intercept) < 1<<20 && (!h.inverted || h.hasRescale)
}

func (h *header) toHUPlain(hu []int16, raw []byte) {
	offset, unused := int32(h.intercept), 32-uint(h.bitsStored)
	signed, padded := h.signed, h.hasPadding
	lowest, highest := int32(h.padding[0]), int32(h.padding[1])
	raw = raw[:2*len(hu)]
	for i := range hu {
		whole := binary.LittleEndian.Uint16(raw[2*i:])
		v := int32(uint32(whole) << unused >> unused)
		if signed {
			v = int32(whole) << unused >> unused
		}
		if padded && (v >= lowest && v <= highest || int32(whole) >= lowest && int32(whole) <= highest) {
			hu[i] = defaultPaddingHU
			continue
		}
		hu[i] = int16(min(max(v+offset, math.MinInt16), math.MaxInt16))
	}
}

// storedReader returns a function that reads pixel i with all its allocated bits.
func (h *header) storedReader(raw []byte) func(i int) int64 {
	order := binary.ByteOrder(binary.LittleEndian)
	if h.BigEndian {
		order = binary.BigEndian
	}
	switch h.bitsAllocated {
	case 8:
		if h.BigEndian && h.pixels.VR == "OW" { // bytes swapped within words, PS3.5 annex D
			return func(i int) int64 { return int64(raw[min(i^1, len(raw)-1)]) }
		}
		return func(i int) int64 { return int64(raw[i]) }
	case 32:
		return func(i int) int64 { return int64(order.Uint32(raw[4*i:])) }
	default:
		return func(i int) int64 { return int64(order.Uint16(raw[2*i:])) }
	}
}

func (h *header) isPadding(v int) bool {
	return h.hasPadding && v >= h.padding[0] && v <= h.padding[1]
}

func clamp(v float64) int16 {
	return int16(min(max(v, math.MinInt16), math.MaxInt16))
}
