package object

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/dicom/internal/walk"
)

// What files state about the program that wrote them (PS3.10 7.1).
const (
	implementationUID     = "2.25.215834207389143958307196124507190164310"
	implementationVersion = "GLASSWORK"
)

// maxShort is the largest even length that fits into 16 bits.
const maxShort = 1<<16 - 2

// Write writes o to a file, whole or not at all.
func (o *Object) Write(path string) error {
	return atomicfile.WriteFile(path, o.Encode)
}

// Encode writes o as a DICOM file (PS3.10): explicit little endian, text in UTF-8. Pixels are
// copied from o.Pixels, or they are a pixel data element in the set.
func (o *Object) Encode(out io.Writer) error {
	class, instance := o.Text(tag.SOPClassUID), o.Text(tag.SOPInstanceUID)
	if !ValidUID(class) || !ValidUID(instance) {
		return errors.New("the object has no SOP Class UID or no SOP Instance UID")
	}
	syntax := walk.ExplicitLE
	if o.Pixels != nil && o.Pixels.Compressed {
		syntax = o.TransferSyntax
	}
	w := &writer{out: out, pixels: o.Pixels, pixelBits: o.Int(tag.BitsAllocated, 16)}
	w.head(class, instance, syntax)
	root := Set{slices.Clone(o.Elements)}
	root.Put(Text(tag.SpecificCharacterSet, "ISO_IR 192"))
	if root.Has(tag.PixelData) {
		w.pixels = nil
	}
	w.set(root, true)
	return w.err
}

// writer encodes elements. After an error it does nothing.
type writer struct {
	out       io.Writer
	err       error
	pixels    *Pixels // not yet written
	pixelBits int
}

func (w *writer) write(b []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
}

// head writes preamble and meta group.
func (w *writer) head(class, instance, syntax string) {
	meta := New(Bytes(tag.FileMetaInformationVersion, "OB", []byte{0, 1}),
		Text(tag.MediaStorageSOPClassUID, class), Text(tag.MediaStorageSOPInstanceUID, instance),
		Text(tag.TransferSyntaxUID, syntax),
		Text(tag.ImplementationClassUID, implementationUID), Text(tag.ImplementationVersionName,
			implementationVersion))
	var b bytes.Buffer
	inner := &writer{out: &b}
	for _, e := range meta.Elements {
		inner.element(e)
	}
	w.write(append(make([]byte, 128), "DICM"...))
	w.element(newElement(tag.FileMetaInformationGroupLength, "UL", []int{b.Len()}))
	w.write(b.Bytes())
	w.fail(inner.err)
}

// set writes the elements of one set, with the object's own pixels in their place.
func (w *writer) set(s Set, top bool) {
	for _, e := range s.Elements {
		switch {
		case e.Tag.Element == 0, e.Tag.Group == tag.MetadataGroup, !top &&
			e.Tag == tag.SpecificCharacterSet:
			// the source's group lengths, meta elements and character set do not apply to this file
			continue
		case top && w.pixels != nil && e.Tag.Compare(w.pixels.Tag) >= 0:
			w.filePixels()
		}
		w.element(e)
	}
	if top && w.pixels != nil {
		w.filePixels()
	}
}

// element writes one element. Numbers and text go through the library. It does not write bytes and
// 64-bit numbers correctly, and it truncates lengths that need more than 16 bits.
func (w *writer) element(e *dicom.Element) {
	vr := e.RawValueRepresentation
	switch v := e.Value.GetValue().(type) {
	case []*dicom.SequenceItemValue:
		w.sequence(e)
	case []byte:
		w.bytes(e.Tag, vr, v)
	case []string:
		w.text(e.Tag, vr, strings.Join(v, "\\"))
	case []int:
		switch {
		case vr == "UV" || vr == "SV":
			w.bytes(e.Tag, vr, littleEndian(v))
		case len(v)*numberWidth(vr) > maxShort:
			w.fail(fmt.Errorf("element %v holds too many numbers", e.Tag))
		default:
			w.library(e)
		}
	case []float64:
		if len(v)*numberWidth(vr) > maxShort {
			w.fail(fmt.Errorf("element %v holds too many numbers", e.Tag))
			return
		}
		w.library(e)
	default:
		w.fail(fmt.Errorf("element %v cannot be written", e.Tag))
	}
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// library encodes an element with the DICOM library.
func (w *writer) library(e *dicom.Element) {
	if w.err != nil {
		return
	}
	lib, err := dicom.NewWriter(w.out, dicom.SkipVRVerification(),
		dicom.SkipValueTypeVerification())
	if err != nil {
		w.fail(err)
		return
	}
	lib.SetTransferSyntax(binary.LittleEndian, false)
	w.fail(lib.WriteElement(e))
}

// text writes a text element. If it is too long for the 16-bit length of its representation, it is
// written as UN (PS3.5 6.2.2).
func (w *writer) text(t tag.Tag, vr, s string) {
	if len(s)%2 == 1 {
		if vr == "UI" {
			s += "\x00"
		} else {
			s += " "
		}
	}
	if len(s) > maxShort && !walk.LongForm(vr) {
		w.bytes(t, "UN", []byte(s))
		return
	}
	w.library(newElement(t, vr, []string{s}))
}

// bytes writes an element of bytes.
func (w *writer) bytes(t tag.Tag, vr string, b []byte) {
	w.header(t, vr, uint32(len(b)+len(b)%2))
	w.write(b)
	if len(b)%2 == 1 {
		w.write([]byte{0})
	}
}

// header writes tag, representation and 32-bit length. vr is empty for items and delimiters.
func (w *writer) header(t tag.Tag, vr string, length uint32) {
	b := binary.LittleEndian.AppendUint16(nil, t.Group)
	b = binary.LittleEndian.AppendUint16(b, t.Element)
	if vr != "" {
		b = append(append(b, vr...), 0, 0)
	}
	w.write(binary.LittleEndian.AppendUint32(b, length))
}

// sequence writes a sequence that ends with delimiters, so that no length has to be computed first.
func (w *writer) sequence(e *dicom.Element) {
	w.header(e.Tag, "SQ", walk.UndefinedLength)
	for _, item := range items(e) {
		w.header(tag.Item, "", walk.UndefinedLength)
		w.set(item, false)
		w.header(tag.ItemDelimitationItem, "", 0)
	}
	w.header(tag.SequenceDelimitationItem, "", 0)
}

// filePixels copies the object's pixels from its file. Big endian numbers are converted.
func (w *writer) filePixels() {
	p := w.pixels
	w.pixels = nil
	if w.err != nil {
		return
	}
	if p.Size < p.Claimed {
		w.fail(fmt.Errorf("its pixels are cut short: %d of %d bytes are there", p.Size, p.Claimed))
		return
	}
	width := 1
	if p.BigEndian {
		width = max(w.pixelBits/8, numberWidth(p.VR))
	}
	length := uint32(walk.UndefinedLength)
	if !p.Compressed {
		length = uint32(p.Size + p.Size%2)
	}
	w.header(p.Tag, p.VR, length)
	b := make([]byte, 1<<20)
	for off := int64(0); off < p.Size && w.err == nil; off += int64(len(b)) {
		b = b[:min(int64(len(b)), p.Size-off)]
		if _, err := p.ReadAt(b, off); err != nil {
			w.fail(fmt.Errorf("its pixels could not be read: %w", err))
			return
		}
		swap(b, width)
		w.write(b)
	}
	if p.Size%2 == 1 {
		w.write([]byte{0})
	}
}

func littleEndian(v []int) []byte {
	b := make([]byte, 0, 8*len(v))
	for _, n := range v {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return b
}
