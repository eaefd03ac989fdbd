package annotation

import (
	"fmt"
	"slices"
	"strings"

	"glasswork/dataset/classes"
)

// Choice says what becomes of a foreign segment: one of our classes, by its name, or LeaveOut.
type Choice string

// LeaveOut is the choice of no class.
const LeaveOut Choice = "leave out"

// As is the choice of a class; of background it is LeaveOut.
func As(c classes.Class) Choice {
	if c == classes.Background {
		return LeaveOut
	}
	return Choice(classes.Names()[c])
}

// Choices are all there are, in the order in which they are offered.
func Choices() (all []Choice) {
	for c := classes.Background + 1; c < classes.Count; c++ {
		all = append(all, As(c))
	}
	return append(all, LeaveOut)
}

// Class is the class chosen; false for LeaveOut.
func (c Choice) Class() (classes.Class, bool) {
	for class, name := range classes.Names() {
		if string(c) == name && class != int(classes.Background) {
			return classes.Class(class), true
		}
	}
	return classes.Background, false
}

// ParseChoice reads a choice as a person types it: a class by any name a data set may give
// it, or "leave out".
func ParseChoice(text string) (Choice, error) {
	if classes.Plain(text) == classes.Plain(string(LeaveOut)) {
		return LeaveOut, nil
	}
	if c, ok := classes.Named(text); ok {
		return As(c), nil
	}
	if c, ok := classes.Suggested(text); ok {
		return As(c), nil
	}
	return "", fmt.Errorf("%q is none of %s and %s", text, strings.Join(classes.Foreground(), ", "),
		LeaveOut)
}

// Mapping says what becomes of segments, by SegmentKey.
type Mapping map[string]Choice

// SegmentKey tells segments apart across files: by their code where they have one, and by
// their name whatever its case and punctuation; by their value where they have neither.
func SegmentKey(s Segment) string {
	name := classes.Plain(s.Label)
	switch {
	case s.Type.Value != "":
		return codeKey(s) + name
	case name != "":
		return "name " + name
	}
	return fmt.Sprintf("value %d", s.Number)
}

// codeKey is what the keys of all segments of one code begin with.
func codeKey(s Segment) string {
	return "code " + s.Type.Scheme + " " + s.Type.Value + " "
}

// SegmentName is what people call a segment: its name, what its code means, or its value.
func SegmentName(s Segment) string {
	switch {
	case strings.TrimSpace(s.Label) != "":
		return strings.TrimSpace(s.Label)
	case s.Type.Meaning != "":
		return s.Type.Meaning
	}
	return fmt.Sprintf("label %d", s.Number)
}

// Of returns what becomes of a segment: what was chosen before, for it or for every other
// segment of its code, or what needs no question because it carries the very code or name
// of a class of ours; false where somebody has to be asked.
func (m Mapping) Of(s Segment) (Choice, bool) {
	if c, ok := m[SegmentKey(s)]; ok {
		return c, true
	}
	if c, ok := ours(s); ok || s.Type.Value == "" || slices.Contains(vague, s.Type.Value) {
		return c, ok
	}
	return m.ofCode(codeKey(s))
}

// ofCode is the choice that all segments of a code have, if they have one.
func (m Mapping) ofCode(code string) (choice Choice, ok bool) {
	for key, c := range m {
		if !strings.HasPrefix(key, code) {
			continue
		}
		if ok && c != choice {
			return "", false
		}
		choice, ok = c, true
	}
	return choice, ok
}

// Missing are the segments that somebody has to be asked about, each once.
func (m Mapping) Missing(all []Segment) []Segment {
	var missing []Segment
	seen := map[string]bool{}
	for _, s := range all {
		key := SegmentKey(s)
		if _, ok := m.Of(s); !ok && !seen[key] {
			seen[key] = true
			missing = append(missing, s)
		}
	}
	return missing
}

// With returns m with the choices of o, which win.
func (m Mapping) With(o Mapping) Mapping {
	all := Mapping{}
	for _, from := range []Mapping{m, o} {
		for k, c := range from {
			all[k] = c
		}
	}
	return all
}

// Select returns the segments that a person means by a name: by what they are called, their
// code's value, or their number; "*" means all.
func Select(all []Segment, name string) (found []Segment) {
	for _, s := range all {
		number := fmt.Sprint(s.Number)
		switch {
		case name == "*", classes.Plain(SegmentName(s)) == classes.Plain(name) &&
			classes.Plain(name) != "",
			name == s.Type.Value && name != "", name == number, strings.EqualFold(name,
				"label "+number):
			found = append(found, s)
		}
	}
	return found
}

// vague are codes that programs give to whatever nobody has coded: tissue, anatomical and
// altered structure. They tell nothing apart.
var vague = []string{"85756007", "T-D0050", "123037004", "T-D000A", "49755003", "M-01000"}

// others are parts of the names of what is in or about a lung and none of our classes.
var others = []string{"vessel", "nodule", "airway", "cancer", "tumor"}

// ours returns the choice for a segment that carries the code or the name of one of our
// classes.
func ours(s Segment) (Choice, bool) {
	for class, info := range classes.Table() {
		if s.Type.Value != "" && (same(s.Type, info.Code) ||
			slices.ContainsFunc(info.SameCodes, s.is)) {
			return As(classes.Class(class)), true
		}
	}
	if s.Type.Value != "" {
		return "", false
	}
	if classes.Plain(s.Label) == classes.Plain(classes.NotReviewedName) {
		return LeaveOut, true
	}
	for _, c := range Choices() {
		if c != LeaveOut && classes.Plain(string(c)) == classes.Plain(s.Label) {
			return c, true
		}
	}
	return "", false
}

// is says whether c is the code of the segment.
func (s Segment) is(c classes.Code) bool { return same(s.Type, c) }

func same(a, b classes.Code) bool { return a.Scheme == b.Scheme && a.Value == b.Value }

// Guess is the choice that a segment of a file suggests, for a person to confirm. all are the
// file's segments: where none has a name, values may be our classes.
func Guess(s Segment, all []Segment) Choice {
	if c, ok := ours(s); ok {
		return c
	}
	for class, info := range classes.Table() {
		if slices.ContainsFunc(info.PartCodes, s.is) {
			return As(classes.Class(class))
		}
	}
	name := classes.Plain(s.Label)
	if name == "" {
		name = classes.Plain(s.Type.Meaning)
	}
	if name != "" {
		return guessByName(name)
	}
	none := func(o Segment) bool { return o.Number < 1 || o.Number >= classes.Count }
	if !slices.ContainsFunc(all, none) {
		return As(classes.Class(s.Number))
	}
	return LeaveOut
}

// guessByName is what a plain name suggests. Parts of names tell lesions apart first, then
// what is none of our classes ("lung nodule"), last the parts of a body.
func guessByName(name string) Choice {
	if c, ok := classes.Suggested(name); ok {
		return As(c)
	}
	for _, lesions := range []bool{true, false} {
		for class, info := range classes.Table() {
			part := func(p string) bool { return strings.Contains(name, p) }
			if info.Lesion == lesions && slices.ContainsFunc(info.NameParts, part) {
				return As(classes.Class(class))
			}
		}
		if slices.ContainsFunc(others, func(p string) bool { return strings.Contains(name, p) }) {
			return LeaveOut
		}
	}
	return LeaveOut
}
