package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/internal/osfile"
)

// errNotDICOM marks files that are something else; folders hold many of them.
var errNotDICOM = errors.New("it is not a DICOM file")

const (
	maxValue    = 16 << 10 // longer values of the wanted elements are ignored
	maxInflated = 64 << 20 // of a deflated data set
)

// header is what one file says about its image. Lengths are mm.
type header struct {
	path string
	syntax
	// pixels is where the pixel data stand in the (inflated) data set; tag 0: none.
	pixels element
	size   int64 // of the (inflated) data set

	sopClass, sopUID, seriesUID, studyUID, frameUID     string
	modality, description, date, patientID, patientName string
	kernel, number                                      string // of the reconstruction and the series
	imageType                                           []string
	rows, columns, frames, samples                      int
	bitsAllocated, bitsStored, highBit                  int
	signed, inverted, modalityLUT                       bool
	slope, intercept                                    float64
	hasRescale, hasPosition, hasOrientation, hasSpacing bool
	padding                                             [2]int // lowest and highest stored value that means "no data"
	hasPadding                                          bool
	position                                            [3]float64
	rowAxis, columnAxis                                 [3]float64 // direction in which columns and rows grow
	spacing                                             [2]float64 // [y,x]
	thickness, tilt                                     float64
	instance, acquisition                               int
	directoryRecords                                    []string // DICOMDIR: referenced files
}

// readHeader reads the header of one file without its pixels.
func readHeader(path string) (*header, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := parseHeader(f, size)
	if err != nil {
		return nil, err
	}
	h.path = path
	return h, nil
}

// parseHeader reads a header from the size bytes of src.
func parseHeader(src io.ReaderAt, size int64) (*header, error) {
	s, off, err := start(src, size)
	if err != nil {
		return nil, err
	}
	if s.deflated {
		if src, size, err = inflate(src, off, size); err != nil {
			return nil, err
		}
		off = 0
	}
	h := &header{syntax: s, size: size}
	w := newWalker(src, size, s)
	var kept bytes.Buffer
	err = w.walk(off, isDirectorySequence, func(e element) (bool, error) {
		if e.tag == tagPixelData || e.tag == tagFloatPixels || e.tag == tagDoublePixels {
			h.pixels = e
			return false, nil
		}
		h.modalityLUT = h.modalityLUT || e.tag == tagModalityLUT
		return true, keep(w, e, &kept)
	})
	if err != nil && (h.pixels.tag == 0 || errors.Is(err, errNotDICOM)) {
		return nil, err
	}
	values, err := parseValues(kept.Bytes(), s)
	if err != nil {
		return nil, err
	}
	h.fill(values)
	return h, nil
}

// start finds the data set: its transfer syntax and its first byte. Files without
// preamble are accepted if they begin with file meta or identifying elements (as old
// archives write them, PS3.10 was not always kept).
func start(src io.ReaderAt, size int64) (syntax, int64, error) {
	head := make([]byte, min(size, 132))
	if n, err := src.ReadAt(head, 0); n < len(head) {
		return syntax{}, 0, fmt.Errorf("it could not be read: %w", err)
	}
	if len(head) == 132 && string(head[128:]) == "DICM" {
		return meta(src, 132, size)
	}
	if len(head) < 16 {
		return syntax{}, 0, errNotDICOM
	}
	little, big := binary.LittleEndian.Uint16(head), binary.BigEndian.Uint16(head)
	explicit := validVR(string(head[4:6]))
	switch {
	case little == 0x0002 && explicit:
		return meta(src, 0, size)
	case little == 0x0008 && explicit:
		return bySyntax(uidExplicitLE, 0)
	case little == 0x0008 && head[6] == 0 && head[7] == 0:
		return bySyntax(uidImplicitLE, 0)
	case big == 0x0008 && explicit:
		return bySyntax(uidExplicitBE, 0)
	}
	return syntax{}, 0, errNotDICOM
}

func bySyntax(uid string, off int64) (syntax, int64, error) {
	s, err := findSyntax(uid)
	return s, off, err
}

// meta walks the file meta group (always explicit little endian) from off.
func meta(src io.ReaderAt, off, size int64) (syntax, int64, error) {
	w := newWalker(src, size, syntax{})
	var uid string
	for off+8 <= size {
		b, err := w.bytes(off, 2)
		if err != nil {
			return syntax{}, 0, err
		}
		if binary.LittleEndian.Uint16(b) != 0x0002 {
			break
		}
		e, err := w.next(off)
		if err != nil {
			return syntax{}, 0, err
		}
		if e.open() {
			return syntax{}, 0, errDamaged
		}
		if e.tag == tagTransferSyntax {
			b, err := w.bytes(e.value, int(min(e.length, 128)))
			if err != nil {
				return syntax{}, 0, err
			}
			uid = strings.Trim(string(b), " \x00")
		}
		off = e.end()
	}
	return bySyntax(uid, off)
}

func newWalker(src io.ReaderAt, size int64, s syntax) *walker {
	w := &walker{src: src, size: size, order: binary.LittleEndian, implicit: s.implicit}
	if s.bigEndian {
		w.order = binary.BigEndian
	}
	return w
}

// inflate returns the data set of a deflated file, in memory.
func inflate(src io.ReaderAt, off, size int64) (io.ReaderAt, int64, error) {
	r := flate.NewReader(io.NewSectionReader(src, off, size-off))
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	if len(b) > maxInflated {
		return nil, 0, fmt.Errorf("it inflates to more than %d MiB, which no CT slice needs", maxInflated>>20)
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, fmt.Errorf("its deflated data are damaged: %w", err)
	}
	return bytes.NewReader(b), int64(len(b)), nil
}

// keep copies e to kept if it is one of the wanted elements. One of unknown
// representation (UN) or with another than text where text belongs gets the
// dictionary's, as PS3.5 6.2.2 allows.
func keep(w *walker, e element, kept *bytes.Buffer) error {
	if !wanted(e.tag) || e.open() || e.length > maxValue || e.vr == "SQ" {
		return nil
	}
	if known, err := tag.Find(tag.Tag{Group: uint16(e.tag >> 16), Element: uint16(e.tag)}); err == nil && e.vr != "" && (e.vr == "UN" || e.tag == tagCharacterSet) {
		head := make([]byte, 0, 8)
		head = appendUint16(head, w.order, e.tag>>16, e.tag)
		head = append(head, known.VRs[0]...)
		kept.Write(appendUint16(head, w.order, e.length))
		e.start = e.value
	}
	b, err := w.bytes(e.start, int(e.end()-e.start))
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
func parseValues(kept []byte, s syntax) (values map[uint32]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errDamaged
		}
	}()
	uid := s.uid
	if s.deflated || s.compressed {
		uid = uidExplicitLE
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
		return nil, errDamaged
	}
	values = map[uint32]any{}
	for {
		e, err := p.Next()
		if errors.Is(err, dicom.ErrorEndOfDICOM) || errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, errDamaged
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
