package codec

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
)

// decodeUncompressed returns a frame of Encapsulated Uncompressed Explicit VR Little Endian.
func decodeUncompressed(_ context.Context, _ *Decoder, stream []byte, s Shape,
	buf []byte,
) (Frame, error) {
	n := s.nativeBytes()
	if len(stream) < n {
		return Frame{}, fmt.Errorf("a frame is cut short: %d × %d pixels need %d bytes, %d are "+
			"there", s.Columns, s.Rows, n, len(stream))
	}
	out := room(buf, n)
	copy(out, stream)
	return Frame{Samples: out, Bits: s.BitsAllocated}, nil
}

// decodeDeflated inflates a frame of Deflated Image Frame Compression (PS3.5, 8.2.16).
func decodeDeflated(_ context.Context, _ *Decoder, stream []byte, s Shape,
	buf []byte,
) (Frame, error) {
	r := flate.NewReader(bytes.NewReader(stream))
	defer r.Close()
	out := room(buf, s.nativeBytes())
	switch _, err := io.ReadFull(r, out); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Frame{}, errors.New("a deflated frame is cut short")
	case err != nil:
		return Frame{}, fmt.Errorf("a deflated frame is damaged: %w", err)
	}
	return Frame{Samples: out, Bits: s.BitsAllocated}, nil
}
