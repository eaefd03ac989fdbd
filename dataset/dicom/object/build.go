package object

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// New returns a set of the given elements, sorted. Of two with the same tag, the later one is used.
func New(elements ...*dicom.Element) Set {
	var s Set
	s.Put(elements...)
	return s
}

// Text returns a text element with the dictionary's representation. Without values the element is
// empty. Characters that no value may hold are replaced. Names and descriptions are cut to the
// length that their representation allows (PS3.5 6.2).
func Text(t tag.Tag, values ...string) *dicom.Element {
	return TextVR(t, dictionaryVR(t, false), values...)
}

// TextVR does what Text does, for a tag that the dictionary does not know.
func TextVR(t tag.Tag, vr string, values ...string) *dicom.Element {
	cleaned := make([]string, len(values))
	for i, v := range values {
		cleaned[i] = clean(v, vr)
	}
	return newElement(t, vr, []string{strings.Join(cleaned, "\\")})
}

// Int returns an element of integers, in binary or as text, as the dictionary says.
func Int(t tag.Tag, values ...int) *dicom.Element {
	vr := dictionaryVR(t, false)
	if isInteger(vr) {
		return newElement(t, vr, values)
	}
	s := make([]string, len(values))
	for i, v := range values {
		s[i] = strconv.Itoa(v)
	}
	return newElement(t, vr, []string{strings.Join(s, "\\")})
}

// Float returns an element of numbers, in binary or as decimal strings, as the dictionary says.
func Float(t tag.Tag, values ...float64) *dicom.Element {
	vr := dictionaryVR(t, false)
	if vr == "FL" || vr == "FD" {
		return newElement(t, vr, values)
	}
	s := make([]string, len(values))
	for i, v := range values {
		s[i] = Decimal(v)
	}
	return newElement(t, vr, []string{strings.Join(s, "\\")})
}

// Items returns a sequence. Without items it is empty.
func Items(t tag.Tag, items ...Set) *dicom.Element {
	all := make([][]*dicom.Element, len(items))
	for i, item := range items {
		all[i] = item.Elements
	}
	return newElement(t, "SQ", all)
}

// Bytes returns an element of bytes, little endian, whose representation is vr (OB, OW, UN …).
func Bytes(t tag.Tag, vr string, b []byte) *dicom.Element { return newElement(t, vr, b) }

// Code returns the item of a code sequence.
func Code(value, scheme, meaning string) Set {
	return New(Text(tag.CodeValue, value), Text(tag.CodingSchemeDesignator, scheme),
		Text(tag.CodeMeaning, meaning))
}

// Decimal writes a number as a decimal string of at most 16 characters, as precisely as these allow
// (PS3.5 6.2).
func Decimal(v float64) string {
	if math.Abs(v) < 1e-12 {
		return "0"
	}
	if s := strconv.FormatFloat(v, 'f', -1, 64); len(s) <= 16 {
		return s
	}
	for precision := 16; ; precision-- {
		if s := strconv.FormatFloat(v, 'g', precision, 64); len(s) <= 16 || precision == 1 {
			return s
		}
	}
}

// clean makes a text conform to its representation.
func clean(s, vr string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\\' && !isOneText(vr):
			return '/'
		case r == '\n' && slices.Contains([]string{"ST", "LT", "UT"}, vr):
			return r
		case r < ' ' || r == 0x7F || r == '\uFFFD':
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	limit := map[string]int{
		"SH": 16, "LO": 64, "ST": 1024, "LT": 10240, "PN": 64, "CS": 16, "AE": 16,
	}[vr]
	if r := []rune(s); limit > 0 && len(r) > limit {
		s = string(r[:limit])
	}
	return strings.Trim(s, " ")
}
