package codec

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"

	"glasswork/dataset/dicom/codec/jpeg"
)

const maxScans = 128 // of a progressive picture; encoders use about ten

// jpegHeader reads the header, which JPEG and JPEG-LS have in common.
func jpegHeader(head []byte) (jpeg.Header, error) {
	h, err := jpeg.ReadHeader(head)
	if errors.Is(err, jpeg.ErrShort) {
		return h, ErrShort
	}
	return h, err
}

func checkJPEG(head []byte, s Shape) error {
	h, err := jpegHeader(head)
	switch {
	case err != nil:
		return err
	case h.Process > jpeg.Lossless:
		return fmt.Errorf("its pixels are compressed as %v, which its transfer syntax does not "+
			"allow", h.Process)
	}
	return checkSize(h.Process.String(), h.Rows, h.Columns, h.Components, h.Precision, s)
}

// decodeJPEG decodes what the header says, which may differ from what the transfer syntax promises.
// Baseline pictures in files that say extended are common.
func decodeJPEG(_ context.Context, _ *Decoder, stream []byte, s Shape, buf []byte) (Frame, error) {
	h, err := jpeg.ReadHeader(stream)
	if err != nil {
		return Frame{}, err
	}
	if h.Process != jpeg.Lossless && h.Precision == 8 {
		return decodeJPEG8(stream, s, buf)
	}
	pix := make([]uint16, s.pixels())
	if err := jpeg.Decode(pix, stream); err != nil {
		return Frame{}, err
	}
	out := room(buf, 2*len(pix))
	for i, v := range pix {
		binary.LittleEndian.PutUint16(out[2*i:], v)
	}
	return Frame{Samples: out, Bits: 16, Precision: h.Precision}, nil
}

// decodeJPEG8 decodes pictures of 8 bits with a DCT by the standard library.
func decodeJPEG8(stream []byte, s Shape, buf []byte) (Frame, error) {
	if n := bytes.Count(stream, []byte{0xFF, 0xDA}); n > maxScans { // each goes over all pixels
		return Frame{}, fmt.Errorf("its JPEG data are damaged: they have %d scans", n)
	}
	img, err := stdjpeg.Decode(bytes.NewReader(stream))
	if err != nil {
		return Frame{}, fmt.Errorf("its JPEG data are damaged: %w", err)
	}
	grey, ok := img.(*image.Gray)
	if !ok || grey.Rect != image.Rect(0, 0, s.Columns, s.Rows) {
		return Frame{}, errors.New("its JPEG data hold another picture than its header says")
	}
	out := room(buf, s.pixels())
	for y := range s.Rows {
		copy(out[y*s.Columns:][:s.Columns], grey.Pix[y*grey.Stride:])
	}
	return Frame{Samples: out, Bits: 8, Precision: 8}, nil
}

func checkJPEGLS(head []byte, s Shape) error {
	h, err := jpegHeader(head)
	switch {
	case err != nil:
		return err
	case h.Process != jpeg.LS:
		return fmt.Errorf("its pixels are compressed as %v, which its transfer syntax does not "+
			"allow", h.Process)
	}
	return checkSize("JPEG-LS", h.Rows, h.Columns, h.Components, h.Precision, s)
}
