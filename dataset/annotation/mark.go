package annotation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// Marked is what the mapped segments of a file mark on a study's grid.
type Marked struct {
	// Labels is background where nothing is marked.
	Labels *volume.LabelMap
	// Marks says which classes the file marks. Marks of these classes that a study already has
	// are replaced.
	Marks [classes.Labels]bool
	// Segments holds the segments that became a class.
	Segments []Segment
	// Warnings holds sentences for the user about what was lost.
	Warnings []string
}

// ErrLeftOut is returned for a file of which no segment becomes a class.
var ErrLeftOut = errors.New("every segment of it is left out, so there is nothing to import")

// Mark puts the segments that m maps to a class onto grid. Where they overlap, consolidation
// takes precedence over ground glass, both over an unspecified lesion, and all over lungs. The
// error is one sentence: m does not know a segment, or nothing lies in the grid.
func Mark(ctx context.Context, s *Segmentation, m Mapping, grid volume.Geometry) (*Marked, error) {
	name := filepath.Base(s.Path)
	if missing := m.Missing(s.Segments); len(missing) > 0 {
		return nil, fmt.Errorf("%s: nobody has said what %q is", name, SegmentName(missing[0]))
	}
	k := marker{marked: &Marked{
		Labels:   volume.NewLabelMap(grid),
		Warnings: slices.Clone(s.Warnings),
	}, mask: make([]uint8, grid.Voxels())}
	for _, class := range strongestFirst() {
		for i, segment := range s.Segments {
			choice, _ := m.Of(segment)
			if c, ok := choice.Class(); !ok || c != class {
				continue
			}
			if err := k.add(ctx, s, i, class); err != nil {
				return nil, err
			}
		}
	}
	switch {
	case len(k.marked.Segments) == 0:
		return nil, fmt.Errorf("%s: %w", name, ErrLeftOut)
	case k.voxels == 0:
		return nil, fmt.Errorf(
			"%s: nothing of it lies in this study; it belongs to another one", name,
		)
	}
	if k.disputed > 0 {
		k.warn(fmt.Sprintf("%s marks %d voxels as ground glass and as consolidation; they are "+
			"taken as consolidation.", name, k.disputed))
	}
	return k.marked, nil
}

// marker adds segments to a label map, the strongest class first.
type marker struct {
	marked *Marked
	mask   []uint8 // of one segment, cleared after each
	// voxels is how many are marked, disputed how many of them are marked as both findings.
	voxels, disputed int
}

func (k *marker) add(ctx context.Context, s *Segmentation, i int, class classes.Class) error {
	warnings, err := s.Rasterise(ctx, i, k.marked.Labels.Geometry, k.mask)
	if err != nil {
		return err
	}
	for at, m := range k.mask {
		if m == 0 {
			continue
		}
		k.mask[at] = 0
		switch was := k.marked.Labels.Labels[at]; {
		case was == classes.Background:
			k.marked.Labels.Labels[at] = class
			k.voxels++
		case was == classes.Consolidation && class == classes.GroundGlass:
			k.disputed++
		}
	}
	k.marked.Segments = append(k.marked.Segments, s.Segments[i])
	k.marked.Marks[class] = true
	for _, w := range warnings {
		k.warn(w)
	}
	return nil
}

// warn adds a sentence once.
func (k *marker) warn(text string) {
	if !slices.Contains(k.marked.Warnings, text) {
		k.marked.Warnings = append(k.marked.Warnings, text)
	}
}

// Slices returns the slices on which something is marked.
func (m *Marked) Slices() (zs []int) {
	for z := range m.Labels.Size[0] {
		if slice := m.Labels.Slice(z); bytes.Count(slice, []byte{classes.Background}) < len(slice) {
			zs = append(zs, z)
		}
	}
	return zs
}

// Over returns the labels of slice z ([y,x]) after the import; now holds the labels before it.
// Classes that the file marks are replaced, other classes stay. A lesion that the file no longer
// marks becomes lung if the slice has lungs and the file does not mark any.
//
// A file that marks lesions without their kind marks both kinds: where it marks a lesion, a kind
// that the study knows stays; elsewhere it goes. Likewise a file of both kinds marks all lesions.
func (m *Marked) Over(z int, now []uint8) []uint8 {
	vacated := classes.Background
	if !m.Marks[classes.LungsOther] && slices.Contains(now, classes.LungsOther) {
		vacated = classes.LungsOther
	}
	// over[marked][was] is the label where the file marks one class and another one was.
	var over [classes.Labels][classes.Labels]classes.Class
	for marked := range over {
		for was := range over[marked] {
			stays, by := classes.Class(was), classes.Class(marked)
			if stays != classes.Background && m.replaces(stays, by) {
				stays = vacated
			}
			over[marked][was] = by
			if strength(stays) > strength(by) {
				over[marked][was] = stays
			}
		}
	}
	after := slices.Clone(m.Labels.Slice(z))
	for i, was := range now {
		after[i] = over[after[i]][was]
	}
	return after
}

// replaces reports whether a label goes where the file marks by, or nothing.
func (m *Marked) replaces(was, by classes.Class) bool {
	switch {
	case m.Marks[was]:
		return true
	case was == classes.Lesion:
		return m.Marks[classes.GroundGlass] && m.Marks[classes.Consolidation]
	}
	return classes.IsLesion(was) && m.Marks[classes.Lesion] && by != classes.Lesion
}

// strength says which class takes precedence where two are marked: the greater one.
func strength(c classes.Class) int { return classes.Table()[c].Strength }

// strongestFirst returns the classes that a file can mark.
func strongestFirst() (all []classes.Class) {
	for c := classes.Background + 1; c < classes.Labels; c++ {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b classes.Class) int { return strength(b) - strength(a) })
	return all
}
