package annotation

import (
	"fmt"
	"slices"
	"strings"

	"glasswork/dataset/classes"
)

// Choice says what a foreign segment becomes: one of our classes, given by its name, or
// LeaveOut.
type Choice string

// LeaveOut is the choice that a segment becomes no class.
const LeaveOut Choice = "leave out"

// As returns the choice of a class; for background it returns LeaveOut.
func As(c classes.Class) Choice {
	if c == classes.Background {
		return LeaveOut
	}
	return Choice(classes.Name(c))
}

// Choices returns all choices in the order in which they are offered.
func Choices() (all []Choice) {
	for c := classes.Background + 1; c < classes.Labels; c++ {
		all = append(all, As(c))
	}
	return append(all, LeaveOut)
}

// Class returns the chosen class, or false for LeaveOut.
func (c Choice) Class() (classes.Class, bool) {
	for class, info := range classes.Table() {
		if string(c) == info.Name && class != int(classes.Background) {
			return classes.Class(class), true
		}
	}
	return classes.Background, false
}

// ParseChoice reads a choice as a person types it: any name that datasets use for a class, or
// "leave out".
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
	return "", fmt.Errorf("%q is none of %s and %s", text, strings.Join(classes.Marks(), ", "),
		LeaveOut)
}

// Mapping says what segments become. Its keys are made by SegmentKey.
type Mapping map[string]Choice

// SegmentKey identifies a segment across files: by its code, if it has one, and its name,
// ignoring case and punctuation. A segment with neither is identified by its value.
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

// codeKey is the common prefix of the keys of all segments with one code.
func codeKey(s Segment) string {
	return "code " + s.Type.Scheme + " " + s.Type.Value + " "
}

// SegmentName is the name that people see: the segment's own, else what its code means, else its
// value.
func SegmentName(s Segment) string {
	switch {
	case strings.TrimSpace(s.Label) != "":
		return strings.TrimSpace(s.Label)
	case s.Type.Meaning != "":
		return s.Type.Meaning
	}
	return fmt.Sprintf("label %d", s.Number)
}

// Of returns what a segment becomes. It is what was chosen before, for this segment or for all
// others with its code, or the class whose exact code or name the segment carries. If it returns
// false, a person has to be asked.
func (m Mapping) Of(s Segment) (Choice, bool) {
	if c, ok := m[SegmentKey(s)]; ok {
		return c, true
	}
	if c, ok := ours(s); ok || s.Type.Value == "" || slices.Contains(vague, s.Type.Value) {
		return c, ok
	}
	return m.ofCode(codeKey(s))
}

// ofCode returns the choice that all segments of a code share, if they share one.
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

// Missing returns the segments about which a person has to be asked, each once.
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

// With returns a copy of m with the choices of o added; o takes precedence.
func (m Mapping) With(o Mapping) Mapping {
	all := Mapping{}
	for _, from := range []Mapping{m, o} {
		for k, c := range from {
			all[k] = c
		}
	}
	return all
}

// Select returns the segments that a person means by a name: their name, the value of their
// code, or their number. "*" selects all.
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

// vague holds codes that programs write when nobody has coded a segment: tissue, anatomical
// structure and altered structure. They do not tell segments apart.
var vague = []string{"85756007", "T-D0050", "123037004", "T-D000A", "49755003", "M-01000"}

// others holds parts of names of structures in or near the lung that are none of our classes.
var others = []string{"vessel", "nodule", "airway", "cancer", "tumor"}

// ours returns the choice for a segment with the code or the name of one of our classes.
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

// is reports whether c is the segment's code.
func (s Segment) is(c classes.Code) bool { return same(s.Type, c) }

func same(a, b classes.Code) bool { return a.Scheme == b.Scheme && a.Value == b.Value }

// Guess returns the choice that a segment suggests, for a person to confirm. all holds all
// segments of the file: if none has a name, their values may be our classes.
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
	none := func(o Segment) bool { return o.Number < 1 || o.Number >= classes.Labels }
	if !slices.ContainsFunc(all, none) {
		return As(classes.Class(s.Number))
	}
	return LeaveOut
}

// guessByName returns the choice that a name suggests. It looks for lesions first, then for
// structures that are none of our classes ("lung nodule"), then for parts of the body.
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
