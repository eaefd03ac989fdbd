package dicom

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"glasswork/dataset/internal/natural"
)

// trait is an attribute by which images of one series may differ. Only whether two values are the
// same matters, not what they are. An empty value means that a file does not give it.
type trait struct {
	name string // in sentences
	// label precedes the value in the name of a volume. If it is empty, the value is not shown.
	label string
	of    func(h *header) string
	// numbers says that the trait numbers images if each has a value of its own. It then separates
	// none.
	numbers bool
	// weak says that the value may change along one volume.
	weak bool
}

// identities returns the traits that say whose images these are.
func identities() []trait {
	return []trait{
		{name: "Patient ID", of: func(h *header) string { return h.patientID }},
		{name: "patient name", of: func(h *header) string { return plainName(h.patientName) }},
		{name: "birth date", of: func(h *header) string { return h.birthDate }},
		{
			name: "Study Instance UID", numbers: true,
			of: func(h *header) string { return h.studyUID },
		},
	}
}

// reconstructions returns what makes a reconstruction and the acquisition behind it. Images that
// differ in any of them are not one volume.
func reconstructions() []trait {
	return []trait{
		{
			name: "frame of reference", numbers: true,
			of: func(h *header) string { return h.frameUID },
		},
		{name: "stack", label: "stack", of: func(h *header) string { return h.stackID }},
		{
			name: "series number", label: "series", numbers: true, weak: true,
			of: func(h *header) string { return h.number },
		},
		{
			name: "description", numbers: true, weak: true,
			of: func(h *header) string { return h.description },
		},
		{name: "image type", weak: true, of: func(h *header) string {
			return strings.Join(h.imageType, `\`)
		}},
		{name: "kernel", label: "kernel", of: func(h *header) string { return h.kernel }},
		{name: "energy", label: "energy", of: func(h *header) string { return h.energy }},
		{name: "filter", label: "filter", of: func(h *header) string { return h.filter }},
		{name: "slice thickness", label: "thickness", weak: true, of: func(h *header) string {
			return h.nominal
		}},
		{name: "patient position", of: func(h *header) string {
			return h.patientPosition
		}},
	}
}

// acquisitions returns traits in which images of one volume may differ, because each rotation of
// the tube may be an acquisition. They separate images only if these cannot be one volume. The
// traits in said state a difference explicitly. Those in guesses only suggest one.
func acquisitions() (said, guesses []trait) {
	return []trait{
			{name: "temporal position", label: "time", of: func(h *header) string {
				return counted(h.time)
			}},
			{name: "phase", label: "phase", of: func(h *header) string { return h.phase }},
			{name: "trigger time", label: "trigger", of: func(h *header) string {
				return h.trigger
			}},
			{name: "acquisition", label: "acquisition", of: func(h *header) string {
				return counted(h.acquisition)
			}},
			{name: "irradiation event", of: func(h *header) string { return h.event }},
			{name: "contrast agent", of: func(h *header) string { return h.contrast }},
		}, []trait{
			{name: "time of acquisition", of: func(h *header) string { return h.acquired }},
			{name: "time of the series", of: func(h *header) string { return h.seriesTime }},
			{name: "time of the images", of: func(h *header) string { return h.contentTime }},
			{name: "place in the plane", of: (*header).inPlane},
			{name: "folder", of: func(h *header) string { return filepath.Dir(h.path) }},
		}
}

// inPlane returns where the corner of an image lies across the stack, in mm.
func (h *header) inPlane() string {
	if !h.hasPosition {
		return ""
	}
	return fmt.Sprintf("%.0f %.0f", h.position.Dot(h.rowAxis), h.position.Dot(h.columnAxis))
}

// counted returns a number as a value of a trait. 0 means that the file does not give it.
func counted(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// plainName returns a patient's name without what differs between two spellings of the same entry.
func plainName(name string) string {
	return strings.Trim(strings.Join(strings.Fields(strings.ToUpper(
		strings.ReplaceAll(name, "^", " "))), " "), "= ")
}

// values returns the different values of a trait, except the empty one.
func (t trait) values(headers []*header) []string {
	var out []string
	for _, h := range headers {
		if v := t.of(h); v != "" {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// differs reports whether images differ in a trait. Images without a value count as having the only
// one.
func (t trait) differs(headers []*header) bool {
	n := len(t.values(headers))
	return n > 1 && !(t.numbers && n == len(headers) && n > 2)
}

// part sorts images by their value of a trait. The parts are in order of the value.
func (t trait) part(headers []*header) (parts [][]*header) {
	byValue := map[string][]*header{}
	var values []string
	for _, h := range headers {
		v := t.of(h)
		if byValue[v] == nil {
			values = append(values, v)
		}
		byValue[v] = append(byValue[v], h)
	}
	slices.SortFunc(values, compareValues)
	for _, v := range values {
		parts = append(parts, byValue[v])
	}
	return parts
}

// shown returns what a volume is called for its value of a trait, or "" if that is not shown.
func (t trait) shown(h *header) string {
	v := limit(t.of(h), 32)
	switch {
	case t.label == "":
		return ""
	case v == "":
		return "no " + t.label
	}
	return t.label + " " + v
}

// compareValues sorts numbers by value and other text in natural order.
func compareValues(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return natural.Compare(a, b)
}

// setNominal gives slices whose thickness differs by rounding the same nominal one.
func setNominal(headers []*header) {
	sorted := slices.SortedStableFunc(slices.Values(headers), func(a, b *header) int {
		return cmp.Compare(a.thickness, b.thickness)
	})
	last, nominal := 0.0, ""
	for _, h := range sorted {
		if h.thickness > last*(1+roundedThickness) {
			nominal = fmt.Sprintf("%.4g mm", h.thickness)
		}
		h.nominal, last = nominal, h.thickness
	}
}
