// Package words has the grammar of sentences that programs write for people.
package words

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Count is "1 slice" or "3 slices".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// UpperFirst begins a sentence.
func UpperFirst(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + text[n:]
}
