package object

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// newElement makes an element of the library with any representation.
func newElement(t tag.Tag, vr string, value any) *dicom.Element {
	v, err := dicom.NewValue(value)
	if err != nil {
		return nil // the library knows all values that this package makes
	}
	return &dicom.Element{
		Tag: t, ValueRepresentation: tag.GetVRKind(t, vr), RawValueRepresentation: vr, Value: v,
	}
}

// dictionaryVR returns the representation that the dictionary gives for a tag, or UN if it has
// none. signed decides if it gives both US and SS.
func dictionaryVR(t tag.Tag, signed bool) string {
	switch {
	case t.Element == 0:
		return "UL"
	case t.Group%2 == 1 && t.Element >= 0x10 && t.Element <= 0xFF:
		return "LO" // a private creator
	}
	info, err := tag.Find(t)
	if err != nil {
		return "UN"
	}
	if signed && slices.Contains(info.VRs, "SS") {
		return "SS"
	}
	return info.VRs[0]
}

// numberWidth returns how many bytes one number of a representation takes. It is 1 for text and
// bytes.
func numberWidth(vr string) int {
	switch vr {
	case "US", "SS", "OW", "AT":
		return 2
	case "UL", "SL", "FL", "OL", "OF":
		return 4
	case "UV", "SV", "FD", "OV", "OD":
		return 8
	}
	return 1
}

func isInteger(vr string) bool {
	return slices.Contains([]string{"US", "SS", "UL", "SL", "UV", "SV", "AT"}, vr)
}

func isBytes(vr string) bool {
	return slices.Contains([]string{"OB", "OW", "OL", "OV", "OF", "OD", "UN"}, vr)
}

// usesCharacterSet reports whether SpecificCharacterSet applies to a representation (PS3.5
// 6.1.2.2).
func usesCharacterSet(vr string) bool {
	return slices.Contains([]string{"SH", "LO", "ST", "LT", "UC", "UT", "PN"}, vr)
}

// isOneText reports whether a backslash is part of the text rather than a separator (PS3.5 6.2).
func isOneText(vr string) bool {
	return slices.Contains([]string{"ST", "LT", "UT", "UR"}, vr)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 || r == 0x1B })
}

func integer(b []byte, vr string, o binary.ByteOrder) int {
	switch vr {
	case "SS":
		return int(int16(o.Uint16(b)))
	case "UL":
		return int(o.Uint32(b))
	case "SL":
		return int(int32(o.Uint32(b)))
	case "UV", "SV":
		return int(o.Uint64(b))
	}
	return int(o.Uint16(b))
}

func float(b []byte, width int, o binary.ByteOrder) float64 {
	if width == 4 {
		return float64(math.Float32frombits(o.Uint32(b)))
	}
	return math.Float64frombits(o.Uint64(b))
}

// swap reverses the bytes of each number of width bytes.
func swap(b []byte, width int) {
	for ; width > 1 && len(b) >= width; b = b[width:] {
		slices.Reverse(b[:width])
	}
}
