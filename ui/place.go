package ui

import (
	"runtime"
	"unicode"

	"fyne.io/fyne/v2"
)

// keyRows are keys by their place on a keyboard: the first key's code, and what is written on
// this and the following keys of a US keyboard.
type keyRows map[int]string

// rowsOf are the codes that Fyne reports on each system. They are X's key codes on Linux, and
// set 1 of the scan codes on Windows. Those of a Mac are not in the order of its keys.
var rowsOf = map[string]keyRows{
	"linux":   {24: "QWERTYUIOP[]", 38: "ASDFGHJKL", 52: "ZXCVBNM"},
	"freebsd": {24: "QWERTYUIOP[]", 38: "ASDFGHJKL", 52: "ZXCVBNM"},
	"windows": {16: "QWERTYUIOP[]", 30: "ASDFGHJKL", 44: "ZXCVBNM"},
	"darwin": {
		0: "ASDFHGZXCV", 11: "BQWERYT", 31: "OU[IP", 37: "LJ", 40: "K", 45: "NM", 30: "]",
	},
}

// placed returns what is written on the key of a US keyboard in a place; 0 if nothing is.
func (rows keyRows) placed(code int) rune {
	for first, text := range rows {
		if i := code - first; i >= 0 && i < len(text) {
			return rune(text[i])
		}
	}
	return 0
}

// named is a key's name. Where the layout has no Latin letter on it, it is the one that a US
// keyboard has in its place, so that letters work with every layout.
func named(ev *fyne.KeyEvent) fyne.KeyName {
	if ev.Name != fyne.KeyUnknown {
		return ev.Name
	}
	if c := rowsOf[runtime.GOOS].placed(ev.Physical.ScanCode); c != 0 {
		return fyne.KeyName(c)
	}
	return fyne.KeyUnknown
}

// foreign reports whether a character is of a script that has no Latin letters.
func foreign(c rune) bool {
	return c > unicode.MaxLatin1 && !unicode.Is(unicode.Latin, c) &&
		(unicode.IsLetter(c) || unicode.IsMark(c))
}
