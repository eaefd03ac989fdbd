package dicom

import (
	"context"
	"os"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/internal/osfile"
)

// bitSamples is how many slices of a volume are examined to find where their bits lie.
const bitSamples = 5

// alignment says where the stored bits of pixels lie among the allocated ones.
type alignment int

const (
	unseen alignment = iota
	atBottom
	atTop
)

// checkBits compares what the files say about the place of the stored bits with the bits
// themselves. HighBit must be BitsStored - 1. If it is not, the bits show which of the two is
// right. If they do not show it, HighBit is used and a warning says so.
func (s *stack) checkBits(ctx context.Context, d *codec.Decoder) {
	var odd, plain []*header
	for _, h := range s.slices {
		switch {
		case h.pixels.Tag != walk.PixelData:
		case h.highBit != h.bitsStored-1:
			odd = append(odd, h)
		case !h.Compressed && h.bitsStored < h.bitsAllocated:
			plain = append(plain, h)
		}
	}
	if len(odd) > 0 {
		s.checkOddBits(odd, usedBits(ctx, d, sample(odd, bitSamples)))
	}
	if len(plain) > 0 && usedBits(ctx, d, sample(plain, 1)).over {
		s.checkOverflow(plain, usedBits(ctx, d, sample(plain, bitSamples)))
	}
}

// checkOddBits decides for slices whose HighBit is not BitsStored - 1.
func (s *stack) checkOddBits(odd []*header, used bits) {
	h := odd[0]
	switch used.lie() {
	case atBottom:
		s.warn("The High Bit of %s (%d) contradicts its Bits Stored (%d); the pixels show that "+
			"their values lie in the lowest %d bits and are read there.", title(h), h.highBit,
			h.bitsStored, h.bitsStored)
		for _, h := range odd {
			h.highBit = h.bitsStored - 1
		}
	case atTop:
	default:
		s.warn("The High Bit of %s (%d) contradicts its Bits Stored (%d) and the pixels do not "+
			"show which is right; High Bit is used, so HU may be wrong.", title(h), h.highBit,
			h.bitsStored)
	}
}

// checkOverflow decides for slices whose pixels have bits above those that are stored.
func (s *stack) checkOverflow(plain []*header, used bits) {
	h := plain[0]
	if used.lie() != atTop {
		s.warn("Pixels of %s have bits above the %d that it calls stored; those are left out.",
			title(h), h.bitsStored)
		return
	}
	s.warn("The pixels of %s show that their values lie in the highest %d bits and not in the "+
		"lowest, as High Bit (%d) says; they are read there.", title(h), h.bitsStored, h.highBit)
	for _, h := range plain {
		h.highBit = h.bitsAllocated - 1
	}
}

// sample returns up to n of headers, evenly spread.
func sample(headers []*header, n int) (out []*header) {
	n = min(n, len(headers))
	for i := range n {
		out = append(out, headers[(2*i+1)*len(headers)/(2*n)])
	}
	return out
}

// bits holds what the pixels of some slices have in common.
type bits struct {
	over   bool // some have bits above the stored ones that are not a sign
	below  bool // some have bits below where the stored ones would be if they were at the top
	values map[int64]bool
}

// enoughValues is how many different values show that low bits are never used.
const enoughValues = 16

// lie returns where the stored bits lie, as far as the pixels show it.
func (b bits) lie() alignment {
	switch {
	case b.below && !b.over:
		return atBottom
	case b.over && !b.below && len(b.values) >= enoughValues:
		return atTop
	}
	return unseen
}

// usedBits examines the pixels of slices. Slices that cannot be read are ignored.
func usedBits(ctx context.Context, d *codec.Decoder, headers []*header) bits {
	all := bits{values: map[int64]bool{}}
	for _, h := range headers {
		w := &workspace{inflated: &inflated{}}
		raw, as, err := h.readRaw(ctx, d, w)
		if err == nil {
			all.look(as, raw)
		}
	}
	return all
}

// look adds the pixels raw of h.
func (b *bits) look(h *header, raw []byte) {
	stored := h.storedReader(raw)
	belowTop := int64(1)<<(h.bitsAllocated-h.bitsStored) - 1
	spare := 64 - h.bitsAllocated
	for i := range h.slicePixels() {
		v := stored(i)
		if h.isPadding(int(v)) || h.signed && h.isPadding(int(v<<spare>>spare)) {
			continue
		}
		b.below = b.below || v&belowTop != 0
		if h.signed { // a sign is extended up to the allocated bits, or not at all
			v = v << spare >> spare
			if top := v >> (h.bitsStored - 1); top == 0 || top == -1 {
				continue
			}
			v &= 1<<h.bitsAllocated - 1
		}
		b.over = b.over || v>>h.bitsStored != 0
		if len(b.values) < enoughValues {
			b.values[v] = true
		}
	}
}

// readRaw reads the pixels of h as they are stored. Compressed pixels are decoded. as is h with the
// form that the pixels then have.
func (h *header) readRaw(
	ctx context.Context, d *codec.Decoder, w *workspace,
) (raw []byte, as *header, err error) {
	f, err := os.Open(h.path)
	if err != nil {
		return nil, nil, osfile.Plain(err)
	}
	defer f.Close()
	if h.Compressed {
		frame, err := h.decodeFrame(ctx, d, f, h.frame, w)
		if err != nil {
			return nil, nil, err
		}
		as := *h
		as.BigEndian, as.bitsAllocated = false, frame.Bits
		as.bitsStored = min(as.bitsStored, frame.Bits)
		return frame.Samples, &as, nil
	}
	src, err := h.dataSet(f, w)
	if err != nil {
		return nil, nil, err
	}
	raw = make([]byte, h.pixelBytes())
	return raw, h, h.readStored(src, raw)
}
