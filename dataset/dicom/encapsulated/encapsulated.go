// Package encapsulated finds the frames of compressed DICOM pixel data: which bytes of a file
// belong to which frame (PS3.5, A.4). It knows fragments and offset tables. Of what they hold it
// knows only the first bytes of a frame.
package encapsulated

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	tagItem        = 0xE000_FFFE // as the four little endian bytes are read
	tagSequenceEnd = 0xE0DD_FFFE

	undefinedLength = 0xFFFF_FFFF
	itemHeader      = 8
	// maxFragments bounds what a file of empty fragments costs, to 4 MiB. Two thousand slices of a
	// hundred fragments each fit.
	maxFragments = 1 << 18
)

// errDamaged is the error of a broken sequence of fragments.
var errDamaged = errors.New("its compressed pixels are damaged")

// Span is a run of bytes of the file.
type Span struct{ Offset, Length int64 }

// Data says where compressed pixel data are in a file.
type Data struct {
	src       io.ReaderAt
	fragments []Span // nonempty ones, in the order of the file
	first     int64  // where the item of the first fragment begins; offsets count from here
	table     []uint64
	lengths   []uint64 // bytes of each frame, from the extended table
}

// Read lists the fragments of the pixel data whose value begins at off, in a file of size bytes. It
// is an error if the file ends within them.
func Read(src io.ReaderAt, off, size int64) (*Data, error) {
	d := &Data{src: src}
	table, off, err := d.item(off, size)
	if err != nil {
		return nil, err
	}
	if d.table, err = d.offsets(table, 4); err != nil {
		return nil, err
	}
	d.first = off
	for n := 0; ; n++ {
		if off == size && n > 0 {
			return d, nil // the delimiter is missing, but all pixels are there
		}
		span, next, err := d.item(off, size)
		switch {
		case err != nil:
			return nil, err
		case next == 0:
			return d, nil
		case n == maxFragments:
			return nil, fmt.Errorf("%w: they are in more than %d fragments", errDamaged,
				maxFragments)
		case span.Length > 0:
			d.fragments = append(d.fragments, span)
		}
		off = next
	}
}

// item reads the item at off. next is 0 if it is the delimiter that ends the sequence.
func (d *Data) item(off, size int64) (value Span, next int64, err error) {
	var b [itemHeader]byte
	if off < 0 || off+itemHeader > size {
		return Span{}, 0, fmt.Errorf("%w: the file ends within them", errDamaged)
	}
	if n, err := d.src.ReadAt(b[:], off); n < len(b) {
		return Span{}, 0, fmt.Errorf("it could not be read: %w", err)
	}
	length := binary.LittleEndian.Uint32(b[4:])
	value = Span{off + itemHeader, int64(length)}
	switch tag := binary.LittleEndian.Uint32(b[:]); {
	case tag == tagSequenceEnd:
		return Span{}, 0, nil
	case tag != tagItem || length == undefinedLength:
		return Span{}, 0, fmt.Errorf("%w: a fragment does not begin where the one before it ends",
			errDamaged)
	case value.Offset+value.Length > size:
		return Span{}, 0, fmt.Errorf("%w: the file ends within them", errDamaged)
	}
	return value, value.Offset + value.Length, nil
}

// offsets reads a table of numbers of width bytes. If the table is longer than any real one, the
// result is empty, as a table may be. Frames are then found by their first bytes.
func (d *Data) offsets(at Span, width int64) ([]uint64, error) {
	n := at.Length / width
	if n > maxFragments {
		return nil, nil
	}
	b := make([]byte, n*width)
	if got, err := d.src.ReadAt(b, at.Offset); got < len(b) {
		return nil, fmt.Errorf("it could not be read: %w", err)
	}
	out := make([]uint64, n)
	for i := range out {
		if width == 4 {
			out[i] = uint64(binary.LittleEndian.Uint32(b[4*i:]))
		} else {
			out[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
	}
	return out, nil
}

// SetExtended reads the Extended Offset Table and its lengths. They are in elements of their own
// and replace the basic table, which is then empty.
func (d *Data) SetExtended(offsets, lengths Span) error {
	table, err := d.offsets(offsets, 8)
	if err != nil {
		return err
	}
	bytes, err := d.offsets(lengths, 8)
	if err != nil {
		return err
	}
	if len(table) > 0 && len(table) == len(bytes) {
		d.table, d.lengths = table, bytes
	}
	return nil
}

// Bytes reads the spans of src, one after the other, into buf, which grows as needed.
func Bytes(src io.ReaderAt, spans []Span, buf []byte) ([]byte, error) {
	total := int64(0)
	for _, s := range spans {
		total += s.Length
	}
	if int64(cap(buf)) < total {
		buf = make([]byte, total)
	}
	buf = buf[:total]
	at := buf
	for _, s := range spans {
		if n, err := src.ReadAt(at[:s.Length], s.Offset); int64(n) < s.Length {
			if errors.Is(err, io.EOF) {
				return buf, errors.New("it has become shorter since it was opened")
			}
			return buf, fmt.Errorf("it could not be read: %w", err)
		}
		at = at[s.Length:]
	}
	return buf, nil
}
