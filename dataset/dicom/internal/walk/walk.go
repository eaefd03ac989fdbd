// Package walk steps over the elements of a DICOM file. It finds where the data set begins, how it
// is encoded and where each element is. It trusts no length that a file claims, and it reads no
// values.
package walk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Tags that control the walk, and tags of elements whose place matters rather than their value.
const (
	Item        = 0xFFFE_E000
	ItemEnd     = 0xFFFE_E00D
	SequenceEnd = 0xFFFE_E0DD

	PixelData    = 0x7FE0_0010
	FloatPixels  = 0x7FE0_0008
	DoublePixels = 0x7FE0_0009
	// FrameOffsets and FrameLengths are the extended offset table of compressed pixels.
	FrameOffsets = 0x7FE0_0001
	FrameLengths = 0x7FE0_0002
	ModalityLUT  = 0x0028_3000
	// DirectoryRecords is the sequence of a DICOMDIR. ReferencedFile is the file of a record.
	DirectoryRecords = 0x0004_1220
	ReferencedFile   = 0x0004_1500

	transferSyntax = 0x0002_0010
)

const (
	// UndefinedLength is the length of an element that ends with a delimiter.
	UndefinedLength = 0xFFFF_FFFF
	// MaxDepth is how deep sequences may be nested.
	MaxDepth = 32
)

// ErrDamaged marks elements that contradict each other or the size of the file.
var ErrDamaged = errors.New("its elements are damaged")

// Element says where one data element is. Start is the offset of its tag, Value that of its first
// value byte. Length is UndefinedLength if the element ends with a delimiter. VR is empty in
// implicit syntaxes and for items.
type Element struct {
	Tag    uint32
	VR     string
	Start  int64
	Value  int64
	Length uint32
}

// Open reports whether the element ends with a delimiter rather than after Length bytes.
func (e Element) Open() bool { return e.Length == UndefinedLength }

// End returns the offset after an element that is not open.
func (e Element) End() int64 { return e.Value + int64(e.Length) }

// Walker steps over the elements of a data set without trusting any length. An element that reaches
// past the end of the file is an error, before anything is allocated.
type Walker struct {
	src         io.ReaderAt
	size, ahead int64
	// Order and Implicit say how elements are encoded.
	Order    binary.ByteOrder
	Implicit bool
	// buf holds the bytes of src that begin at offset base.
	buf  []byte
	base int64
}

// Bytes to read at once: from a data set, and from a meta group, which is short.
const (
	readAhead = 16 << 10
	metaAhead = 1 << 10
)

// Walker returns a walker over the elements of d.
func (d DataSet) Walker() *Walker { return newWalker(d.Src, d.Size, d.Syntax, readAhead) }

// newWalker returns a walker over the size bytes of src in the syntax s. It reads ahead bytes at
// once.
func newWalker(src io.ReaderAt, size int64, s Syntax, ahead int64) *Walker {
	w := &Walker{
		src: src, size: size, ahead: ahead, Order: binary.LittleEndian, Implicit: s.Implicit,
	}
	if s.BigEndian {
		w.Order = binary.BigEndian
	}
	return w
}

// Bytes returns n bytes at offset off. They are valid until the next call.
func (w *Walker) Bytes(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || off+int64(n) > w.size {
		return nil, fmt.Errorf("%w: they reach past the end of the file", ErrDamaged)
	}
	if at := off - w.base; at >= 0 && at+int64(n) <= int64(len(w.buf)) {
		return w.buf[at : at+int64(n)], nil
	}
	want := min(max(int64(n), w.ahead), w.size-off)
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
	e := Element{
		Tag: uint32(w.Order.Uint16(b))<<16 | uint32(w.Order.Uint16(b[2:])), Start: off,
		Value: off + 8,
	}
	switch {
	case e.Tag>>16 == 0xFFFE || w.Implicit:
		e.Length = w.Order.Uint32(b[4:])
	default:
		e.VR = representation(b[4:6])
		if !ValidVR(e.VR) {
			return w.without(e, b)
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
		return e, fmt.Errorf("%w: element (%04X,%04X) is longer than the file", ErrDamaged,
			e.Tag>>16, e.Tag&0xFFFF)
	}
	return e, nil
}

// without reads the header b of element e in an explicit syntax if its representation is not one,
// because some writers put ?? or dashes there. The dictionary then gives the representation.
func (w *Walker) without(e Element, b []byte) (Element, error) {
	vr := e.VR
	e.VR, e.Length = "", uint32(w.Order.Uint16(b[6:]))
	if !printable(vr[0]) || !printable(vr[1]) || e.End() > w.size {
		return e, fmt.Errorf("%w: %q is not a value representation", ErrDamaged, vr)
	}
	return e, nil
}

func printable(b byte) bool { return b >= ' ' && b < 0x7F }

// Skip returns the offset after e. If e is open, Skip walks through its items to find it.
func (w *Walker) Skip(e Element) (int64, error) { return w.skip(e, 0) }

func (w *Walker) skip(e Element, depth int) (int64, error) {
	if !e.Open() {
		return e.End(), nil
	}
	if depth > MaxDepth {
		return 0, fmt.Errorf("%w: sequences are nested deeper than %d levels", ErrDamaged, MaxDepth)
	}
	if e.VR == "UN" { // PS3.5 6.2.2: an open UN holds implicit little endian items
		defer w.Unknown()()
	}
	for off := e.Value; ; {
		item, err := w.Next(off)
		if err != nil {
			return 0, err
		}
		switch item.Tag {
		case SequenceEnd:
			return item.Value, nil
		case Item:
			if off, err = w.skipItem(item, depth); err != nil {
				return 0, err
			}
		default:
			return 0, fmt.Errorf("%w: a sequence holds something that is not an item", ErrDamaged)
		}
	}
}

// skipItem returns the offset after one item of a sequence.
func (w *Walker) skipItem(item Element, depth int) (int64, error) {
	if !item.Open() {
		return item.End(), nil
	}
	for off := item.Value; ; {
		e, err := w.Next(off)
		if err != nil {
			return 0, err
		}
		if e.Tag == ItemEnd {
			return e.Value, nil
		}
		if off, err = w.skip(e, depth+1); err != nil {
			return 0, err
		}
	}
}

// Unknown makes w read implicit little endian, which is the encoding inside an element of
// representation UN, whatever surrounds it (PS3.5 6.2.2). The returned function ends that.
func (w *Walker) Unknown() (end func()) {
	implicit, order := w.Implicit, w.Order
	w.Implicit, w.Order = true, binary.LittleEndian
	return func() { w.Implicit, w.Order = implicit, order }
}

// representation returns two bytes as a string. It allocates nothing for the common ones.
func representation(b []byte) string {
	for _, vr := range [...]string{
		"DS", "LO", "IS", "CS", "UI", "DA", "TM", "SH", "US", "PN", "SQ", "OB", "OW", "UN",
	} {
		if string(b) == vr {
			return vr
		}
	}
	return string(b)
}

// ValidVR reports whether two characters look like a value representation.
func ValidVR(vr string) bool {
	return vr[0] >= 'A' && vr[0] <= 'Z' && vr[1] >= 'A' && vr[1] <= 'Z'
}

// LongForm reports whether a VR has a 32-bit length in explicit syntaxes (PS3.5, 7.1.2).
func LongForm(vr string) bool {
	switch vr {
	case "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV":
		return true
	}
	return false
}
