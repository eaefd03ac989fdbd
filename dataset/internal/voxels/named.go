package voxels

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/annotation"
	"glasswork/dataset/volume"
)

// Named returns a label map as segments, in the order of its values. A value without a name is
// named after the file if it is the only one, and by its number otherwise.
func Named(
	path, format string, g volume.Geometry, layer *Layer, names map[int]string,
) *annotation.Segmentation {
	l := &Labels{Name: filepath.Base(path), Geometry: g, Layers: []*Layer{layer}}
	s := &annotation.Segmentation{Path: path, Format: format, Rasteriser: l}
	marks := slices.SortedFunc(slices.Values(layer.Marks),
		func(a, b Mark) int { return cmp.Compare(a.Value, b.Value) })
	for _, m := range marks {
		segment := annotation.Segment{Number: m.Value, Label: names[m.Value]}
		if segment.Label == "" && len(marks) == 1 {
			segment.Label = stem(path)
		}
		if l.Segment(&segment, Place{Value: m.Value}) {
			s.Segments = append(s.Segments, segment)
		}
	}
	if len(s.Segments) == 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s marks nothing.", l.Name))
	}
	return s
}

// stem returns a file's name without its extensions.
func stem(path string) string {
	name := filepath.Base(path)
	for {
		ext := strings.ToLower(filepath.Ext(name))
		switch ext {
		case ".gz", ".nii", ".hdr", ".img", ".nrrd", ".nhdr", ".seg", ".mha", ".mhd",
			".npy", ".npz":
			name = name[:len(name)-len(ext)]
			continue
		}
		return name
	}
}
