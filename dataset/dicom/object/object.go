// Package object reads a whole DICOM file into a tree of elements, builds such trees and writes
// them. It is for objects that are more than pixels: segmentations, structure sets, reports, and
// the headers that are copied into them.
//
// Elements are those of the DICOM library. Our own walk reads them, because it trusts no length.
// The library's dictionary and character sets give them meaning, and its writer encodes their
// values. Pixels stay in the file until they are asked for.
package object

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/internal/osfile"
)

// ErrNotDICOM marks files that are not DICOM.
var ErrNotDICOM = walk.ErrNotDICOM

// Object is one DICOM file: its elements, and where its pixels are.
type Object struct {
	Set
	// TransferSyntax is the UID of the transfer syntax of the file. What is written is explicit
	// little endian. Compressed pixels are an exception: they are not changed.
	TransferSyntax string
	// Pixels are the object's own pixels, or nil if it has none.
	Pixels *Pixels

	file *os.File
}

// Pixels is the value of the pixel data element in its file.
type Pixels struct {
	// Tag is PixelData, FloatPixelData or DoubleFloatPixelData.
	Tag tag.Tag
	VR  string
	// Compressed says that the value is a series of fragments rather than plain numbers.
	Compressed, BigEndian bool
	// Size is how many bytes the file holds. Claimed is how many it says it holds.
	Size, Claimed int64

	src io.ReaderAt
	off int64
}

// ReadAt reads bytes of the value as they are in the file. The value of compressed pixels is all
// items, including the offset table and the final delimiter.
func (p *Pixels) ReadAt(b []byte, off int64) (int, error) {
	return io.NewSectionReader(p.src, p.off, p.Size).ReadAt(b, off)
}

// Open reads the elements of a file. The file stays open for its pixels until Close. Errors are
// clauses without the file's name.
func Open(path string) (*Object, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	o, err := Parse(f, size)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	o.file = f
	return o, nil
}

// Read reads the elements of a file and closes it. Its pixels cannot be read.
func Read(path string) (*Object, error) {
	o, err := Open(path)
	if err != nil {
		return nil, err
	}
	return o, o.Close()
}

// ReadTags reads the elements of a file that have one of the given tags. In a sequence that is
// asked for, it reads the elements of the items in the same way.
func ReadTags(path string, tags ...tag.Tag) (Set, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return Set{}, err
	}
	defer f.Close()
	data, err := walk.Find(f, size)
	if err != nil {
		return Set{}, err
	}
	return Head(data, func(e walk.Element) bool {
		return slices.Contains(tags, tag.Tag{Group: uint16(e.Tag >> 16), Element: uint16(e.Tag)})
	})
}

// Close closes the file. The elements can still be used.
func (o *Object) Close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}

// Parse reads an object from the size bytes of src. Its Pixels continue to read from src.
func Parse(src io.ReaderAt, size int64) (*Object, error) {
	data, err := walk.Find(src, size)
	if err != nil {
		return nil, err
	}
	return OfDataSet(data)
}

// OfDataSet does what Parse does, for a data set that has already been found.
func OfDataSet(data walk.DataSet) (*Object, error) {
	o, err := parseWithin(data, maxValues)
	if errors.Is(err, errTooMuch) {
		if pixels := pixelBytes(data); pixels > 2*maxValues {
			return parseWithin(data, maxValues+pixels/2)
		}
	}
	return o, err
}

// Head reads the elements before the pixels that keep asks for. keep is called for every element
// with the representation that it is read in. It is called for elements of a sequence if it asked
// for the sequence. It is called last for the pixels. Nothing is read after them.
func Head(data walk.DataSet, keep func(walk.Element) bool) (Set, error) {
	r := reader{data: data, walker: data.Walker(), budget: maxValues, keep: keep}
	elements, _, err := r.set(data.Start, data.Size, false, scope{top: true})
	return Set{elements}, err
}

// parseWithin reads a data set whose elements may take up to limit bytes of memory.
func parseWithin(data walk.DataSet, limit int64) (*Object, error) {
	r := reader{data: data, walker: data.Walker(), budget: limit}
	elements, _, err := r.set(data.Start, data.Size, false, scope{top: true})
	if err != nil && (r.pixels == nil || errors.Is(err, errTooMuch)) {
		return nil, err
	}
	if len(elements) == 0 && r.pixels == nil {
		return nil, fmt.Errorf("%w: there are none", walk.ErrDamaged)
	}
	return &Object{Set: Set{elements}, TransferSyntax: data.UID, Pixels: r.pixels}, nil
}

// pixelBytes returns how many bytes of pixels a data set holds. Objects of many frames describe
// each of them, so large ones may have more elements.
func pixelBytes(data walk.DataSet) (n int64) {
	_, _ = Head(data, func(e walk.Element) bool { // damage has already been reported
		if e.Tag == walk.PixelData {
			if n = data.Size - e.Value; !e.Open() {
				n = min(n, int64(e.Length))
			}
		}
		return false
	})
	return n
}
