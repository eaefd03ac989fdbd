package augment

import (
	"errors"
	"strings"
	"testing"
)

func TestParseAndPrint(t *testing.T) {
	const all = "N{0.5}[25]W{1}[100,0.2]T{0.25}Y{1}F{0.1}[0,1]"
	for text, want := range map[string]string{
		"E":                                   "E",
		" E ":                                 "E",
		"V{0.5}":                              "V{0.5}",
		"V {.5} H{1}":                         "V{0.5}H{1}",
		"S{1}[0.1]":                           "S{1}",
		"S{1}[0.05,0.1,15]":                   "S{1}[0.05]",
		"S{1}[0.1,0.05]":                      "S{1}[0.1,0.05]",
		"G{1}[0.37]":                          "G{1}[0.37]",
		"G{1.0}[0.30]":                        "G{1}",
		"V{0.5}B{1}(S{0.5}|G{0.5}[0.3]){0.5}": "V{0.5}B{1}(S{0.5}|G{0.5}){0.5}",
		"C1":                                  "V{0.5}B{1}(S{0.5}|G{0.5}){0.5}",
		"C2":                                  "V{0.5}B{0.5}(S{0.5}[0.05,0.05]|G{0.5}){0.3}",
		"C3":                                  "V{0.5}B{0.5}(S{0.5}[0.05,0.05]|G{0.5}[0.37]){0.3}",
		"((V{1}|H{0}){0.5}|Z{1}[0.02]){1}":    "((V{1}|H{0}){0.5}|Z{1}[0.02]){1}",
		all:                                   all,
	} {
		c, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := c.String(); got != want {
			t.Errorf("%s is printed as %s, want %s", text, got, want)
		}
		if again, err := Parse(c.String()); err != nil || !again.Equal(c) {
			t.Errorf("%s: what is printed is read as %v, %v", text, again, err)
		}
	}
}

func TestWrongNotationIsPointedAt(t *testing.T) {
	for _, c := range []struct {
		text   string
		at     int
		reason string
	}{
		{"", 0, "write E"},
		{"  ", 2, "write E"},
		{"Q{1}", 0, "'Q' is not a transform"},
		{"V", 1, "probability of V"},
		{"V0.5", 1, "probability of V"},
		{"V{}", 2, "a number"},
		{"V{0,5}", 3, "end of a probability"},
		{"V{1.5}", 2, "more than 1"},
		{"V{-1}", 2, "a number"},
		{"V{0.5", 5, "end of a probability"},
		{"V{0.5}[1]", 6, "V has no limits"},
		{"G{1}[2]", 5, "at most 0.9"},
		{"G{1}[]", 5, "a number"},
		{"G{1}[0.3,0.4]", 8, "no limit 2"},
		{"S{1}[0.1;0.1]", 8, "end of limits"},
		{"S{1}[0.1", 8, "end of limits"},
		{"EV{0.5}", 0, "stands alone"},
		{"V{0.5}E", 6, "stands alone"},
		{"C1V{1}", 0, "C1 is a whole augmentation"},
		{"C4", 0, "'C' is not a transform"},
		{"(S{0.5}|G{0.5}", 14, "goes on with |"},
		{"(S{0.5}G{0.5}){1}", 7, "goes on with |"},
		{"(S{0.5}|){1}", 8, "')' is not a transform"},
		{"(S{0.5}|", 8, "missing at the end"},
		{"(S{0}|G{0}){1}", 0, "greater than 0"},
		{"(S{0.5}|G{0.5})", 15, "probability of a choice"},
		{"V{0.5}é", 6, "'é' is not a transform"},
		{strings.Repeat("(", 9) + "V{1}", 8, "brackets stand in each other"},
	} {
		_, err := Parse(c.text)
		var bad *SyntaxError
		if !errors.As(err, &bad) {
			t.Errorf("%q: error %v, want one of syntax", c.text, err)
			continue
		}
		if bad.At != c.at || !strings.Contains(bad.Reason, c.reason) {
			t.Errorf("%q: %d, %q; want %d, …%s…", c.text, bad.At, bad.Reason, c.at, c.reason)
		}
	}
}

func TestPointer(t *testing.T) {
	_, err := Parse("Hé{1}")
	var bad *SyntaxError
	if !errors.As(err, &bad) || bad.Pointer() != "Hé{1}\n ^" {
		t.Errorf("error %v points as\n%s", err, bad.Pointer())
	}
	want := `the augmentation "Hé{1}" cannot be read at character 2: ` +
		`the probability of H needs '{' here`
	if err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestNamesAndLetters(t *testing.T) {
	for _, n := range named {
		if c, err := Parse(n.name); err != nil || len(c) == 0 {
			t.Errorf("%s: %v, %v", n.name, c, err)
		}
	}
	seen := map[byte]bool{'E': true, 'C': true}
	for _, l := range Letters() {
		if seen[l.Letter] {
			t.Errorf("the letter %c means two things", l.Letter)
		}
		seen[l.Letter] = true
		for _, limit := range l.Limits {
			if limit.Default > limit.Max {
				t.Errorf("%c: the usual %s is beyond what is allowed", l.Letter, limit.Name)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, n := range named {
		f.Add(n.text)
	}
	for _, text := range []string{
		"E", "C3", "V{0.5", "((H{.1}|T{1.}){0.000001}|W{0}[1,2]){1}", "S{1}[0.1,",
		"Z {1} [ 0.02 , 0.1 ]", "é", "N{1}[00040.0]",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			var bad *SyntaxError
			if !errors.As(err, &bad) || bad.At < 0 || bad.At > len(text) || bad.Pointer() == "" {
				t.Fatalf("%q: error %v", text, err)
			}
			return
		}
		again, err := Parse(c.String())
		if err != nil || !again.Equal(c) {
			t.Fatalf("%q is printed as %q and read as %v, %v", text, c, again, err)
		}
	})
}
