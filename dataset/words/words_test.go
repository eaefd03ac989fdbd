package words

import "testing"

func TestCountAndUpperFirst(t *testing.T) {
	for n, want := range map[int]string{0: "0 slices", 1: "1 slice", 2: "2 slices"} {
		if got := Count(n, "slice", "slices"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	for text, want := range map[string]string{"": "", "übrig": "Übrig", "a b": "A b"} {
		if got := UpperFirst(text); got != want {
			t.Errorf("UpperFirst(%q) = %q, want %q", text, got, want)
		}
	}
}
