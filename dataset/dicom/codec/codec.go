// Package codec decodes the frames of compressed DICOM pixel data. RLE, deflate and JPEG are
// decoded here. JPEG-LS and JPEG 2000 are decoded by C libraries in a program of their own
// (cmd/glasswork-codec), so data that make them crash or hang cost only one frame.
//
// A frame's own header is compared with the DICOM header before anything is decoded or allocated.
package codec

import (
	"context"
	"errors"
	"fmt"
)

// Shape is what a DICOM header says about one frame.
type Shape struct {
	Rows, Columns, Samples, BitsAllocated int
}

func (s Shape) pixels() int { return s.Rows * s.Columns }

// nativeBytes returns how many bytes the frame takes when it is not compressed.
func (s Shape) nativeBytes() int { return (s.pixels()*s.BitsAllocated + 7) / 8 }

// Frame is a decoded frame. Samples are [y,x], little endian, Bits wide each. Precision is the
// number of low bits that count, according to the compressed data. 0 means that the samples are
// what an uncompressed file would hold, so that the DICOM header says which bits count. Signed
// means that the compressed data state signed samples. Most kinds cannot state it.
type Frame struct {
	Samples         []byte
	Bits, Precision int
	Signed          bool
}

// ErrShort marks a check that could not be finished because the given bytes end within the frame's
// own header.
var ErrShort = errors.New("the compressed data end early")

// format is a family of transfer syntaxes that are compressed in the same way.
type format struct {
	// check compares the beginning of a frame with what the DICOM header says.
	check func(head []byte, s Shape) error
	// decode decodes a checked frame, into buf if it fits.
	decode func(ctx context.Context, d *Decoder, stream []byte, s Shape, buf []byte) (Frame, error)
}

// formatOf returns how the frames of a transfer syntax are compressed.
func formatOf(uid string) (format, bool) {
	switch uid {
	case "1.2.840.10008.1.2.1.98":
		return format{check: checkNothing, decode: decodeUncompressed}, true
	case "1.2.840.10008.1.2.8.1":
		return format{check: checkNothing, decode: decodeDeflated}, true
	case "1.2.840.10008.1.2.5":
		return format{check: checkRLE, decode: decodeRLE}, true
	case "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53",
		"1.2.840.10008.1.2.4.55",
		"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70":
		return format{check: checkJPEG, decode: decodeJPEG}, true
	case "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81":
		return format{check: checkJPEGLS, decode: decodeJPEGLS}, true
	case "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
		"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203":
		return format{check: checkJPEG2000, decode: decodeJPEG2000}, true
	}
	return format{}, false
}

// Known reports whether frames of a transfer syntax can be decoded.
func Known(uid string) bool {
	_, ok := formatOf(uid)
	return ok
}

// Check returns, as a clause, why a frame that begins with head cannot be decoded, as far as the
// frame's own header shows. It returns ErrShort if head ends within that header.
func Check(uid string, head []byte, s Shape) error {
	f, ok := formatOf(uid)
	if !ok {
		return fmt.Errorf("its pixels are compressed as %.64s, which cannot be decoded", uid)
	}
	if s.Samples != 1 {
		return fmt.Errorf("it is a colour picture (%d samples a pixel)", s.Samples)
	}
	return f.check(head, s)
}

// Densest is how many pixels one byte of compressed data can stand for in pictures larger than an
// empty slice. Real pictures reach a hundred.
const Densest = 1000

const alwaysPixels = 1 << 22 // 2,048 × 2,048: a claim of up to this size is cheap

// Decode decodes one frame. It uses buf for the result if it is large enough. It may be called from
// many goroutines. The number of frames that the program decodes at the same time is limited.
func (d *Decoder) Decode(ctx context.Context, uid string, stream []byte, s Shape,
	buf []byte,
) (Frame, error) {
	if err := Check(uid, stream, s); err != nil {
		return Frame{}, err
	}
	if err := ctx.Err(); err != nil {
		return Frame{}, err
	}
	if s.pixels() > alwaysPixels && s.pixels()/Densest > len(stream) {
		return Frame{}, fmt.Errorf("it claims %d × %d pixels in %d bytes, which is too little "+
			"for any picture", s.Columns, s.Rows, len(stream))
	}
	f, _ := formatOf(uid)
	return f.decode(ctx, d, stream, s, buf)
}

// checkNothing is for frames without a header of their own.
func checkNothing([]byte, Shape) error { return nil }

// checkSize checks the size and the number of bits in a frame's own header.
func checkSize(name string, rows, columns, components, precision int, s Shape) error {
	switch {
	case components != 1:
		return fmt.Errorf("it is a colour picture (its %s data have %d components)", name,
			components)
	case rows != s.Rows || columns != s.Columns:
		return fmt.Errorf("its header says %d × %d pixels, its %s data hold %d × %d", s.Columns,
			s.Rows, name, columns, rows)
	case precision < 1 || precision > 16:
		return fmt.Errorf("its %s data have %d bits a pixel; up to 16 can be read", name, precision)
	}
	return nil
}

// room returns n bytes, from buf if they fit.
func room(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}
