// Package object reads a whole DICOM file into a tree of elements, builds such trees and
// writes them. It is for objects that are more than pixels: segmentations, structure sets,
// reports, and the headers that are copied into them.
//
// Elements are those of the DICOM library. They are read by a walk of our own, which
// believes no length; the library's dictionary and character sets give them meaning and
// its writer encodes their values. Pixels stay in the file until they are asked for.
package object

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/internal/osfile"
)

// ErrNotDICOM marks files that are something else.
var ErrNotDICOM = walk.ErrNotDICOM

// Object is one DICOM file: its elements and where its pixels are.
type Object struct {
	Set
	// TransferSyntax is the UID in which it was read; what is written is explicit little
	// endian, except pixels that were compressed: they stay as they are.
	TransferSyntax string
	// Pixels are those of the object itself, nil if it has none.
	Pixels *Pixels

	file *os.File
}

// Pixels is the value of the pixel data element, in its file.
type Pixels struct {
	// Tag is PixelData, FloatPixelData or DoubleFloatPixelData.
	Tag tag.Tag
	VR  string
	// Compressed says that the value is a series of fragments and not plain numbers.
	Compressed, BigEndian bool
	// Size is how many bytes there are, Claimed how many the file says there are.
	Size, Claimed int64

	src io.ReaderAt
	off int64
}

// ReadAt reads bytes of the value as they stand in the file. Of compressed pixels the value
// is all items, with the offset table and the final delimiter.
func (p *Pixels) ReadAt(b []byte, off int64) (int, error) {
	return io.NewSectionReader(p.src, p.off, p.Size).ReadAt(b, off)
}

// Open reads the elements of a file. It stays open for its pixels until Close. Errors are
// clauses without the file's name.
func Open(path string) (*Object, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	o, err := Parse(f, size)
	if err != nil {
		f.Close()
		return nil, err
	}
	o.file = f
	return o, nil
}

// Read reads the elements of a file and closes it: its pixels cannot be read.
func Read(path string) (*Object, error) {
	o, err := Open(path)
	if err != nil {
		return nil, err
	}
	return o, o.Close()
}

// Close closes the file; the elements stay.
func (o *Object) Close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}

// Parse reads an object from the size bytes of src, which its Pixels go on reading from.
func Parse(src io.ReaderAt, size int64) (*Object, error) {
	s, off, err := walk.Start(src, size)
	if err != nil {
		return nil, err
	}
	if s.Deflated {
		if src, size, err = walk.Inflate(src, off, size); err != nil {
			return nil, err
		}
		off = 0
	}
	o, err := parseWithin(src, off, size, s, maxValues)
	if errors.Is(err, errTooMuch) {
		if pixels := pixelBytes(src, off, size, s); pixels > 2*maxValues {
			return parseWithin(src, off, size, s, maxValues+pixels/2)
		}
	}
	return o, err
}

// parseWithin reads the data set at off, whose elements may take limit bytes of memory.
func parseWithin(src io.ReaderAt, off, size int64, s walk.Syntax, limit int64) (*Object, error) {
	r := reader{src: src, size: size, walker: walk.New(src, size, s), budget: limit}
	elements, _, err := r.set(off, size, false, scope{top: true})
	if err != nil && (r.pixels == nil || errors.Is(err, errTooMuch)) {
		return nil, err
	}
	if len(elements) == 0 && r.pixels == nil {
		return nil, fmt.Errorf("%w: there are none", walk.ErrDamaged)
	}
	return &Object{Set: Set{elements}, TransferSyntax: s.UID, Pixels: r.pixels}, nil
}

// pixelBytes is how many bytes of pixels stand in the data set at off. Objects of many frames
// describe each of them, so that large ones are allowed more elements.
func pixelBytes(src io.ReaderAt, off, size int64, s walk.Syntax) (n int64) {
	_ = walk.New(src, size, s).Walk(off, nil, func(e walk.Element) (bool, error) { // damage has been found already
		if e.Tag != walk.PixelData {
			return true, nil
		}
		if n = size - e.Value; !e.Open() {
			n = min(n, int64(e.Length))
		}
		return false, nil
	})
	return n
}
