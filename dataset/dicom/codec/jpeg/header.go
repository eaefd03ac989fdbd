// Package jpeg decodes grey JPEG pictures that the standard library does not support: 12-bit ones
// (sequential and progressive) and lossless ones of 2 to 16 bits (ITU-T T.81, processes 2, 4, 6, 8,
// 10, 12 and 14). It refuses colour, arithmetic coding and hierarchical modes by name.
package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Markers (T.81, table B.1). The one of JPEG-LS is from T.87.
const (
	markerSOF0 = 0xC0 // baseline
	markerSOF1 = 0xC1 // extended sequential
	markerSOF2 = 0xC2 // progressive
	markerSOF3 = 0xC3 // lossless
	markerDHT  = 0xC4
	markerJPG  = 0xC8
	markerDAC  = 0xCC
	markerRST0 = 0xD0
	markerRST7 = 0xD7
	markerSOI  = 0xD8
	markerEOI  = 0xD9
	markerSOS  = 0xDA
	markerDQT  = 0xDB
	markerDNL  = 0xDC
	markerDRI  = 0xDD
	markerLS   = 0xF7 // JPEG-LS's frame header
	markerTEM  = 0x01
)

// Process says how a picture is coded. It is the low byte of its frame header's marker.
type Process byte

// The processes that are distinguished.
const (
	Baseline    Process = markerSOF0
	Extended    Process = markerSOF1
	Progressive Process = markerSOF2
	Lossless    Process = markerSOF3
	LS          Process = markerLS
)

// String names the process in a sentence.
func (p Process) String() string {
	switch p {
	case Baseline:
		return "JPEG baseline"
	case Extended:
		return "JPEG extended sequential"
	case Progressive:
		return "JPEG progressive"
	case Lossless:
		return "JPEG lossless"
	case LS:
		return "JPEG-LS"
	case 0xC5, 0xC6, 0xC7:
		return "hierarchical JPEG"
	case 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF:
		return "JPEG with arithmetic coding"
	}
	return fmt.Sprintf("JPEG process %#x", byte(p))
}

// Header is what a picture's frame header says.
type Header struct {
	Process               Process
	Rows, Columns         int
	Components, Precision int
}

var (
	// ErrShort is the error of a picture that ends before it is complete.
	ErrShort = errors.New("the JPEG data end early")

	errDamaged = errors.New("the JPEG data are damaged")
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// ReadHeader reads the frame header of a JPEG or JPEG-LS picture that begins with b. It returns
// ErrShort if b ends before the header does.
func ReadHeader(b []byte) (Header, error) {
	s := segments{b: b}
	if err := s.begin(); err != nil {
		return Header{}, err
	}
	for {
		marker, payload, err := s.next()
		if err != nil {
			return Header{}, err
		}
		if isFrameHeader(marker) {
			h, _, err := frameHeader(marker, payload)
			return h, err
		}
		if marker == markerSOS || marker == markerEOI {
			return Header{}, damaged("the pixels come before the size of the picture")
		}
	}
}

func isFrameHeader(marker byte) bool {
	return marker >= markerSOF0 && marker <= 0xCF && marker != markerDHT && marker != markerJPG &&
		marker != markerDAC || marker == markerLS
}

// component is one component of a frame header.
type component struct{ id, table byte }

// frameHeader parses the payload of a frame header and returns its first component.
func frameHeader(marker byte, b []byte) (Header, component, error) {
	if len(b) < 6 {
		return Header{}, component{}, damaged("the frame header is too short")
	}
	h := Header{
		Process: Process(marker), Precision: int(b[0]),
		Rows: int(binary.BigEndian.Uint16(b[1:])), Columns: int(binary.BigEndian.Uint16(b[3:])),
		Components: int(b[5]),
	}
	if h.Components == 0 || len(b) < 6+3*h.Components {
		return Header{}, component{}, damaged("the frame header names %d components", h.Components)
	}
	return h, component{id: b[6], table: b[8]}, nil
}

// segments steps over the marker segments of a picture.
type segments struct {
	b   []byte
	pos int
}

func (s *segments) begin() error {
	if len(s.b) < 2 {
		return ErrShort
	}
	if s.b[0] != 0xFF || s.b[1] != markerSOI {
		return damaged("they do not begin as a JPEG picture does")
	}
	s.pos = 2
	return nil
}

// next returns the next marker and what its segment holds.
func (s *segments) next() (marker byte, payload []byte, err error) {
	for {
		if s.pos+2 > len(s.b) {
			return 0, nil, ErrShort
		}
		if s.b[s.pos] != 0xFF {
			return 0, nil, damaged("a marker was expected")
		}
		marker = s.b[s.pos+1]
		if marker != 0xFF {
			break
		}
		s.pos++ // a fill byte
	}
	s.pos += 2
	if marker == markerEOI || marker == markerTEM || marker >= markerRST0 && marker <= markerSOI {
		return marker, nil, nil
	}
	if s.pos+2 > len(s.b) {
		return 0, nil, ErrShort
	}
	length := int(binary.BigEndian.Uint16(s.b[s.pos:]))
	if length < 2 {
		return 0, nil, damaged("a segment is shorter than its length")
	}
	if s.pos+length > len(s.b) {
		return 0, nil, ErrShort
	}
	payload = s.b[s.pos+2 : s.pos+length]
	s.pos += length
	return marker, payload, nil
}
