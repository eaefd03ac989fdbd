package dicom

import (
	"context"
	"errors"
	"fmt"
	"io"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/encapsulated"
	"glasswork/dataset/dicom/internal/walk"
)

// frameHead is how many bytes of a frame are read to check its own header when a file is opened.
const frameHead = 1 << 10

// freePixels is how many pixels any file may claim: 64 MiB of HU.
const freePixels = 1 << 25

// noteFrameTable notes where the extended offset table is.
func (h *header) noteFrameTable(e walk.Element) {
	switch {
	case e.Open():
	case e.Tag == walk.FrameOffsets:
		h.frameOffsets = e
	case e.Tag == walk.FrameLengths:
		h.frameLengths = e
	}
}

// shape returns what h says about each of its frames.
func (h *header) shape() codec.Shape {
	return codec.Shape{
		Rows: h.rows, Columns: h.columns, Samples: h.samples, BitsAllocated: h.bitsAllocated,
	}
}

// findFrames finds where the frames of compressed pixels are in src, and compares the first frame's
// own header with h. framesErr says what is wrong.
func (h *header) findFrames(src io.ReaderAt) {
	h.frameSpans, h.framesErr = h.spans(src)
	if h.framesErr != nil {
		return
	}
	if h.framesErr = h.checkClaim(); h.framesErr != nil {
		return
	}
	first := h.frameSpans[0][0]
	first.Length = min(first.Length, frameHead)
	head, err := encapsulated.Bytes(src, []encapsulated.Span{first}, nil)
	if err == nil {
		err = codec.Check(h.UID, head, h.shape())
	}
	if !errors.Is(err, codec.ErrShort) { // the check is repeated with the whole frame
		h.framesErr = err
	}
}

// checkClaim bounds how much memory a file of few bytes can make the reader allocate.
func (h *header) checkClaim() error {
	bytes := int64(0)
	for _, frame := range h.frameSpans {
		for _, s := range frame {
			bytes += s.Length
		}
	}
	if pixels := int64(h.slicePixels()) * int64(h.frames); pixels > freePixels &&
		pixels/codec.Densest > bytes {
		return fmt.Errorf("it claims %d frames of %d × %d pixels in %d bytes, which is too "+
			"little for any picture", h.frames, h.columns, h.rows, bytes)
	}
	return nil
}

func (h *header) spans(src io.ReaderAt) ([][]encapsulated.Span, error) {
	data, err := encapsulated.Read(src, h.pixels.Value, h.size)
	if err != nil {
		return nil, err
	}
	if h.frameOffsets.Tag != 0 && h.frameLengths.Tag != 0 {
		offsets := encapsulated.Span{
			Offset: h.frameOffsets.Value, Length: int64(h.frameOffsets.Length),
		}
		lengths := encapsulated.Span{
			Offset: h.frameLengths.Value, Length: int64(h.frameLengths.Length),
		}
		if err := data.SetExtended(offsets, lengths); err != nil {
			return nil, err
		}
	}
	return data.Frames(h.frames)
}

// readFrame fills hu ([y,x]) with frame i of compressed pixels in HU. src is the file of h. It may
// be called for several frames at the same time, each with its own workspace.
func (h *header) readFrame(ctx context.Context, d *codec.Decoder, src io.ReaderAt, i int,
	hu []int16, w *workspace,
) error {
	frame, err := h.decodeFrame(ctx, d, src, i, w)
	if err != nil {
		return err
	}
	h.decodedAs(frame).toHU(hu, frame.Samples, w)
	return nil
}

// decodeFrame decodes frame i. Its samples are w's.
func (h *header) decodeFrame(
	ctx context.Context, d *codec.Decoder, src io.ReaderAt, i int, w *workspace,
) (frame codec.Frame, err error) {
	if h.framesErr != nil {
		return frame, h.framesErr
	}
	if i < 0 || i >= len(h.frameSpans) {
		return frame, fmt.Errorf("frame %d was asked for, it has %d", i+1, len(h.frameSpans))
	}
	if w.raw, err = encapsulated.Bytes(src, h.frameSpans[i], w.raw); err != nil {
		return frame, err
	}
	if frame, err = d.Decode(ctx, h.UID, w.raw, h.shape(), w.frame); err == nil {
		w.frame = frame.Samples
	}
	return frame, err
}

// decodedAs returns h with the form that its pixels have after decoding. The compressed data say
// how many bits they have. The header often says what there was before compression. The sign is
// taken from the header unless the data say that they are signed, because unsigned JPEG 2000 (and
// all other JPEG) may hold two's complement.
func (h *header) decodedAs(f codec.Frame) *header {
	g := *h
	g.BigEndian, g.bitsAllocated = false, f.Bits
	g.signed = h.signed || f.Signed
	leftAligned := h.highBit >= h.bitsStored && f.Precision > h.highBit
	if f.Precision > 0 && !leftAligned {
		g.bitsStored, g.highBit = f.Precision, f.Precision-1
	}
	return &g
}
