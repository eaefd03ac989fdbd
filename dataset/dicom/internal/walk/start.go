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

// ErrNotDICOM marks files that are not DICOM. Folders hold many of them.
var ErrNotDICOM = errors.New("it is not a DICOM file")

// MaxInflated is the largest size, in bytes, that a deflated data set may inflate to.
const MaxInflated = 64 << 20

// DataSet is the data set of a file: the elements after its preamble and meta group.
type DataSet struct {
	Syntax
	// Src holds the elements from Start to Size: the file, or what it inflates to.
	Src         io.ReaderAt
	Start, Size int64
	// Mended says that the file names no transfer syntax, or one that its elements are not
	// encoded in: Syntax is what they show.
	Mended bool
}

// Find finds the data set of a file of size bytes. A deflated data set is inflated in memory.
func Find(src io.ReaderAt, size int64) (DataSet, error) {
	uid, off, err := start(src, size)
	if err != nil {
		return DataSet{}, err
	}
	d := DataSet{Src: src, Start: off, Size: size}
	if uid == "" {
		return d, d.mend(true)
	}
	if d.Syntax, err = FindSyntax(uid); err != nil {
		return DataSet{}, err
	}
	if d.Deflated {
		if d.Src, d.Size, err = inflate(src, off, size); err != nil {
			return DataSet{}, err
		}
		d.Start = 0
	}
	return d, d.mend(false)
}

// mend looks at the first element and takes the transfer syntax that it shows where the named
// one is another, or none is named. A compressed one keeps its name: that tells how to read
// the pixels.
func (d *DataSet) mend(unnamed bool) error {
	head := make([]byte, 8)
	if n, _ := d.Src.ReadAt(head, d.Start); n < len(head) || d.Start+8 > d.Size {
		head = nil // too short to show anything
	}
	shown := shows(head)
	switch {
	case shown == "" && unnamed:
		_, err := FindSyntax("")
		return err
	case shown == "":
		return nil
	}
	s, err := FindSyntax(shown)
	if err != nil || !unnamed && s.Implicit == d.Implicit && s.BigEndian == d.BigEndian {
		return err
	}
	d.Mended = true
	if d.Compressed || d.Deflated {
		d.Implicit, d.BigEndian = s.Implicit, s.BigEndian
		return nil
	}
	d.Syntax = s
	return nil
}

// shows returns the transfer syntax that the first 8 bytes of a data set show, or "" if they show
// none. The number of the first group is small, so its high byte is zero.
func shows(head []byte) string {
	if len(head) < 8 {
		return ""
	}
	little, big := head[0] != 0 && head[1] == 0, head[0] == 0 && head[1] != 0
	explicit := ValidVR(string(head[4:6]))
	switch {
	case little && explicit:
		return ExplicitLE
	case big && explicit:
		return ExplicitBE
	case little && head[7] == 0: // a length, and no long one
		return ImplicitLE
	}
	return ""
}

// Begins says whether a file that begins with head is surely DICOM, whatever its name. Of files
// without a preamble only those in explicit syntaxes are sure.
func Begins(head []byte) bool {
	if len(head) >= 132 && string(head[128:132]) == "DICM" {
		return true
	}
	if len(head) < 16 || !ValidVR(string(head[4:6])) {
		return false
	}
	little, big := binary.LittleEndian.Uint16(head), binary.BigEndian.Uint16(head)
	return little == 0x0002 || little == 0x0008 || big == 0x0008
}

// start finds the transfer syntax and the first byte of the data set. A file without preamble is
// accepted if it begins with file meta or identifying elements, because old archives write such
// files.
func start(src io.ReaderAt, size int64) (uid string, off int64, err error) {
	head := make([]byte, min(size, 132))
	if n, err := src.ReadAt(head, 0); n < len(head) {
		return "", 0, fmt.Errorf("it could not be read: %w", err)
	}
	if len(head) == 132 && string(head[128:]) == "DICM" {
		return meta(src, 132, size)
	}
	if len(head) < 16 {
		return "", 0, ErrNotDICOM
	}
	little, big := binary.LittleEndian.Uint16(head), binary.BigEndian.Uint16(head)
	explicit := ValidVR(string(head[4:6]))
	switch {
	case little == 0x0002 && explicit:
		return meta(src, 0, size)
	case little == 0x0008 && explicit:
		return ExplicitLE, 0, nil
	case little == 0x0008 && head[6] == 0 && head[7] == 0:
		return ImplicitLE, 0, nil
	case big == 0x0008 && explicit:
		return ExplicitBE, 0, nil
	}
	return "", 0, ErrNotDICOM
}

// meta walks the file meta group (always explicit little endian) from off.
func meta(src io.ReaderAt, off, size int64) (uid string, end int64, err error) {
	w := newWalker(src, size, Syntax{}, metaAhead)
	for off+8 <= size {
		b, err := w.Bytes(off, 2)
		if err != nil {
			return "", 0, err
		}
		if binary.LittleEndian.Uint16(b) != 0x0002 {
			break
		}
		e, err := w.Next(off)
		if err != nil {
			return "", 0, err
		}
		if e.Open() {
			return "", 0, ErrDamaged
		}
		if e.Tag == transferSyntax {
			b, err := w.Bytes(e.Value, int(min(e.Length, 128)))
			if err != nil {
				return "", 0, err
			}
			uid = strings.Trim(string(b), " \x00")
		}
		off = e.End()
	}
	return uid, off, nil
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
