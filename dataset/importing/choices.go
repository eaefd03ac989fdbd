package importing

import (
	"fmt"
	"path/filepath"
	"strings"

	"glasswork/dataset/annotation"
)

// parseChoices reads what a person types about segments, as in "GGO left=ground glass": a name,
// a number or a code, and a choice. The name "*" means all that no other line names.
func parseChoices(s *annotation.Segmentation, lines []string) (annotation.Mapping, error) {
	m, others := annotation.Mapping{}, annotation.Mapping{}
	for _, text := range lines {
		i := strings.LastIndex(text, "=")
		if i < 0 {
			return nil, fmt.Errorf(`%q lacks an "="; write "segment name=ground glass"`, text)
		}
		choice, err := annotation.ParseChoice(text[i+1:])
		if err != nil {
			return nil, fmt.Errorf("%q is not understood: %w", text, err)
		}
		name := strings.TrimSpace(text[:i])
		found := annotation.Select(s.Segments, name)
		if len(found) == 0 {
			return nil, fmt.Errorf("%q is not understood: %s has no segment %q; it has %s",
				text, filepath.Base(s.Path), name, Names(s.Segments))
		}
		to := m
		if name == "*" {
			to = others
		}
		for _, segment := range found {
			to[annotation.SegmentKey(segment)] = choice
		}
	}
	return others.With(m), nil
}

// Names lists the first segments of a file in one line.
func Names(all []annotation.Segment) string {
	const most = 8
	var names []string
	for i, s := range all {
		if i == most {
			return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), len(all)-most)
		}
		names = append(names, annotation.SegmentName(s))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
