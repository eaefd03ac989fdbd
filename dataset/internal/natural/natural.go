// Package natural orders names as people do.
package natural

import (
	"cmp"
	"strings"
)

// Compare orders names as people do, with slice2 before slice10.
func Compare(a, b string) int {
	for a != "" && b != "" {
		wordA, wordB := leading(a), leading(b)
		if digit(a[0]) && digit(b[0]) {
			na, nb := strings.TrimLeft(wordA, "0"), strings.TrimLeft(wordB, "0")
			if c := cmp.Or(cmp.Compare(len(na), len(nb)), strings.Compare(na, nb)); c != 0 {
				return c
			}
		} else if c := strings.Compare(wordA, wordB); c != 0 {
			return c
		}
		a, b = a[len(wordA):], b[len(wordB):]
	}
	return strings.Compare(a, b)
}

// leading returns the run of digits, or of other characters, at the beginning of s.
func leading(s string) string {
	i := 1
	for i < len(s) && digit(s[i]) == digit(s[0]) {
		i++
	}
	return s[:i]
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
