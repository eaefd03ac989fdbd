package object

import (
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/internal/walk"
)

// longestMended is how many bytes a value may have whose representation is compared with what it
// holds. Numbers that describe an image are shorter.
const longestMended = 256

// mended is the representation in which a value is read: the one that the file gives, unless the
// dictionary has another kind and the bytes are of that kind. So numbers written as text where
// the file says binary are not read as rubbish.
func (r *reader) mended(e walk.Element, t tag.Tag, in scope) string {
	if e.Open() || e.Length == 0 || e.Length > longestMended || t.Group%2 == 1 {
		return e.VR
	}
	known := dictionaryVR(t, in.signed)
	if known == "UN" || known == e.VR || known == "SQ" {
		return e.VR
	}
	switch {
	case isBytes(e.VR) && !isBytes(known):
		return known
	case isBinary(e.VR) && !isBinary(known) && !isBytes(known):
		if b, err := r.walker.Bytes(e.Value, int(e.Length)); err == nil && isNumberText(b) {
			return known
		}
	case isBinary(known) && !isBinary(e.VR) && !isBytes(e.VR):
		b, err := r.walker.Bytes(e.Value, int(e.Length))
		if err == nil && !isNumberText(b) && len(b)%numberWidth(known) == 0 {
			return known
		}
	}
	return e.VR
}

// isBinary says whether values of a representation are binary numbers.
func isBinary(vr string) bool { return isInteger(vr) || vr == "FL" || vr == "FD" }

// isNumberText says whether bytes are numbers written as text.
func isNumberText(b []byte) bool {
	text := strings.Trim(string(b), " \x00")
	return text != "" && strings.Trim(text, "0123456789+-.eE\\ ") == ""
}
