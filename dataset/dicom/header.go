package dicom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/encapsulated"
	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/internal/osfile"
)

const maxValue = 16 << 10 // longer values of the wanted elements are ignored

// header is what one file says about its image. Lengths are mm.
type header struct {
	path string
	walk.Syntax
	// pixels is where the pixel data stand in the (inflated) data set; tag 0: none.
	pixels walk.Element
	size   int64 // of the (inflated) data set
	// fileSize and modified are the file's when its header was read.
	fileSize int64
	modified time.Time

	sopClass, sopUID, seriesUID, studyUID, frameUID     string
	modality, description, date, patientID, patientName string
	kernel, number                                      string // of the reconstruction and the series
	unit                                                string // of the values, as the file calls it
	imageType                                           []string
	rows, columns, frames, samples                      int
	scaling
	modalityLUT                             bool
	hasPosition, hasOrientation, hasSpacing bool
	position                                [3]float64
	rowAxis, columnAxis                     [3]float64 // direction in which columns and rows grow
	spacing                                 [2]float64 // [y,x]
	thickness, tilt                         float64
	instance, acquisition                   int
	frame                                   int // of the file, from 0
	stackID                                 string
	inStack, time                           int      // place in its stack, index of its temporal position; 0 if not said
	directoryRecords                        []string // DICOMDIR: referenced files

	// Of compressed files: the bytes of each frame, or why they cannot be found or decoded.
	frameSpans                 [][]encapsulated.Span
	framesErr                  error
	frameOffsets, frameLengths walk.Element // the extended offset table
}

// readHeader reads the header of one file without its pixels.
func readHeader(path string) (*header, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size == 0 {
		return nil, errors.New("it is empty")
	}
	info, err := f.Stat()
	if err != nil {
		return nil, osfile.Plain(err)
	}
	h, err := parseHeader(f, size)
	if err != nil {
		return nil, err
	}
	h.path, h.fileSize, h.modified = path, size, info.ModTime()
	return h, nil
}

// parseHeader reads a header from the size bytes of src.
func parseHeader(src io.ReaderAt, size int64) (*header, error) {
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
	h := &header{Syntax: s, size: size}
	w := walk.New(src, size, s)
	var kept bytes.Buffer
	err = w.Walk(off, isDirectorySequence, func(e walk.Element) (bool, error) {
		if e.Tag == tagPixelData || e.Tag == tagFloatPixels || e.Tag == tagDoublePixels {
			h.pixels = e
			return false, nil
		}
		h.modalityLUT = h.modalityLUT || e.Tag == tagModalityLUT
		h.noteFrameTable(e)
		return true, keep(w, e, &kept)
	})
	if err != nil && (h.pixels.Tag == 0 || errors.Is(err, walk.ErrNotDICOM)) {
		return nil, err
	}
	values, err := parseValues(kept.Bytes(), s)
	if err != nil {
		return nil, err
	}
	h.fill(values)
	if h.Compressed && h.pixels.Tag == tagPixelData {
		h.findFrames(src)
	}
	return h, nil
}

// keep copies e to kept if it is one of the wanted elements. One of unknown
// representation (UN) or with another than text where text belongs gets the
// dictionary's, as PS3.5 6.2.2 allows.
func keep(w *walk.Walker, e walk.Element, kept *bytes.Buffer) error {
	if !wanted(e.Tag) || e.Open() || e.Length > maxValue || e.VR == "SQ" {
		return nil
	}
	if known, err := tag.Find(tag.Tag{Group: uint16(e.Tag >> 16), Element: uint16(e.Tag)}); err == nil && e.VR != "" && (e.VR == "UN" || e.Tag == tagCharacterSet) {
		head := make([]byte, 0, 8)
		head = appendUint16(head, w.Order, e.Tag>>16, e.Tag)
		head = append(head, known.VRs[0]...)
		kept.Write(appendUint16(head, w.Order, e.Length))
		e.Start = e.Value
	}
	b, err := w.Bytes(e.Start, int(e.End()-e.Start))
	if err != nil {
		return err
	}
	kept.Write(b)
	return nil
}

func appendUint16(b []byte, o binary.ByteOrder, values ...uint32) []byte {
	for _, v := range values {
		var two [2]byte
		o.PutUint16(two[:], uint16(v))
		b = append(b, two[:]...)
	}
	return b
}

// parseValues lets the DICOM library read the values of the kept elements. It sees
// nothing but short elements of known tags whose lengths were checked, since it
// trusts lengths and panics on what it does not know.
func parseValues(kept []byte, s walk.Syntax) (values map[uint32]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = walk.ErrDamaged
		}
	}()
	uid := s.UID
	if s.Deflated || s.Compressed {
		uid = walk.ExplicitLE
	}
	if len(uid)%2 == 1 {
		uid += "\x00"
	}
	file := make([]byte, 128, 160+len(kept))
	file = append(file, "DICM\x02\x00\x00\x00UL\x04\x00"...)
	file = binary.LittleEndian.AppendUint32(file, uint32(8+len(uid)))
	file = append(file, "\x02\x00\x10\x00UI"...)
	file = binary.LittleEndian.AppendUint16(file, uint16(len(uid)))
	file = append(append(file, uid...), kept...)

	p, err := dicom.NewParser(bytes.NewReader(file), int64(len(file)), nil, dicom.SkipPixelData(), dicom.AllowUnknownSpecificCharacterSet())
	if err != nil {
		return nil, walk.ErrDamaged
	}
	values = map[uint32]any{}
	for {
		e, err := p.Next()
		if errors.Is(err, dicom.ErrorEndOfDICOM) || errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, walk.ErrDamaged
		}
		t := uint32(e.Tag.Group)<<16 | uint32(e.Tag.Element)
		if t == tagReferencedFile {
			list, _ := values[t].([]string)
			if parts, ok := e.Value.GetValue().([]string); ok {
				values[t] = append(list, strings.Join(parts, "\\"))
			}
			continue
		}
		values[t] = e.Value.GetValue()
	}
}
