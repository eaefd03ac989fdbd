package ui

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// upperFirst begins a sentence.
func upperFirst(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + text[n:]
}

// about is a time as people say it, when it is only an estimate.
func about(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("about %d s", max(int(d.Round(time.Second).Seconds()), 1))
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d min", int(d.Round(time.Minute).Minutes()))
	}
	h := int(d.Hours())
	return fmt.Sprintf("about %d h %d min", h, int(d.Minutes())-60*h)
}

// count is "1 slice" or "3 slices".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
