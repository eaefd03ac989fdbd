package object

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

const (
	// unreadable replaces a character that the character set does not have.
	unreadable = '?'
	// longest is the largest number of bytes of UTF-8 that one byte of text becomes.
	longest = 3
)

// textDecoder converts text from a file to UTF-8 (PS3.5 6.1.2). It always returns some text,
// because files often name a character set other than the one they are written in.
type textDecoder struct {
	// whole decodes text without escape sequences. It is nil if these may switch sets.
	whole encoding.Encoding
	// g1 is the set for bytes from 0x80 on, before the first escape sequence. It is nil if unknown.
	g1 *charSet
	// japanese says that text without escape sequences may be Shift JIS.
	japanese bool
}

// charSet is a set of characters of one or two bytes each.
type charSet struct {
	width  int
	decode func(high string) rune // decodes width bytes with their highest bits set
}

// Names of character sets as files write them, correctly or not: ISO_IR 100, ISO-IR 100,
// iso_2022_ir_100, ISO 8859-1.
var (
	byRegistration = regexp.MustCompile(`^(ISO)?(2022)?IR0*(\d+)$`)
	byPart         = regexp.MustCompile(`^(ISO)?8859(\d+)$`)
	punctuation    = regexp.MustCompile(`[^A-Z0-9]`)
)

// parts maps the parts of ISO 8859 to their registrations.
var parts = map[string]string{
	"1": "100", "2": "101", "3": "109", "4": "110", "5": "144", "6": "127", "7": "126",
	"8": "138", "9": "148", "11": "166", "15": "203",
}

// newTextDecoder returns the decoder for the values of SpecificCharacterSet.
func newTextDecoder(names []string) (d textDecoder) {
	for _, name := range names {
		plain := punctuation.ReplaceAllString(strings.ToUpper(name), "")
		number := ""
		if m := byRegistration.FindStringSubmatch(plain); m != nil {
			number = m[3]
		} else if m := byPart.FindStringSubmatch(plain); m != nil {
			number = parts[m[2]]
		}
		switch {
		case number == "192" || plain == "UTF8":
			return textDecoder{whole: unicode.UTF8}
		case plain == "GB18030" || plain == "GBK":
			return textDecoder{whole: simplifiedchinese.GB18030}
		case number == "13" || number == "87" || number == "159":
			d.japanese = true
		case number == "" && len(names) == 1: // no name of DICOM's, perhaps one of the web's
			d.whole, _ = htmlindex.Get(strings.ReplaceAll(strings.ToLower(name), " ", "-"))
		}
		if d.g1 == nil {
			d.g1 = registered()[number]
		}
	}
	d.japanese = d.japanese && (d.g1 == nil || d.g1 == registered()["13"])
	return d
}

// decode returns s, the value of an element with representation vr, as UTF-8.
func (d textDecoder) decode(s, vr string) string {
	switch escaped := strings.IndexByte(s, escape) >= 0; {
	case d.whole != nil && d.whole != unicode.UTF8:
		return orUnreadable(d.whole, s)
	case d.whole != nil, d.g1 == nil && !escaped && (!d.japanese || utf8.ValidString(s)):
		return fallback(s)
	case d.japanese && !escaped && !inSingleBytes(s):
		return orUnreadable(japanese.ShiftJIS, s)
	}
	delimiters := "\r\n\f\t"
	if vr == "PN" {
		delimiters += "^="
	}
	if !isOneText(vr) {
		delimiters += `\`
	}
	return d.switching(s, delimiters)
}

// switching decodes text in which escape sequences switch between sets. Delimiters switch
// back to the first (PS3.5 6.1.2.5.3).
func (d textDecoder) switching(s, delimiters string) string {
	var out strings.Builder
	out.Grow(longest * len(s))
	var g0 *charSet // nil is ASCII
	g1 := d.g1
	for s != "" {
		c := s[0]
		set := g0
		if c >= 0x80 {
			set = g1
		}
		switch {
		case c == escape:
			var to designation
			to, s = cutEscape(s)
			if to.g1 {
				g1 = to.set
			} else if to.known {
				g0 = to.set
			}
			continue
		case c < 0x80 && (set == nil || c <= ' ' || c == 0x7F):
			if strings.IndexByte(delimiters, c) >= 0 {
				g0, g1 = nil, d.g1
			}
			out.WriteByte(c)
			s = s[1:]
			continue
		case set == nil:
			set = registered()["100"]
		}
		n := min(set.width, len(s))
		r := rune(utf8.RuneError)
		if n == set.width {
			r = set.decode(withHighBits(s[:n]))
		}
		if r == utf8.RuneError {
			r = unreadable
		}
		out.WriteRune(r)
		s = s[n:]
	}
	return out.String()
}

const escape = 0x1B

// designation is the set that an escape sequence switches to. It is for bytes below 0x80 (G0; nil
// is ASCII) or for those from 0x80 on (G1).
type designation struct {
	known, g1 bool
	set       *charSet
}

// cutEscape removes the escape sequence from the beginning of s (ISO 2022).
func cutEscape(s string) (to designation, rest string) {
	n := 1
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2F {
		n++
	}
	if n < len(s) && s[n] >= 0x30 && s[n] <= 0x7E {
		n++
	}
	return designations()[s[1:n]], s[n:]
}

// registered holds the sets by their ISO registration number (PS3.3 C.12.1.1.2).
var registered = sync.OnceValue(func() map[string]*charSet {
	all := map[string]*charSet{
		"13":  {1, katakana},
		"58":  double(simplifiedchinese.GBK, ""),
		"87":  double(japanese.EUCJP, ""),
		"149": double(korean.EUCKR, ""),
		"159": double(japanese.EUCJP, "\x8F"),
	}
	for number, m := range map[int]*charmap.Charmap{
		// Where Latin-1 has no characters, Windows writes quotation marks and dashes.
		100: charmap.Windows1252,
		101: charmap.ISO8859_2, 109: charmap.ISO8859_3, 110: charmap.ISO8859_4,
		126: charmap.ISO8859_7, 127: charmap.ISO8859_6, 138: charmap.ISO8859_8,
		144: charmap.ISO8859_5, 148: charmap.ISO8859_9, 166: charmap.Windows874,
		203: charmap.ISO8859_15,
	} {
		decode := func(s string) rune { return m.DecodeByte(s[0]) }
		all[strconv.Itoa(number)] = &charSet{1, decode}
	}
	return all
})

// designations holds the escape sequences without their first byte (PS3.3 C.12.1.1.2).
var designations = sync.OnceValue(func() map[string]designation {
	all := map[string]designation{"(B": {known: true}, "(J": {known: true}}
	for number, sequence := range map[string]string{"87": "$B", "159": "$(D"} {
		all[sequence] = designation{known: true, set: registered()[number]}
	}
	for number, sequence := range map[string]string{
		"13": ")I", "58": "$)A", "149": "$)C",
		"100": "-A", "101": "-B", "109": "-C", "110": "-D", "126": "-F", "127": "-G",
		"138": "-H", "144": "-L", "148": "-M", "166": "-T", "203": "-b",
	} {
		all[sequence] = designation{known: true, g1: true, set: registered()[number]}
	}
	return all
})

// katakana decodes the upper half of JIS X 0201.
func katakana(s string) rune {
	if c := s[0]; c >= 0xA1 && c <= 0xDF {
		return 0xFF61 + rune(c) - 0xA1
	}
	return utf8.RuneError
}

// double returns a set of two bytes per character, which is e after prefix.
func double(e encoding.Encoding, prefix string) *charSet {
	return &charSet{2, func(s string) rune {
		text, err := e.NewDecoder().String(prefix + s)
		if r, n := utf8.DecodeRuneInString(text); err == nil && n == len(text) {
			return r
		}
		return utf8.RuneError
	}}
}

func withHighBits(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] |= 0x80
	}
	return string(b)
}

// inSingleBytes reports whether text can be JIS X 0201, which has no character from 0x80 to 0xA0 or
// from 0xE0 on.
func inSingleBytes(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 && katakana(s[i:]) == utf8.RuneError {
			return false
		}
	}
	return true
}

// orUnreadable decodes s, with a question mark for every character that e does not have.
func orUnreadable(e encoding.Encoding, s string) string {
	text, err := e.NewDecoder().String(s)
	if err != nil {
		return fallback(s)
	}
	return strings.ReplaceAll(text, string(utf8.RuneError), string(unreadable))
}

// fallback returns s if it is valid UTF-8, and otherwise decodes it as Latin-1. It is used if no
// character set is known, or the text is not written in it.
func fallback(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	out.Grow(longest * len(s))
	for i := range len(s) {
		if r := charmap.Windows1252.DecodeByte(s[i]); r != utf8.RuneError {
			out.WriteRune(r)
		} else {
			out.WriteRune(unreadable)
		}
	}
	return out.String()
}
