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

// Start finds the data set: its transfer syntax and its first byte. Files without
// preamble are accepted if they begin with file meta or identifying elements (as old
// archives write them, PS3.10 was not always kept).
func Start(src io.ReaderAt, size int64) (Syntax, int64, error) {
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
	w := New(src, size, Syntax{})
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

// Inflate returns the data set of a deflated file, in memory.
func Inflate(src io.ReaderAt, off, size int64) (io.ReaderAt, int64, error) {
	r := flate.NewReader(io.NewSectionReader(src, off, size-off))
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, MaxInflated+1))
	if len(b) > MaxInflated {
		return nil, 0, fmt.Errorf("it inflates to more than %d MiB, which no CT slice needs", MaxInflated>>20)
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, fmt.Errorf("its deflated data are damaged: %w", err)
	}
	return bytes.NewReader(b), int64(len(b)), nil
}
