package seg

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"runtime"

	"github.com/suyashkumar/dicom/pkg/tag"
	"golang.org/x/sync/errgroup"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/encapsulated"
	"glasswork/dataset/dicom/object"
)

// pixelCount returns the number of pixels of a frame.
func (f *frames) pixelCount() int { return f.rows * f.columns }

// load reads the pixels of all frames into memory, with as many bits per pixel as in the file.
func (f *frames) load(ctx context.Context, o *object.Object) error {
	p := o.Pixels
	switch {
	case p == nil || p.Tag != tag.PixelData:
		return errors.New("it holds no pixels")
	case p.Compressed:
		return f.decode(ctx, o)
	}
	need := (int64(len(f.list))*int64(f.pixelCount())*int64(f.bits) + 7) / 8
	if p.Size < need {
		return fmt.Errorf("it is cut short: %d frames of %d × %d pixels need %d bytes, "+
			"%d are there", len(f.list), f.columns, f.rows, need, p.Size)
	}
	data := make([]byte, min(need+need%2, p.Size)) // whole words, to be swapped
	if _, err := p.ReadAt(data, 0); err != nil {
		return endOfFile(err)
	}
	if p.BigEndian && (f.bits == 16 || p.VR == "OW") {
		turn(data)
	}
	for i := range f.list {
		f.list[i].data, f.list[i].first = data, i*f.pixelCount()*f.bits
	}
	return nil
}

// turn swaps the bytes of 16-bit words.
func turn(b []byte) {
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
}

// decode decodes compressed frames on all processors. Memory grows with what was decoded, not with
// what the file claims.
func (f *frames) decode(ctx context.Context, o *object.Object) error {
	found, err := encapsulated.Read(o.Pixels, 0, o.Pixels.Size)
	if err != nil {
		return err
	}
	spans, err := found.Frames(len(f.list))
	if err != nil {
		return err
	}
	if len(spans) != len(f.list) {
		return fmt.Errorf("it claims to have %d frames, but its pixels are %d", len(f.list),
			len(spans))
	}
	var decoder codec.Decoder
	defer decoder.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range f.list {
		g.Go(func() error {
			stream, err := encapsulated.Bytes(o.Pixels, spans[i], nil)
			if err != nil {
				return err
			}
			if f.list[i].data, err = f.decodeFrame(ctx, &decoder, o, stream); err != nil {
				return fmt.Errorf("frame %d: %w", i+1, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// decodeFrame decodes one frame. Codecs return one-bit frames as bytes, which are packed here.
func (f *frames) decodeFrame(ctx context.Context, d *codec.Decoder, o *object.Object,
	stream []byte,
) ([]byte, error) {
	shape := codec.Shape{Rows: f.rows, Columns: f.columns, Samples: 1, BitsAllocated: f.bits}
	decoded, err := d.Decode(ctx, o.TransferSyntax, stream, shape, nil)
	if err != nil {
		return nil, err
	}
	n := f.pixelCount()
	switch {
	case decoded.Bits == f.bits && len(decoded.Samples) >= (n*f.bits+7)/8:
		return decoded.Samples, nil
	case f.bits == 1 && decoded.Bits == 8 && len(decoded.Samples) >= n:
		packed := make([]byte, (n+7)/8)
		for i, v := range decoded.Samples[:n] {
			if v != 0 {
				packed[i/8] |= 1 << (i % 8)
			}
		}
		return packed, nil
	}
	return nil, fmt.Errorf("its pixels decode to %d bits each, the header says %d", decoded.Bits,
		f.bits)
}

// value returns the stored value of pixel i ([y,x]) of frame fr.
func (f *frames) value(fr *frame, i int) int {
	switch f.bits {
	case 1:
		bit := fr.first + i
		return int(fr.data[bit/8]>>(bit%8)) & 1
	case 8:
		return int(fr.data[fr.first/8+i])
	default:
		return int(binary.LittleEndian.Uint16(fr.data[fr.first/8+2*i:]))
	}
}

// values yields the stored values of a frame, one for each run of equal values.
func (f *frames) values(fr *frame) iter.Seq[int] {
	return func(yield func(int) bool) {
		last := -1
		for i := range f.pixelCount() {
			if v := f.value(fr, i); v != last {
				if last = v; !yield(v) {
					return
				}
			}
		}
	}
}

// shows returns a function that reports whether pixel i of frame fr belongs to the segment with
// that number.
func (f *frames) shows(fr *frame, number int) func(i int) bool {
	switch f.kind {
	case ofLabels:
		return func(i int) bool { return f.value(fr, i) == number }
	case ofFractions:
		return func(i int) bool { return 2*f.value(fr, i) >= f.maximum }
	}
	return func(i int) bool { return f.value(fr, i) == 1 }
}

// of returns the frames that may show the segment with that number.
func (f *frames) of(number int) []*frame {
	var out []*frame
	for i := range f.list {
		if f.kind == ofLabels || f.list[i].segment == number {
			out = append(out, &f.list[i])
		}
	}
	return out
}
