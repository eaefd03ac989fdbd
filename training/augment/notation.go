package augment

import (
	"fmt"
	"strconv"
	"strings"
)

// Notation explains the notation and its letters, for a help text.
func Notation() string {
	var b strings.Builder
	b.WriteString("An augmentation is a row of letters with their probabilities, applied one\n" +
		"after the other, such as V{0.5}B{1}. (X|Y){p} draws one of the letters in the\n" +
		"brackets, with their probabilities as weights, and applies it with probability p.\n" +
		"Limits follow in square brackets. E alone changes nothing. C1, C2, C3, CT, PICTURE\n" +
		"and LEVELLED are names of whole augmentations.\n\n")
	for _, l := range letters {
		fmt.Fprintf(&b, "  %c  %s", l.Letter, l.Meaning)
		for i, limit := range l.Limits {
			fmt.Fprintf(&b, "%s%s", []string{" [", ", "}[min(i, 1)],
				limit.Name+" "+strconv.FormatFloat(limit.Default, 'f', -1, 64))
		}
		b.WriteString(strings.Repeat("]", min(len(l.Limits), 1)) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}
