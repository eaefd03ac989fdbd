package nrrd

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/internal/voxels"
)

// maxSegments bounds how many segments are looked for in a header.
const maxSegments = 4096

// described is a segment as 3D Slicer describes it, and its place in the array.
type described struct {
	annotation.Segment
	at voxels.Place
}

// named gives the values of a label map the names from the header. A value that the header does not
// name is called by its number.
func named(path string, h *rawHeader, l *voxels.Labels) *annotation.Segmentation {
	all := describe(h.keys, len(l.Layers))
	if len(all) == 0 && len(l.Layers) == 1 {
		return voxels.Named(path, "NRRD", l.Geometry, l.Layers[0], nil)
	}
	s := &annotation.Segmentation{Path: path, Format: "NRRD", Rasteriser: l}
	known := map[voxels.Place]bool{}
	for _, d := range all {
		if known[d.at] = true; l.Segment(&d.Segment, d.at) {
			s.Segments = append(s.Segments, d.Segment)
		}
	}
	for i, layer := range l.Layers {
		for _, m := range slices.SortedFunc(slices.Values(layer.Marks),
			func(a, b voxels.Mark) int { return cmp.Compare(a.Value, b.Value) }) {
			segment := annotation.Segment{Number: m.Value}
			if len(l.Layers) > 1 {
				segment.Label = fmt.Sprintf("layer %d label %d", i+1, m.Value)
			}
			if at := (voxels.Place{Layer: i, Value: m.Value}); !known[at] &&
				l.Segment(&segment, at) {
				s.Segments = append(s.Segments, segment)
			}
		}
	}
	if len(s.Segments) == 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s marks nothing.", l.Name))
	}
	return s
}

// describe reads the keys Segment0_Name and so on. Old versions of Slicer gave every segment its
// own layer and no label value.
func describe(keys map[string]string, layers int) (all []described) {
	for i := range maxSegments {
		get := func(key string) (string, bool) {
			v,
				ok := keys[fmt.Sprintf("Segment%d_%s", i, key)]
			return v, ok
		}
		id, hasID := get("ID")
		name, hasName := get("Name")
		if !hasID && !hasName {
			break
		}
		d := described{Segment: annotation.Segment{Label: cmp.Or(strings.TrimSpace(name), id)}}
		d.at = voxels.Place{Value: 1}
		if layers > 1 {
			d.at.Layer = i
		}
		if layer, ok := get("Layer"); ok {
			d.at.Layer, _ = strconv.Atoi(layer) // the first layer if there is none
		}
		if value, ok := get("LabelValue"); ok {
			d.at.Value, _ = strconv.Atoi(value)
		} else if layers == 1 {
			d.at.Value = i + 1
		}
		if d.at.Layer < 0 || d.at.Layer >= layers {
			continue // its layer is not in this file
		}
		d.Number = d.at.Value
		tags, _ := get("Tags")
		d.Category, d.Type = terminology(tags)
		all = append(all, d)
	}
	return all
}

// terminology returns category and type from the tags of a segment. Tags are separated by |, and
// the parts of a terminology entry by ~. Each part is SCHEME^VALUE^MEANING.
func terminology(tags string) (category, kind classes.Code) {
	for tag := range strings.SplitSeq(tags, "|") {
		_, entry, ok := strings.Cut(tag, "TerminologyEntry:")
		if !ok {
			continue
		}
		if parts := strings.Split(entry, "~"); len(parts) > 2 {
			return code(parts[1]), code(parts[2])
		}
	}
	return category, kind
}

func code(text string) classes.Code {
	parts := strings.SplitN(text, "^", 3)
	if len(parts) < 3 {
		return classes.Code{}
	}
	return classes.Code{Scheme: parts[0], Value: parts[1], Meaning: parts[2]}
}
