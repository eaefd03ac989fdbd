package object

import (
	"strings"
	"unicode/utf8"

	"github.com/suyashkumar/dicom/pkg/charset"
)

// textDecoder turns text of a file into UTF-8.
type textDecoder struct {
	system charset.CodingSystem
	known  bool
}

// newTextDecoder returns the decoder for the values of SpecificCharacterSet.
func newTextDecoder(names []string) (d textDecoder) {
	defer func() {
		if recover() != nil { // the library panics on names that its own table misses
			d = textDecoder{}
		}
	}()
	system, err := charset.ParseSpecificCharacterSet(names)
	return textDecoder{system, err == nil}
}

// decode returns s as UTF-8. A person's name has up to three groups, for each of which the
// character set may name another encoding (PS3.5 6.2.1.2).
func (d textDecoder) decode(s string, person bool) string {
	if !d.known || d.system.Alphabetic == nil {
		return fallback(s)
	}
	if !person {
		return d.group(s, 1)
	}
	groups := strings.SplitN(s, "=", 3)
	for i := range groups {
		groups[i] = d.group(groups[i], i)
	}
	return strings.Join(groups, "=")
}

func (d textDecoder) group(s string, i int) string {
	decoder := d.system.Alphabetic
	switch {
	case i == 1:
		decoder = d.system.Ideographic
	case i == 2:
		decoder = d.system.Phonetic
	}
	if decoder == nil {
		return fallback(s)
	}
	out, err := decoder.String(s)
	if err != nil {
		return fallback(s)
	}
	return withoutEscapes(out)
}

// fallback keeps what is UTF-8 already and takes anything else for Latin-1, which loses nothing.
func fallback(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	out.Grow(2 * len(s))
	for i := range len(s) {
		out.WriteRune(rune(s[i]))
	}
	return out.String()
}

// withoutEscapes removes the switches between character sets that a decoder left (ISO 2022).
func withoutEscapes(s string) string {
	if strings.IndexByte(s, 0x1B) < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != 0x1B {
			out.WriteByte(s[i])
			continue
		}
		for i+1 < len(s) && s[i+1] >= 0x20 && s[i+1] <= 0x2F {
			i++
		}
		if i+1 < len(s) && s[i+1] >= 0x30 && s[i+1] <= 0x7E {
			i++
		}
	}
	return out.String()
}
