// Package walk steps over the elements of a DICOM file: where its data set begins, how it
// is encoded, where each element stands. It believes no length that a file claims, and
// it reads no values.
package walk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Tags that steer the walk.
const (
	PixelData   = 0x7FE0_0010
	Item        = 0xFFFE_E000
	ItemEnd     = 0xFFFE_E00D
	SequenceEnd = 0xFFFE_E0DD

	transferSyntax = 0x0002_0010
)

const (
	// UndefinedLength is the length of what ends with a delimiter.
	UndefinedLength = 0xFFFF_FFFF
	// MaxDepth is how deep sequences may be nested.
	MaxDepth = 32
)

// ErrDamaged marks what contradicts itself or the size of the file.
var ErrDamaged = errors.New("its elements are damaged")

// Element is where one data element stands: Start is its tag, Value its first
// value byte. Length is UndefinedLength where the file leaves it open. VR is empty in
// implicit syntaxes and for items.
type Element struct {
	Tag    uint32
	VR     string
	Start  int64
	Value  int64
	Length uint32
}

// Open says whether the element ends with a delimiter and not after Length bytes.
func (e Element) Open() bool { return e.Length == UndefinedLength }

// End is the offset behind an element that is not open.
func (e Element) End() int64 { return e.Value + int64(e.Length) }

// Walker steps over the elements of a data set without believing any length: an
// element that reaches past the file is an error before anything is allocated.
type Walker struct {
	src  io.ReaderAt
	size int64
	// Order and Implicit are how elements are encoded.
	Order    binary.ByteOrder
	Implicit bool
	// buf holds the bytes of src from base on.
	buf  []byte
	base int64
}

const readAhead = 16 << 10

// New returns a walker over the size bytes of src, encoded as s.
func New(src io.ReaderAt, size int64, s Syntax) *Walker {
	w := &Walker{src: src, size: size, Order: binary.LittleEndian, Implicit: s.Implicit}
	if s.BigEndian {
		w.Order = binary.BigEndian
	}
	return w
}

// Bytes returns n bytes at offset off, valid until the next call.
func (w *Walker) Bytes(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || off+int64(n) > w.size {
		return nil, fmt.Errorf("%w: they reach past the end of the file", ErrDamaged)
	}
	if at := off - w.base; at >= 0 && at+int64(n) <= int64(len(w.buf)) {
		return w.buf[at : at+int64(n)], nil
	}
	want := min(max(int64(n), readAhead), w.size-off)
	if int64(cap(w.buf)) < want {
		w.buf = make([]byte, want)
	}
	w.buf, w.base = w.buf[:want], off
	if got, err := w.src.ReadAt(w.buf, off); got < n {
		w.buf = w.buf[:0]
		return nil, fmt.Errorf("it could not be read: %w", err)
	}
	return w.buf[:n], nil
}

// Next reads the header of the element at off.
func (w *Walker) Next(off int64) (Element, error) {
	b, err := w.Bytes(off, 8)
	if err != nil {
		return Element{}, err
	}
	e := Element{Tag: uint32(w.Order.Uint16(b))<<16 | uint32(w.Order.Uint16(b[2:])), Start: off, Value: off + 8}
	switch {
	case e.Tag>>16 == 0xFFFE || w.Implicit:
		e.Length = w.Order.Uint32(b[4:])
	default:
		e.VR = string(b[4:6])
		if !ValidVR(e.VR) {
			return e, fmt.Errorf("%w: %q is no value representation", ErrDamaged, e.VR)
		}
		if !LongForm(e.VR) {
			e.Length = uint32(w.Order.Uint16(b[6:]))
			break
		}
		if b, err = w.Bytes(off+8, 4); err != nil {
			return e, err
		}
		e.Length, e.Value = w.Order.Uint32(b), off+12
	}
	if !e.Open() && e.End() > w.size && e.Tag != PixelData {
		return e, fmt.Errorf("%w: element (%04X,%04X) is longer than the file", ErrDamaged, e.Tag>>16, e.Tag&0xFFFF)
	}
	return e, nil
}

// Walk calls visit for every element of the data set from off on, and for those of
// the sequences that enter asks for, until visit returns false or the data end.
func (w *Walker) Walk(off int64, enter func(Element) bool, visit func(Element) (bool, error)) error {
	for off < w.size {
		if w.size-off < 8 {
			return nil // trailing padding shorter than any element
		}
		e, err := w.Next(off)
		if err != nil {
			return err
		}
		if goOn, err := visit(e); err != nil || !goOn {
			return err
		}
		if off, err = w.skip(e, 0, enter, visit); err != nil {
			return err
		}
	}
	return nil
}

// skip returns the offset behind e, walking through it where its length is open or
// enter asks for it.
func (w *Walker) skip(e Element, depth int, enter func(Element) bool, visit func(Element) (bool, error)) (int64, error) {
	wanted := enter != nil && enter(e)
	if !e.Open() && !wanted {
		return e.End(), nil
	}
	if depth > MaxDepth {
		return 0, fmt.Errorf("%w: sequences are nested deeper than %d levels", ErrDamaged, MaxDepth)
	}
	if e.VR == "UN" { // PS3.5 6.2.2: an open UN holds implicit little endian items
		implicit, order := w.Implicit, w.Order
		w.Implicit, w.Order = true, binary.LittleEndian
		defer func() { w.Implicit, w.Order = implicit, order }()
	}
	return w.items(e, depth, enter, visit)
}

// items walks the items of sequence e and returns the offset behind it.
func (w *Walker) items(e Element, depth int, enter func(Element) bool, visit func(Element) (bool, error)) (int64, error) {
	off := e.Value
	for e.Open() || off < e.End() {
		item, err := w.Next(off)
		if err != nil {
			return 0, err
		}
		switch item.Tag {
		case SequenceEnd:
			return item.Value, nil
		case Item:
			if off, err = w.item(item, depth, enter, visit); err != nil {
				return 0, err
			}
		default:
			return 0, fmt.Errorf("%w: a sequence holds something that is no item", ErrDamaged)
		}
	}
	return off, nil
}

// item walks the elements of one sequence item and returns the offset behind it.
func (w *Walker) item(item Element, depth int, enter func(Element) bool, visit func(Element) (bool, error)) (int64, error) {
	if !item.Open() && enter == nil {
		return item.End(), nil
	}
	off := item.Value
	for item.Open() || off < item.End() {
		e, err := w.Next(off)
		if err != nil {
			return 0, err
		}
		if e.Tag == ItemEnd {
			return e.Value, nil
		}
		if enter != nil {
			if _, err := visit(e); err != nil {
				return 0, err
			}
		}
		if off, err = w.skip(e, depth+1, enter, visit); err != nil {
			return 0, err
		}
	}
	return off, nil
}

// ValidVR says whether two characters look like a value representation.
func ValidVR(vr string) bool {
	return vr[0] >= 'A' && vr[0] <= 'Z' && vr[1] >= 'A' && vr[1] <= 'Z'
}

// LongForm says whether a VR has a 32-bit length in explicit syntaxes (PS3.5, 7.1.2).
func LongForm(vr string) bool {
	switch vr {
	case "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV":
		return true
	}
	return false
}
