package dicom

import (
	"errors"
	"fmt"
	"strings"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/internal/walk"
)

// refusal returns, as a clause, why the file is not offered as a slice of a CT, or "".
func (h *header) refusal() string {
	for _, check := range []func() error{h.checkKind, h.readable, h.checkPixels} {
		if err := check(); err != nil {
			return err.Error()
		}
	}
	return ""
}

// readable returns, as a sentence, why the pixels of h's transfer syntax cannot be decoded, or nil.
func (h *header) readable() error {
	if h.Compressed && !codec.Known(h.UID) {
		return fmt.Errorf("its pixels are compressed as %s (%s), which cannot be decoded; export "+
			"the series uncompressed", h.Name, h.UID)
	}
	return nil
}

// checkKind refuses what is not an axial CT image.
func (h *header) checkKind() error {
	switch {
	case h.sopClass == uidMediaDirectory:
		return errors.New("it is a DICOMDIR, a table of contents")
	case h.sopClass == uidSecondary || strings.HasPrefix(h.sopClass, uidSecondary+"."):
		return errors.New("it is a secondary capture (a picture of a screen), not a CT image")
	case h.isLocalizer():
		return errors.New("it is a localizer (scout view), not a slice")
	case h.modality != "" && h.modality != "CT":
		return fmt.Errorf("its modality is %.16s; Glasswork reads CT", h.modality)
	case h.pixels.Tag == 0 || h.rows <= 0 || h.columns <= 0:
		return errors.New("it holds no image")
	case h.frames < 1 || h.frames > maxFrames:
		return fmt.Errorf("it claims %d frames; 1 to %d can be read", h.frames, maxFrames)
	}
	return nil
}

// checkPixels compares what the header says about the pixels with the pixels.
func (h *header) checkPixels() error {
	switch {
	case h.pixels.Open() && !h.Compressed:
		return errors.New("its pixels are in fragments although it calls them uncompressed")
	case h.Compressed && !h.pixels.Open():
		return fmt.Errorf("it calls its pixels compressed as %s (%s), but they are not in "+
			"fragments", h.Name, h.UID)
	case h.samples != 1:
		return errors.New("it is a colour image, not CT values")
	case h.pixels.Tag != walk.PixelData:
		return h.checkFloats()
	case h.bitsAllocated != 8 && h.bitsAllocated != 16 && h.bitsAllocated != 32:
		return fmt.Errorf("it stores %d bits a pixel; 8, 16 and 32 can be read", h.bitsAllocated)
	case h.bitsStored < 1 || h.bitsStored > h.bitsAllocated || h.highBit < h.bitsStored-1 ||
		h.highBit >= h.bitsAllocated:
		return fmt.Errorf("its bits stored (%d), high bit (%d) and bits allocated (%d) "+
			"contradict each other", h.bitsStored, h.highBit, h.bitsAllocated)
	}
	return h.checkSize()
}

// checkFloats does what checkPixels does, for floating-point pixels (PS3.3 C.7.6.24).
func (h *header) checkFloats() error {
	bits := 32
	if h.pixels.Tag == walk.DoublePixels {
		bits = 64
	}
	switch {
	case h.Compressed:
		return errors.New("its pixels are floating-point numbers although they are called " +
			"compressed")
	case h.bitsAllocated != bits:
		return fmt.Errorf("its pixels are floating-point numbers of %d bits, it says %d", bits,
			h.bitsAllocated)
	}
	return h.checkSize()
}

// checkSize compares the size of the image with what the file holds.
func (h *header) checkSize() error {
	if h.rows > largestSide || h.columns > largestSide || h.slicePixels() > largestSlicePixels {
		return fmt.Errorf("it claims %d × %d pixels, more than any CT slice has", h.columns, h.rows)
	}
	if h.Compressed {
		return h.framesErr
	}
	there := min(int64(h.pixels.Length), h.size-h.pixels.Value)
	switch need := int64(h.frames) * int64(h.pixelBytes()); {
	case there < need && h.frames == 1:
		return fmt.Errorf("it is cut short: %d × %d pixels need %d bytes, %d are there", h.columns,
			h.rows, need, there)
	case there < need:
		return fmt.Errorf("it is cut short: %d frames of %d × %d pixels need %d bytes, "+
			"%d are there", h.frames, h.columns, h.rows, need, there)
	}
	return nil
}
