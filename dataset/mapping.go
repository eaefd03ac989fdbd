package dataset

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"glasswork/dataset/volume"
)

// Choice says what becomes of a foreign segment: one of our classes, or LeaveOut.
type Choice string

// The choices; a class is chosen by its name in volume.ClassNames.
const (
	LeaveOut       Choice = "leave out"
	AsGroundGlass  Choice = "ground glass"
	AsConsolidated Choice = "consolidation"
	AsLungs        Choice = "lungs other"
)

// Choices are all there are, in the order in which they are offered.
func Choices() []Choice { return []Choice{AsGroundGlass, AsConsolidated, AsLungs, LeaveOut} }

// Class is the class chosen; false for LeaveOut.
func (c Choice) Class() (volume.Class, bool) {
	for class, name := range volume.ClassNames() {
		if string(c) == name && class != int(volume.Background) {
			return volume.Class(class), true
		}
	}
	return volume.Background, false
}

// ParseChoice reads a choice as a person types it: a class by any name a data set may give
// it, or "leave out".
func ParseChoice(text string) (Choice, error) {
	if plain(text) == plain(string(LeaveOut)) {
		return LeaveOut, nil
	}
	if class, ok := classByName(text); ok {
		if class == volume.Background {
			return LeaveOut, nil
		}
		return Choice(volume.ClassNames()[class]), nil
	}
	for _, w := range wholeWords {
		if w.name == plain(text) {
			return w.choice, nil
		}
	}
	return "", fmt.Errorf("%q is none of ground glass, consolidation, lungs other and leave out", text)
}

// Mapping says what becomes of segments, by SegmentKey.
type Mapping map[string]Choice

// SegmentKey tells segments apart across files: by their code where they have one, and by
// their name whatever its case and punctuation; by their value where they have neither.
func SegmentKey(s volume.Segment) string {
	name := plain(s.Label)
	switch {
	case s.Type.Value != "":
		return codeKey(s) + name
	case name != "":
		return "name " + name
	}
	return fmt.Sprintf("value %d", s.Number)
}

// codeKey is what the keys of all segments of one code begin with.
func codeKey(s volume.Segment) string {
	return "code " + s.Type.Scheme + " " + s.Type.Value + " "
}

// SegmentName is what people call a segment: its name, what its code means, or its value.
func SegmentName(s volume.Segment) string {
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
func (m Mapping) Of(s volume.Segment) (Choice, bool) {
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
func (m Mapping) Missing(all []volume.Segment) []volume.Segment {
	var missing []volume.Segment
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
func Select(all []volume.Segment, name string) (found []volume.Segment) {
	for _, s := range all {
		number := fmt.Sprint(s.Number)
		switch {
		case name == "*", plain(SegmentName(s)) == plain(name) && plain(name) != "",
			name == s.Type.Value && name != "", name == number, strings.EqualFold(name, "label "+number):
			found = append(found, s)
		}
	}
	return found
}

// codes are concepts by their codes (DICOM PS3.16, SNOMED CT and its older form SRT): what
// each becomes, and whether that is beyond doubt.
var codes = []struct {
	scheme, value string
	choice        Choice
	sure          bool
}{
	{"DCM", "112120", AsGroundGlass, true},
	{"SCT", "9656002", AsConsolidated, true},
	{"SCT", "39607008", AsLungs, true}, // Lung
	{"SRT", "T-28000", AsLungs, true},
	{"SCT", "44029006", AsLungs, false}, // left lung
	{"SCT", "3341006", AsLungs, false},  // right lung
	{"SCT", "45653009", AsLungs, false}, // upper lobe
	{"SRT", "T-28820", AsLungs, false},
	{"SCT", "42400003", AsLungs, false}, // upper lobe, right
	{"SCT", "44714003", AsLungs, false}, // upper lobe, left
	{"SRT", "T-28600", AsLungs, false},
	{"SCT", "72481006", AsLungs, false}, // middle lobe
	{"SRT", "T-28300", AsLungs, false},
	{"SCT", "90572001", AsLungs, false}, // lower lobe
	{"SRT", "T-28830", AsLungs, false},
	{"SCT", "266005", AsLungs, false},   // lower lobe, right
	{"SCT", "41224006", AsLungs, false}, // lower lobe, left
}

// vague are codes that programs give to whatever nobody has coded: tissue, anatomical and
// altered structure. They tell nothing apart.
var vague = []string{"85756007", "T-D0050", "123037004", "T-D000A", "49755003", "M-01000"}

// words are parts of names in English and German, in the order in which they are looked for.
var words = []struct {
	part   string
	choice Choice
}{
	{"groundglass", AsGroundGlass},
	{"ggo", AsGroundGlass},
	{"milchglas", AsGroundGlass},
	{"mattglas", AsGroundGlass},
	{"consolidation", AsConsolidated},
	{"konsolidierung", AsConsolidated},
	{"konsolidation", AsConsolidated},
	{"verdichtung", AsConsolidated},
	{"vessel", LeaveOut},
	{"nodule", LeaveOut},
	{"airway", LeaveOut},
	{"cancer", LeaveOut},
	{"tumor", LeaveOut},
	{"lobe", AsLungs},
	{"lappen", AsLungs},
}

// wholeWords are names that mean something only if nothing else is in them.
var wholeWords = []struct {
	name   string
	choice Choice
}{
	{"ggo", AsGroundGlass},
	{"gg", AsGroundGlass},
	{"cons", AsConsolidated},
	{"lung", AsLungs},
	{"lungs", AsLungs},
	{"lunge", AsLungs},
	{"pulmo", AsLungs},
	{"lungparenchyma", AsLungs},
	{"lungleft", AsLungs},
	{"lungright", AsLungs},
	{"leftlung", AsLungs},
	{"rightlung", AsLungs},
	{"lungl", AsLungs},
	{"lungr", AsLungs},
	{"llung", AsLungs},
	{"rlung", AsLungs},
	{"linkelunge", AsLungs},
	{"rechtelunge", AsLungs},
	{"lungelinks", AsLungs},
	{"lungerechts", AsLungs},
}

// ours returns the choice for a segment that carries the code or the name of one of our
// classes.
func ours(s volume.Segment) (Choice, bool) {
	for _, c := range codes {
		if c.sure && c.scheme == s.Type.Scheme && c.value == s.Type.Value {
			return c.choice, true
		}
	}
	if s.Type.Value != "" {
		return "", false
	}
	if plain(s.Label) == plain(notReviewed) {
		return LeaveOut, true
	}
	for _, c := range Choices()[:3] {
		if plain(string(c)) == plain(s.Label) {
			return c, true
		}
	}
	return "", false
}

// Guess is the choice that a segment of a file suggests, for a person to confirm. all are the
// file's segments: where none has a name, values may be our classes.
func Guess(s volume.Segment, all []volume.Segment) Choice {
	if c, ok := ours(s); ok {
		return c
	}
	for _, c := range codes {
		if c.scheme == s.Type.Scheme && c.value == s.Type.Value {
			return c.choice
		}
	}
	name := plain(s.Label)
	if name == "" {
		name = plain(s.Type.Meaning)
	}
	for _, w := range wholeWords {
		if name == w.name {
			return w.choice
		}
	}
	for _, w := range words {
		if strings.Contains(name, w.part) {
			return w.choice
		}
	}
	if name == "" && !slices.ContainsFunc(all, func(o volume.Segment) bool { return o.Number < 1 || o.Number >= volume.NumClasses }) {
		return Choice(volume.ClassNames()[s.Number])
	}
	return LeaveOut
}

// plain is a name without case, blanks and punctuation.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
