package dicom

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// owned holds images of one series that are of one patient and one study.
type owned struct {
	headers  []*header
	suffix   string // of the series' ID, if several share its UID
	warnings []string
}

// owners sorts images by series, patient and study, because a UID alone may be wrong.
func owners(headers []*header) (all []owned) {
	bySeries := map[string][]*header{}
	var order []string
	for _, h := range headers {
		key := h.seriesUID
		if key == "" {
			key = "\x00" + filepath.Dir(h.path)
		}
		if bySeries[key] == nil {
			order = append(order, key)
		}
		bySeries[key] = append(bySeries[key], h)
	}
	for _, key := range order {
		groups, names := byIdentity(bySeries[key])
		for i, g := range groups {
			o := owned{headers: g}
			if i > 0 && g[0].seriesUID != "" {
				o.suffix = "#" + g[0].identity()
			}
			if len(names) > 0 {
				o.warnings = []string{fmt.Sprintf("Images that differ in %s carry the Series "+
					"Instance UID of %s; they are kept apart.", list(names), title(g[0]))}
			}
			all = append(all, o)
		}
	}
	return all
}

// byIdentity separates images of different patients and studies. names says in what they differ.
func byIdentity(headers []*header) (groups [][]*header, names []string) {
	groups = [][]*header{headers}
	for _, t := range identities() {
		var next [][]*header
		for _, g := range groups {
			if !t.differs(g) {
				next = append(next, g)
				continue
			}
			next, names = append(next, t.part(g)...), append(names, t.name)
		}
		groups = next
	}
	slices.Sort(names)
	return groups, slices.Compact(names)
}

// identity returns a short text that differs between patients and studies and does not name them.
func (h *header) identity() string {
	sum := sha256.Sum256([]byte(strings.Join(
		[]string{h.patientID, h.patientName, h.birthDate, h.studyUID}, "\x00")))
	return hex.EncodeToString(sum[:4])
}

// list returns names in the form that they have in a sentence.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
