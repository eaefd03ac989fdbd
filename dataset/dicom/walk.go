package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Tags that steer the walk; the others are in header.go.
const (
	tagTransferSyntax = 0x0002_0010
	tagPixelData      = 0x7FE0_0010
	tagItem           = 0xFFFE_E000
	tagItemEnd        = 0xFFFE_E00D
	tagSequenceEnd    = 0xFFFE_E0DD

	undefinedLength = 0xFFFF_FFFF
	maxDepth        = 32
)

var errDamaged = errors.New("its elements are damaged")

// element is where one data element stands: start is its tag, value its first
// value byte. length is undefinedLength where the file leaves it open.
type element struct {
	tag    uint32
	vr     string
	start  int64
	value  int64
	length uint32
}

func (e element) open() bool { return e.length == undefinedLength }
func (e element) end() int64 { return e.value + int64(e.length) }

// walker steps over the elements of a data set without believing any length: an
// element that reaches past the file is an error before anything is allocated.
type walker struct {
	src      io.ReaderAt
	size     int64
	order    binary.ByteOrder
	implicit bool
	// buf holds the bytes of src from base on.
	buf  []byte
	base int64
}

const readAhead = 16 << 10

// bytes returns n bytes at offset off, valid until the next call.
func (w *walker) bytes(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || off+int64(n) > w.size {
		return nil, fmt.Errorf("%w: they reach past the end of the file", errDamaged)
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

// next reads the header of the element at off.
func (w *walker) next(off int64) (element, error) {
	b, err := w.bytes(off, 8)
	if err != nil {
		return element{}, err
	}
	e := element{tag: uint32(w.order.Uint16(b))<<16 | uint32(w.order.Uint16(b[2:])), start: off, value: off + 8}
	switch {
	case e.tag>>16 == 0xFFFE || w.implicit:
		e.length = w.order.Uint32(b[4:])
	default:
		e.vr = string(b[4:6])
		if !validVR(e.vr) {
			return e, fmt.Errorf("%w: %q is no value representation", errDamaged, e.vr)
		}
		if !longForm(e.vr) {
			e.length = uint32(w.order.Uint16(b[6:]))
			break
		}
		if b, err = w.bytes(off+8, 4); err != nil {
			return e, err
		}
		e.length, e.value = w.order.Uint32(b), off+12
	}
	if !e.open() && e.end() > w.size && e.tag != tagPixelData {
		return e, fmt.Errorf("%w: element (%04X,%04X) is longer than the file", errDamaged, e.tag>>16, e.tag&0xFFFF)
	}
	return e, nil
}

// walk calls visit for every element of the data set from off on, and for those of
// the sequences that enter asks for, until visit returns false or the data end.
func (w *walker) walk(off int64, enter func(element) bool, visit func(element) (bool, error)) error {
	for off < w.size {
		if w.size-off < 8 {
			return nil // trailing padding shorter than any element
		}
		e, err := w.next(off)
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
func (w *walker) skip(e element, depth int, enter func(element) bool, visit func(element) (bool, error)) (int64, error) {
	wanted := enter != nil && enter(e)
	if !e.open() && !wanted {
		return e.end(), nil
	}
	if depth > maxDepth {
		return 0, fmt.Errorf("%w: sequences are nested deeper than %d levels", errDamaged, maxDepth)
	}
	if e.vr == "UN" { // PS3.5 6.2.2: an open UN holds implicit little endian items
		inner := *w
		inner.implicit, inner.order = true, binary.LittleEndian
		return inner.items(e, depth, enter, visit)
	}
	return w.items(e, depth, enter, visit)
}

// items walks the items of sequence e and returns the offset behind it.
func (w *walker) items(e element, depth int, enter func(element) bool, visit func(element) (bool, error)) (int64, error) {
	off := e.value
	for e.open() || off < e.end() {
		item, err := w.next(off)
		if err != nil {
			return 0, err
		}
		switch item.tag {
		case tagSequenceEnd:
			return item.value, nil
		case tagItem:
			if off, err = w.item(item, depth, enter, visit); err != nil {
				return 0, err
			}
		default:
			return 0, fmt.Errorf("%w: a sequence holds something that is no item", errDamaged)
		}
	}
	return off, nil
}

// item walks the elements of one sequence item and returns the offset behind it.
func (w *walker) item(item element, depth int, enter func(element) bool, visit func(element) (bool, error)) (int64, error) {
	if !item.open() && enter == nil {
		return item.end(), nil
	}
	off := item.value
	for item.open() || off < item.end() {
		e, err := w.next(off)
		if err != nil {
			return 0, err
		}
		if e.tag == tagItemEnd {
			return e.value, nil
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

func validVR(vr string) bool {
	return vr[0] >= 'A' && vr[0] <= 'Z' && vr[1] >= 'A' && vr[1] <= 'Z'
}

// longForm says whether a VR has a 32-bit length in explicit syntaxes (PS3.5, 7.1.2).
func longForm(vr string) bool {
	switch vr {
	case "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV":
		return true
	}
	return false
}
