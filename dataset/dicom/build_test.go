package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"glasswork/dataset/dicom/internal/walk"
)

// Tags of the elements that tests write (PS3.6).
const (
	tagCharacterSet   = 0x0008_0005
	tagImageType      = 0x0008_0008
	tagSOPClass       = 0x0008_0016
	tagSOPInstance    = 0x0008_0018
	tagStudyDate      = 0x0008_0020
	tagModality       = 0x0008_0060
	tagStudyText      = 0x0008_1030
	tagSeriesText     = 0x0008_103E
	tagPatientName    = 0x0010_0010
	tagPatientID      = 0x0010_0020
	tagThickness      = 0x0018_0050
	tagKernel         = 0x0018_1210
	tagStudyUID       = 0x0020_000D
	tagSeriesUID      = 0x0020_000E
	tagSeriesNumber   = 0x0020_0011
	tagAcquisition    = 0x0020_0012
	tagInstance       = 0x0020_0013
	tagPosition       = 0x0020_0032
	tagOrientation    = 0x0020_0037
	tagFrameUID       = 0x0020_0052
	tagSamples        = 0x0028_0002
	tagPhotometric    = 0x0028_0004
	tagFrames         = 0x0028_0008
	tagRows           = 0x0028_0010
	tagColumns        = 0x0028_0011
	tagSpacing        = 0x0028_0030
	tagBitsAllocated  = 0x0028_0100
	tagBitsStored     = 0x0028_0101
	tagHighBit        = 0x0028_0102
	tagSigned         = 0x0028_0103
	tagPadding        = 0x0028_0120
	tagPaddingLimit   = 0x0028_0121
	tagIntercept      = 0x0028_1052
	tagSlope          = 0x0028_1053
	tagRescaleType    = 0x0028_1054
	tagModalityLUT    = 0x0028_3000
	tagReferencedFile = 0x0004_1500
	tagFloatPixels    = 0x7FE0_0008
	tagDoublePixels   = 0x7FE0_0009
	tagPixelData      = walk.PixelData
)

// file describes a DICOM file for tests: elements by tag, values as bytes for text and
// pixels, uint16 and uint32 for numbers, []file for the items of sequences.
type file map[uint32]any

// slice returns a plain CT slice of 2 × 3 pixels at z mm.
func slice(z float64) file {
	return file{
		tagImageType: `ORIGINAL\PRIMARY\AXIAL`, tagSOPClass: uidCTImage,
		tagSOPInstance: fmt.Sprintf("1.2.3.%d", int(z*100)+100000),
		tagStudyDate:   "20260131", tagModality: "CT", tagSeriesText: "CHEST 5.0",
		tagPatientName: "Doe^Jane", tagPatientID: "P1",
		tagThickness: "5", tagStudyUID: "1.2.3", tagSeriesUID: "1.2.3.4",
		tagInstance: fmt.Sprint(int(z)),
		tagPosition: fmt.Sprintf(`-10\-20\%g`, z), tagOrientation: `1\0\0\0\1\0`,
		tagSamples: uint16(1), tagPhotometric: "MONOCHROME2", tagRows: uint16(2),
		tagColumns: uint16(3), tagSpacing: `0.5\0.7`,
		tagBitsAllocated: uint16(16), tagBitsStored: uint16(12), tagHighBit: uint16(11),
		tagSigned:    uint16(0),
		tagIntercept: "-1024", tagSlope: "1", tagPixelData: words(0, 24, 1024, 2000, 4095, 1),
	}
}

// with returns a copy of f with changed elements. nil removes one.
func (f file) with(changes file) file {
	out := maps.Clone(f)
	for tag, v := range changes {
		if v == nil {
			delete(out, tag)
		} else {
			out[tag] = v
		}
	}
	return out
}

// words returns 16-bit pixels, little endian. Big endian files swap them.
func words(v ...int) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func vrOf(tag uint32, value any) string {
	switch value.(type) {
	case uint16:
		return "US"
	case uint32:
		return "UL"
	case float64:
		return "FD"
	case []file:
		return "SQ"
	}
	switch tag {
	case tagPixelData, tagLUTData:
		return "OW"
	case tagLUTDescriptor:
		return "US"
	case tagFloatPixels:
		return "OF"
	case tagDoublePixels:
		return "OD"
	case tagSOPClass, tagSOPInstance, tagStudyUID, tagSeriesUID, tagFrameUID:
		return "UI"
	case tagStudyDate:
		return "DA"
	case tagModality, tagImageType, tagPhotometric, tagCharacterSet, tagReferencedFile:
		return "CS"
	case tagPatientName:
		return "PN"
	case tagInstance, tagAcquisition, tagFrames:
		return "IS"
	case tagSeriesText, tagPatientID, tagStudyText:
		return "LO"
	}
	return "DS"
}

// dataset encodes the elements without preamble and meta.
func (f file) dataset(s walk.Syntax) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	if s.BigEndian {
		order = binary.BigEndian
	}
	var out []byte
	for _, tag := range slices.Sorted(maps.Keys(f)) {
		var value []byte
		switch v := f[tag].(type) {
		case uint16:
			value = make([]byte, 2)
			order.PutUint16(value, v)
		case uint32:
			value = make([]byte, 4)
			order.PutUint32(value, v)
		case float64:
			value = make([]byte, 8)
			order.PutUint64(value, math.Float64bits(v))
		case []file:
			for _, item := range v {
				set := item.dataset(s)
				value = appendUint16(value, order, 0xFFFE, 0xE000)
				value = append(value, make([]byte, 4)...)
				order.PutUint32(value[len(value)-4:], uint32(len(set)))
				value = append(value, set...)
			}
		case string:
			value = []byte(v)
		case []byte:
			value = slices.Clone(v)
			swap := s.BigEndian || s.BigPixels && tag == tagPixelData
			for i := 0; swap && i+1 < len(value); i += 2 {
				value[i], value[i+1] = value[i+1], value[i]
			}
		}
		if len(value)%2 == 1 {
			value = append(value, ' ')
		}
		out = appendUint16(out, order, tag>>16, tag)
		vr, four := vrOf(tag, f[tag]), make([]byte, 4)
		order.PutUint32(four, uint32(len(value)))
		switch {
		case s.Implicit:
			out = append(out, four...)
		case walk.LongForm(vr):
			out = append(append(append(out, vr...), 0, 0), four...)
		default:
			out = appendUint16(append(out, vr...), order, uint32(len(value)))
		}
		out = append(out, value...)
	}
	return out
}

// encode returns a whole file with preamble and meta in the transfer syntax uid.
func (f file) encode(uid string) []byte {
	s, _ := walk.FindSyntax(uid)
	set := f.dataset(s)
	if s.Deflated {
		var packed bytes.Buffer
		w, _ := flate.NewWriter(&packed, flate.BestSpeed)
		_, _ = w.Write(set)
		_ = w.Close()
		set = packed.Bytes()
	}
	if len(uid)%2 == 1 {
		uid += "\x00"
	}
	head := append(make([]byte, 128), "DICM\x02\x00\x00\x00UL\x04\x00"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(8+len(uid)))
	head = append(head, "\x02\x00\x10\x00UI"...)
	head = binary.LittleEndian.AppendUint16(head, uint16(len(uid)))
	return append(append(head, uid...), set...)
}

// dir writes files as 01.dcm, 02.dcm … into a new folder, explicit little endian. It returns the
// folder.
func dir(t testing.TB, files ...file) string {
	t.Helper()
	folder := t.TempDir()
	for i, f := range files {
		save(t, filepath.Join(folder, fmt.Sprintf("%02d.dcm", i+1)), f.encode(walk.ExplicitLE))
	}
	return folder
}

func save(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func appendUint16(b []byte, o binary.ByteOrder, values ...uint32) []byte {
	for _, v := range values {
		var two [2]byte
		o.PutUint16(two[:], uint16(v))
		b = append(b, two[:]...)
	}
	return b
}
