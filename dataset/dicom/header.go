package dicom

import (
	"errors"
	"io"
	"time"

	"glasswork/dataset/dicom/encapsulated"
	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/volume"
)

const maxValue = 16 << 10 // longer values of header elements are ignored

// header holds what one file says about its image. Lengths are in mm.
type header struct {
	path string
	walk.Syntax
	mended bool // Syntax is not the one that the file names
	// pixels is where the pixel data are in the (inflated) data set. Tag 0 means that there are
	// none.
	pixels walk.Element
	size   int64 // of the (inflated) data set
	// fileSize and modified are those of the file when its header was read.
	fileSize int64
	modified time.Time

	sopClass, sopUID, seriesUID, studyUID, frameUID     string
	modality, description, date, patientID, patientName string
	origin
	// of the values, as the file calls it
	unit                           string
	rows, columns, frames, samples int
	scaling
	modalityLUT, isDirectory                bool // it has such a sequence
	hasPosition, hasOrientation, hasSpacing bool
	position                                volume.Point
	// direction in which columns and rows grow
	rowAxis, columnAxis volume.Vector
	spacing             [2]float64 // [y,x]
	thickness, tilt     float64
	// location is where the slice lies in mm along an axis that the file does not give.
	location                 float64
	hasLocation, hasInstance bool
	instance                 int
	frame                    int      // of the file, from 0
	inStack                  int      // place in its stack; 0 if not given
	directoryRecords         []string // DICOMDIR: referenced files
	// unusable holds the names of attributes whose values count as absent.
	unusable []string

	// For compressed files: the bytes of each frame, or why they cannot be found or decoded.
	frameSpans                 [][]encapsulated.Span
	framesErr                  error
	frameOffsets, frameLengths walk.Element // the extended offset table
}

// readHeader reads the header of a file without its pixels.
func readHeader(path string) (h *header, err error) {
	err = useHeader(path, func(read *header, _ walk.DataSet) error {
		h = read
		return nil
	})
	return h, err
}

// useHeader reads the header of a file and passes it to use, with the data set for anything else
// that use reads. The file is open until use returns.
func useHeader(path string, use func(*header, walk.DataSet) error) error {
	f, size, err := osfile.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if size == 0 {
		return errors.New("it is empty")
	}
	info, err := f.Stat()
	if err != nil {
		return osfile.Plain(err)
	}
	h, data, err := parseHeader(f, size)
	if err != nil {
		return err
	}
	h.path, h.fileSize, h.modified = path, size, info.ModTime()
	return use(h, data)
}

// parseHeader reads a header from the size bytes of src, without its pixels.
func parseHeader(src io.ReaderAt, size int64) (*header, walk.DataSet, error) {
	data, err := walk.Find(src, size)
	if err != nil {
		return nil, data, err
	}
	h := &header{Syntax: data.Syntax, size: data.Size}
	h.BigEndian = h.BigEndian || h.BigPixels
	h.mended = data.Mended
	set, err := object.Head(data, h.keep)
	if err != nil {
		return nil, data, err
	}
	h.fill(set)
	if h.Compressed && h.pixels.Tag == walk.PixelData {
		h.findFrames(data.Src)
	}
	return h, data, nil
}

// keep reports whether the value of an element is read. These are short values in the groups that
// describe patients and images, and the names of files in directories. It notes where elements are
// that are read later.
func (h *header) keep(e walk.Element) bool {
	switch e.Tag {
	case walk.PixelData, walk.FloatPixels, walk.DoublePixels:
		h.pixels = e
	case walk.FrameOffsets, walk.FrameLengths:
		h.noteFrameTable(e)
	case walk.ModalityLUT:
		h.modalityLUT = true
	case walk.DirectoryRecords:
		h.isDirectory = true
		return true
	}
	if e.VR == "SQ" || e.Open() || e.Length > maxValue {
		return false
	}
	if h.isDirectory {
		return e.Tag == walk.ReferencedFile
	}
	switch e.Tag >> 16 {
	case 0x0008, 0x0010, 0x0018, 0x0020, 0x0028:
		return true
	}
	return false
}
