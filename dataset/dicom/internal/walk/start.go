package walk

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrNotDICOM marks files that are something else; folders hold many of them.
var ErrNotDICOM = errors.New("it is not a DICOM file")

// MaxInflated is how large a deflated data set may become, in bytes.
const MaxInflated = 64 << 20

// DataSet is the data set of a file: the elements behind its preamble and meta group.
type DataSet struct {
	Syntax
	// Src holds the elements from Start to Size: the file, or what it inflates to.
	Src         io.ReaderAt
	Start, Size int64
}

// Find finds the data set of a file of size bytes. A deflated one is inflated in memory.
func Find(src io.ReaderAt, size int64) (DataSet, error) {
	s, off, err := start(src, size)
	if err != nil {
		return DataSet{}, err
	}
	if s.Deflated {
		if src, size, err = inflate(src, off, size); err != nil {
			return DataSet{}, err
		}
		off = 0
	}
	return DataSet{Syntax: s, Src: src, Start: off, Size: size}, nil
}

// start finds the transfer syntax and the first byte of the data set. Files without preamble
// are accepted if they begin with file meta or identifying elements: old archives write them.
func start(src io.ReaderAt, size int64) (Syntax, int64, error) {
	head := make([]byte, min(size, 132))
	if n, err := src.ReadAt(head, 0); n < len(head) {
		return Syntax{}, 0, fmt.Errorf("it could not be read: %w", err)
	}
	if len(head) == 132 && string(head[128:]) == "DICM" {
		return meta(src, 132, size)
	}
	if len(head) < 16 {
		return Syntax{}, 0, ErrNotDICOM
	}
	little, big := binary.LittleEndian.Uint16(head), binary.BigEndian.Uint16(head)
	explicit := ValidVR(string(head[4:6]))
	switch {
	case little == 0x0002 && explicit:
		return meta(src, 0, size)
	case little == 0x0008 && explicit:
		return bySyntax(ExplicitLE, 0)
	case little == 0x0008 && head[6] == 0 && head[7] == 0:
		return bySyntax(ImplicitLE, 0)
	case big == 0x0008 && explicit:
		return bySyntax(ExplicitBE, 0)
	}
	return Syntax{}, 0, ErrNotDICOM
}

func bySyntax(uid string, off int64) (Syntax, int64, error) {
	s, err := FindSyntax(uid)
	return s, off, err
}

// meta walks the file meta group (always explicit little endian) from off.
func meta(src io.ReaderAt, off, size int64) (Syntax, int64, error) {
	w := newWalker(src, size, Syntax{}, metaAhead)
	var uid string
	for off+8 <= size {
		b, err := w.Bytes(off, 2)
		if err != nil {
			return Syntax{}, 0, err
		}
		if binary.LittleEndian.Uint16(b) != 0x0002 {
			break
		}
		e, err := w.Next(off)
		if err != nil {
			return Syntax{}, 0, err
		}
		if e.Open() {
			return Syntax{}, 0, ErrDamaged
		}
		if e.Tag == transferSyntax {
			b, err := w.Bytes(e.Value, int(min(e.Length, 128)))
			if err != nil {
				return Syntax{}, 0, err
			}
			uid = strings.Trim(string(b), " \x00")
		}
		off = e.End()
	}
	return bySyntax(uid, off)
}

// inflate returns the data set of a deflated file, in memory.
func inflate(src io.ReaderAt, off, size int64) (io.ReaderAt, int64, error) {
	r := flate.NewReader(io.NewSectionReader(src, off, size-off))
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, MaxInflated+1))
	if len(b) > MaxInflated {
		return nil, 0, fmt.Errorf("it inflates to more than %d MiB, which no CT slice needs",
			MaxInflated>>20)
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, fmt.Errorf("its deflated data are damaged: %w", err)
	}
	return bytes.NewReader(b), int64(len(b)), nil
}
