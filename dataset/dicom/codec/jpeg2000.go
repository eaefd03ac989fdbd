package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	maxTiles    = 4096 // OpenJPEG keeps 6 kB for each
	precisionAt = 42   // the byte of a codestream that holds sign and precision
)

var errJPEG2000 = errors.New("its JPEG 2000 data are damaged")

// checkJPEG2000 reads the size of the picture (ISO 15444-1, A.5.1).
func checkJPEG2000(head []byte, s Shape) error {
	b, err := codestream(head)
	if err != nil {
		return err
	}
	if len(b) < 45 {
		return ErrShort
	}
	word := func(at int) int64 { return int64(binary.BigEndian.Uint32(b[at:])) }
	if string(b[:4]) != "\xFF\x4F\xFF\x51" {
		return fmt.Errorf("%w: they do not begin with their size", errJPEG2000)
	}
	right, bottom, left, top := word(8), word(12), word(16), word(20)
	tileWidth, tileHeight, tileLeft, tileTop := word(24), word(28), word(32), word(36)
	components := int(binary.BigEndian.Uint16(b[40:]))
	precision := int(b[precisionAt]&0x7F) + 1
	if err := checkSize("JPEG 2000", int(bottom-top), int(right-left), components, precision,
		s); err != nil {
		return err
	}
	if b[43] != 1 || b[44] != 1 {
		return fmt.Errorf("%w: its pixels are subsampled", errJPEG2000)
	}
	if tileWidth == 0 || tileHeight == 0 || tileLeft > left || tileTop > top {
		return fmt.Errorf("%w: its tiles do not cover it", errJPEG2000)
	}
	if tiles := ((right-tileLeft-1)/tileWidth + 1) * ((bottom-tileTop-1)/tileHeight +
		1); tiles > maxTiles {
		return fmt.Errorf("its JPEG 2000 data are cut into %d tiles; up to %d can be read", tiles,
			maxTiles)
	}
	return nil
}

// codestream finds the codestream in a JP2 file. Some archives store JP2 files although PS3.5 A.4.4
// asks for the codestream alone.
func codestream(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte("\x00\x00\x00\x0CjP  ")) {
		return b, nil
	}
	for len(b) >= 8 {
		length, header := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		if length == 1 && len(b) >= 16 {
			length, header = binary.BigEndian.Uint64(b[8:]), 16
		}
		if string(b[4:8]) == "jp2c" && uint64(len(b)) > header {
			return b[header:], nil
		}
		if length < header {
			return nil, fmt.Errorf("%w: its boxes have no length", errJPEG2000)
		}
		if length > uint64(len(b)) {
			break
		}
		b = b[length:]
	}
	return nil, ErrShort
}
