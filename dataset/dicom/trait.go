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

// trait is an attribute by which images of one series may differ. What its value is does not
// matter, only whether it is the same. An empty value means that a file does not say.
type trait struct {
	name string // in sentences
	// label stands before the value in the name of a volume; empty: the value is not shown.
	label string
	of    func(h *header) string
	// numbers says that a value of its own for every image numbers them and sets none apart.
	numbers bool
	// weak says that the value may change along one volume.
	weak bool
}

// identities are what says whose images these are.
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

// reconstructions are what makes a reconstruction and the acquisition behind it. Images that
// differ in one of them are not of one volume.
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

// acquisitions are what images of one volume may differ in, as each rotation of the tube may be
// an acquisition. They set images apart only where these cannot be one volume. The first ones
// say what they mean, those of guesses less so.
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

// inPlane is where the corner of an image lies across the stack, in mm.
func (h *header) inPlane() string {
	if !h.hasPosition {
		return ""
	}
	return fmt.Sprintf("%.0f %.0f", h.position.Dot(h.rowAxis), h.position.Dot(h.columnAxis))
}

// counted is a number as a value of a trait; 0 stands for one that is not said.
func counted(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// plainName is a patient's name without what differs between two spellings of one entry.
func plainName(name string) string {
	return strings.Trim(strings.Join(strings.Fields(strings.ToUpper(
		strings.ReplaceAll(name, "^", " "))), " "), "= ")
}

// values are the different values of a trait, without the empty one.
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

// differs says whether images differ in a trait. Those that do not say have the only value.
func (t trait) differs(headers []*header) bool {
	n := len(t.values(headers))
	return n > 1 && !(t.numbers && n == len(headers) && n > 2)
}

// part sorts images by their value of a trait. The parts come in order of the value.
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

// shown is how a volume is called by its value of a trait, empty if that is not shown.
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

// compareValues puts numbers in their order and other text in natural order.
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
