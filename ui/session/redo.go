package session

import (
	"slices"

	"glasswork/dataset/project"
	"glasswork/dataset/volume"
)

// again returns entries as they are to be done now, and the slice's state before each. A
// proposal may have come between undo and redo; what the person changed is changed again,
// what they left alone stays as the proposal left it.
func again(a *project.Annotation, entries []project.Entry) (now []project.Entry, before []project.SliceState) {
	if len(entries) == 0 {
		return nil, nil
	}
	state := a.Slices[entries[0].Z]
	for _, e := range entries {
		if e.Patch != nil {
			patch, any := repaint(a.Labels, *e.Patch)
			if !any {
				continue
			}
			e.Patch = &patch
		}
		if e.State.Model == "" {
			e.State.Model = state.Model
		}
		now, before = append(now, e), append(before, state)
		state = e.State
	}
	return now, before
}

// repaint returns the patch that gives the voxels p changes the labels p gives them, whatever
// they are now; false if they have them already.
func repaint(l *volume.LabelMap, p volume.Patch) (volume.Patch, bool) {
	w := l.Size[2]
	slice := l.Slice(p.Z)
	after := slices.Clone(slice)
	for i, c := range p.New {
		if c != p.Old[i] {
			y, x := i/p.Box.Dx(), i%p.Box.Dx()
			after[(p.Box.Min.Y+y)*w+p.Box.Min.X+x] = c
		}
	}
	return volume.Diff(p.Z, w, slice, after)
}
