package object

import (
	"testing"
	"unicode/utf8"
)

func TestTextDecoder(t *testing.T) {
	for _, c := range []struct {
		name string
		sets []string
		text string
		want string
	}{
		{"Latin-1", []string{"ISO_IR 100"}, "\xC4rzte", "Ärzte"},
		{"Latin-9", []string{"ISO_IR 203"}, "c\xBDur", "cœur"},
		{"Thai", []string{"ISO_IR 166"}, "\xB7\xC3\xC7\xA7", "ทรวง"},
		{"Greek", []string{"ISO_IR 126"}, "\xC4\xE9", "Δι"},
		{"Arabic", []string{"ISO_IR 127"}, "\xD5\xCF\xD1", "صدر"},
		{"Hebrew", []string{"ISO_IR 138"}, "\xE7\xE6\xE4", "חזה"},
		{"Turkish", []string{"ISO_IR 148"}, "g\xF6\xF0\xFCs", "göğüs"},
		{"half-width kana", []string{"ISO_IR 13"}, "\xD4\xCF\xC0\xDE", "ﾔﾏﾀﾞ"},
		{"GB18030", []string{"GB18030"}, "\xD0\xD8\xB2\xBF", "胸部"},
		{"GBK with a backslash inside", []string{"GBK"}, "\x95\x5C", "昞"},

		{"lower case", []string{"iso_ir 100"}, "\xC4rzte", "Ärzte"},
		{"hyphen", []string{"ISO-IR 100"}, "\xC4rzte", "Ärzte"},
		{"underscores", []string{"ISO_IR_144"}, "\xBB\xEE", "Лю"},
		{"without ISO", []string{"IR 101"}, "\xE8", "č"},
		{"blank for underscore", []string{"ISO IR 192"}, "\xC3\x84", "Ä"},
		{"as ISO 8859", []string{"ISO 8859-5"}, "\xBB\xEE", "Лю"},
		{"the web's name", []string{"windows-1251"}, "\xCB\xFE", "Лю"},
		{"UTF-8", []string{"UTF-8"}, "\xC3\x84", "Ä"},
		{"without extensions but with escapes", []string{"ISO_IR 87"}, "\x1B$B6;It\x1B(B", "胸部"},

		{"Korean", []string{"", "ISO 2022 IR 149"}, "\x1B$)C\xC8\xE4\xBA\xCE CT", "흉부 CT"},
		{
			"Korean after a delimiter",
			[]string{"", "ISO 2022 IR 149"},
			"\x1B$)C\xC8\xE4\\\x1B$)C\xBA\xCE", "흉\\부",
		},
		{"Korean without escapes", []string{"", "ISO 2022 IR 149"}, "\xC8\xE4\xBA\xCE", "흉부"},
		{"Chinese", []string{"", "ISO 2022 IR 58"}, "\x1B$)A\xD0\xD8\xB2\xBF", "胸部"},
		{
			"Latin-1 by extension",
			[]string{"ISO 2022 IR 6", "ISO 2022 IR 100"},
			"\x1B-ABrustk\xF6rper", "Brustkörper",
		},
		{
			"Latin-1 first",
			[]string{"ISO 2022 IR 100", "ISO 2022 IR 87"},
			"H\xE9mithorax",
			"Hémithorax",
		},
		{
			"four sets",
			[]string{"ISO 2022 IR 100", "ISO 2022 IR 144", "ISO 2022 IR 87"},
			"\xC4\x1B-L\xBB\xEE\x1B$B6;It\x1B(B \x1B-A\xD6", "ÄЛю胸部 Ö",
		},
		{
			"a line ends all sets",
			[]string{"ISO 2022 IR 100", "ISO 2022 IR 144"},
			"\x1B-L\xBB\n\xC4", "Л\nÄ",
		},
		{"JIS X 0212", []string{"", "ISO 2022 IR 159"}, "\x1B$(D\x30\x21\x1B(B", "丂"},
		{"romaji and kana", []string{"ISO 2022 IR 13"}, "\x1B(JABC\x1B)I\xB1", "ABCｱ"},
		{"Shift JIS under a Japanese name", []string{"ISO_IR 13"}, "\x8B\xB9\x95\x94", "胸部"},

		{"unknown, not UTF-8", []string{"ISO_IR 999"}, "\xC4rzte", "Ärzte"},
		{"unknown, UTF-8", []string{"klingon"}, "\xC3\x84rzte", "Ärzte"},
		{"none, UTF-8", nil, "\xC3\x84rzte", "Ärzte"},
		{"called UTF-8 and Latin-1", []string{"ISO_IR 192"}, "\xC4rzte", "Ärzte"},
		{"not in its set", []string{"ISO_IR 127"}, "\xA1\xD5", "?ص"},
		{"half a character", []string{"", "ISO 2022 IR 149"}, "\x1B$)C\xC8", "?"},
		{"unknown escape", []string{"ISO 2022 IR 100"}, "\x1B%/Zab\xC4", "abÄ"},
		{"escape at the end", []string{"ISO 2022 IR 100"}, "ab\x1B", "ab"},
	} {
		if got := newTextDecoder(c.sets).decode(c.text, "LO"); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A delimiter that a representation does not have does not switch back.
func TestDelimitersOfRepresentations(t *testing.T) {
	d := newTextDecoder([]string{"ISO 2022 IR 6", "ISO 2022 IR 144"})
	d.g1 = nil
	for vr, want := range map[string]string{"PN": "Л^»\\»", "LO": "Л^Л\\»", "LT": "Л^Л\\Л"} {
		if got := d.decode("\x1B-L\xBB^\xBB\\\xBB", vr); got != want {
			t.Errorf("%s: %q, want %q", vr, got, want)
		}
	}
}

func FuzzTextDecoder(f *testing.F) {
	f.Add("ISO 2022 IR 149", "\x1B$)C\xC8\xE4^\xBA")
	f.Add("ISO_IR 13", "\x8B\xB9\x1B(I\xFF")
	f.Add("GB18030", "\x81\x30")
	f.Add("utf-16", "\xD8\x00")
	f.Fuzz(func(t *testing.T, set, text string) {
		for _, vr := range []string{"PN", "LO", "UT"} {
			if got := newTextDecoder([]string{set}).decode(text, vr); !utf8.ValidString(got) {
				t.Errorf("%q under %q gives %q", text, set, got)
			}
		}
	})
}
