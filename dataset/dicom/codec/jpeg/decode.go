package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// maxScans bounds how many scans of a progressive picture are decoded. Encoders use about ten.
const maxScans = 128

// decoder is the state of decoding one picture.
type decoder struct {
	segments
	Header
	component component
	seen      bool // the frame header has been read
	dc, ac    [4]*huffman
	quant     [4]*[64]uint16
	interval  int // of restarts, in blocks or pixels
	pix       []uint16
	dct       *blocks // for processes with a DCT
}

// Decode decodes the picture b into pix, [y,x], which must have rows × columns pixels as in its
// header. Values have as many bits as its Precision.
func Decode(pix []uint16, b []byte) error {
	d := &decoder{segments: segments{b: b}, pix: pix}
	if err := d.begin(); err != nil {
		return err
	}
	for scans := 0; ; {
		marker, payload, err := d.next()
		if errors.Is(err, ErrShort) && scans > 0 || marker == markerEOI {
			return d.finish(scans)
		}
		if err != nil {
			return err
		}
		if marker != markerSOS {
			if err := d.segment(marker, payload); err != nil {
				return err
			}
			continue
		}
		if scans++; scans > maxScans {
			return damaged("it has more than %d scans", maxScans)
		}
		if err := d.scan(payload); err != nil {
			return err
		}
		if d.Process != Progressive {
			return d.finish(scans)
		}
	}
}

// finish computes pixels from the coefficients of all scans.
func (d *decoder) finish(scans int) error {
	if scans == 0 {
		return ErrShort
	}
	if d.Process != Progressive {
		return nil
	}
	return d.dct.pixels(d)
}

// segment interprets a segment other than a scan.
func (d *decoder) segment(marker byte, b []byte) error {
	switch {
	case isFrameHeader(marker):
		return d.frame(marker, b)
	case marker == markerDHT:
		return d.huffmanTables(b)
	case marker == markerDQT:
		return d.quantTables(b)
	case marker == markerDRI:
		if len(b) < 2 {
			return damaged("the restart interval is cut short")
		}
		d.interval = int(binary.BigEndian.Uint16(b))
	case marker == markerDAC:
		return fmt.Errorf("%v cannot be decoded", Process(0xC9))
	case marker == markerDNL:
		return damaged("the number of rows comes too late")
	}
	return nil // APPn, comments and reserved segments do not affect the pixels
}

func (d *decoder) frame(marker byte, b []byte) error {
	h, c, err := frameHeader(marker, b)
	switch {
	case err != nil:
		return err
	case d.seen:
		return damaged("there are two frame headers")
	case h.Components != 1:
		return fmt.Errorf("it is a colour picture (%d components)", h.Components)
	case h.Process > Lossless:
		return fmt.Errorf("%v cannot be decoded", h.Process)
	case h.Rows*h.Columns != len(d.pix) || h.Rows == 0 || h.Columns == 0:
		return damaged("they hold %d × %d pixels, not %d", h.Columns, h.Rows, len(d.pix))
	case h.Process == Lossless && (h.Precision < 2 || h.Precision > 16), h.Process != Lossless &&
		h.Precision != 8 && h.Precision != 12:
		return damaged("%v has no %d bits", h.Process, h.Precision)
	}
	d.Header, d.component, d.seen = h, c, true
	if h.Process != Lossless {
		d.dct = newBlocks(h)
	}
	return nil
}

func (d *decoder) huffmanTables(b []byte) error {
	for len(b) > 0 {
		class, id := b[0]>>4, b[0]&15
		if class > 1 || id > 3 {
			return damaged("a Huffman table has an invalid number")
		}
		h, n, err := newHuffman(b[1:])
		if err != nil {
			return err
		}
		if class == 0 {
			d.dc[id] = h
		} else {
			d.ac[id] = h
		}
		b = b[1+n:]
	}
	return nil
}

func (d *decoder) quantTables(b []byte) error {
	for len(b) > 0 {
		wide, id := int(b[0]>>4), b[0]&15
		if wide > 1 || id > 3 || len(b) < 1+64*(1+wide) {
			return damaged("a quantisation table is cut short or has an invalid number")
		}
		t := new([64]uint16)
		for i := range t {
			if wide == 0 {
				t[i] = uint16(b[1+i])
			} else {
				t[i] = binary.BigEndian.Uint16(b[1+2*i:])
			}
		}
		d.quant[id] = t
		b = b[1+64*(1+wide):]
	}
	return nil
}

// scanHeader is what a scan says about itself (T.81, B.2.3).
type scanHeader struct {
	dc, ac    *huffman
	first     int // coefficient, or a lossless scan's predictor
	last      int
	high, low int // bit positions of successive approximation; low is the point transform
}

// scan decodes one scan, whose header is b and whose bits follow it.
func (d *decoder) scan(b []byte) error {
	if !d.seen {
		return damaged("the pixels come before the size of the picture")
	}
	if len(b) != 6 || b[0] != 1 || b[1] != d.component.id || b[2]>>4 > 3 || b[2]&15 > 3 {
		return damaged("a scan's header does not fit")
	}
	s := scanHeader{
		dc: d.dc[b[2]>>4], ac: d.ac[b[2]&15],
		first: int(b[3]), last: int(b[4]), high: int(b[5] >> 4), low: int(b[5] & 15),
	}
	r := &bitReader{b: d.b, pos: d.pos}
	var err error
	if d.Process == Lossless {
		err = d.lossless(s, r)
	} else {
		err = d.dct.scan(d, s, r)
	}
	if err == nil && r.ended() {
		err = ErrShort
	}
	d.pos = r.pos
	for d.pos < len(d.b) && d.b[d.pos] != 0xFF { // what an encoder left after its last bits
		d.pos++
	}
	return err
}
