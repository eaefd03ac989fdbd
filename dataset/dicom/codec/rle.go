package codec

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	rleHeader   = 64 // bytes: the number of segments and 15 offsets
	rleSegments = 15
)

var errRLE = errors.New("its RLE data are damaged")

// rleLayout returns how many segments a frame has and how many bytes each of them unpacks to. There
// is one segment for each byte of a sample, or one for all packed bits.
func rleLayout(s Shape) (segments, length int) {
	if s.BitsAllocated < 8 {
		return 1, s.nativeBytes()
	}
	return s.BitsAllocated / 8, s.pixels()
}

func checkRLE(head []byte, s Shape) error {
	if len(head) < rleHeader {
		return ErrShort
	}
	want, _ := rleLayout(s)
	if got := binary.LittleEndian.Uint32(head); got != uint32(want) {
		return fmt.Errorf("%w: %d segments where %d bits a pixel need %d", errRLE, got,
			s.BitsAllocated, want)
	}
	return nil
}

// decodeRLE unpacks RLE Lossless (PS3.5, annex G). Each segment holds one byte of every sample. The
// most significant byte comes first.
func decodeRLE(_ context.Context, _ *Decoder, stream []byte, s Shape, buf []byte) (Frame, error) {
	segments, length := rleLayout(s)
	out := room(buf, segments*length)
	for i := range segments {
		from, to := int64(binary.LittleEndian.Uint32(stream[4+4*i:])), int64(len(stream))
		if i+1 < segments {
			to = int64(binary.LittleEndian.Uint32(stream[8+4*i:]))
		}
		if from < rleHeader || from > to || to > int64(len(stream)) {
			return Frame{}, fmt.Errorf("%w: segment %d lies outside them", errRLE, i+1)
		}
		if n := unpackBits(out[segments-1-i:], segments, length, stream[from:to]); n < length {
			return Frame{}, fmt.Errorf("%w: segment %d holds %d of %d bytes", errRLE, i+1, n,
				length)
		}
	}
	return Frame{Samples: out, Bits: s.BitsAllocated}, nil
}

// unpackBits writes up to length bytes to every step-th byte of out and returns how many it wrote
// (PS3.5, G.3.2). The rest of the input is padding.
func unpackBits(out []byte, step, length int, in []byte) int {
	n := 0
	for len(in) > 1 && n < length {
		code := int(in[0])
		in = in[1:]
		switch {
		case code < 128:
			run := min(code+1, len(in), length-n)
			for i, b := range in[:run] {
				out[(n+i)*step] = b
			}
			in, n = in[run:], n+run
		case code > 128:
			run, b := min(257-code, length-n), in[0]
			for i := range run {
				out[(n+i)*step] = b
			}
			in, n = in[1:], n+run
		}
	}
	return n
}
