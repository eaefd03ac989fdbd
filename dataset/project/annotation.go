package project

import (
	"fmt"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// SliceState is what is known about who made the labels of one slice.
type SliceState struct {
	// Touched says that a person changed labels, Reviewed that a person vouches for the slice.
	Touched  bool `json:"touched,omitempty"`
	Reviewed bool `json:"reviewed,omitempty"`
	// Model is the model whose proposal stands there, or stood there before corrections; "" for
	// none.
	Model string `json:"model,omitempty"`
	// Source is the file from which labels were imported last; "" for none.
	Source string `json:"source,omitempty"`
	// Marks says which labels imported files marked in the study. Zero where nothing was
	// imported, and where it was by a version that did not note it.
	Marks classes.Known `json:"marks,omitzero"`
}

// Known says what was annotated on a slice with these labels. A proposal speaks of all classes.
// An import speaks of what its file marks, and a person without either of all lesions. What is
// there in spite of that, somebody has drawn.
func (s SliceState) Known(labels []uint8) classes.Known {
	if s.Model != "" {
		return classes.All()
	}
	known := s.Marks
	if known == (classes.Known{}) {
		known = classes.Knows(classes.GroundGlass, classes.Consolidation)
	}
	for c := classes.GroundGlass; c < classes.Count; c++ {
		known[c] = known[c] || slices.Contains(labels, c)
	}
	known[classes.Background] = true
	known[classes.Lesion] = known.Whole()
	return known
}

// Annotation holds the labels of a study and the state of each slice. It is the caller's own
// copy: Apply changes it, and Append makes the same change durable.
type Annotation struct {
	// Labels is [z,y,x] on the study's grid.
	Labels *volume.LabelMap
	// Slices is the state of each axial slice.
	Slices []SliceState
	// Seq is the last journal entry that it includes. Revision is the latest revision at that
	// time.
	Seq      int64
	Revision int
}

// EntryKind says what an Entry is.
type EntryKind int

const (
	// Stroke is a person's change of labels: a brush stroke, a fill, or the undoing of one.
	Stroke EntryKind = iota + 1
	// Proposal is a model's change of labels. It is refused where a person has touched or
	// reviewed the slice.
	Proposal
	// Review accepts a slice as it stands, or takes that back. It changes no label.
	Review
	// Imported is a person's annotation from elsewhere. It is refused where a person has touched
	// or reviewed the slice.
	Imported
)

// Entry is one line of the journal. An undo is an entry like any other: see Undo.
type Entry struct {
	// Seq is its number in the journal, 0 until it stands there.
	Seq  int64
	Kind EntryKind
	// Z is the axial slice.
	Z int
	// Patch changes labels inside slice Z; nil changes none (a review, or a proposal or an
	// import equal to what stands there).
	Patch *volume.Patch
	// State is the slice's state after this entry.
	State SliceState
}

// Stroke returns the entry of a person's change: the slice is touched from then on.
func (a *Annotation) Stroke(p volume.Patch) Entry {
	state := a.state(p.Z)
	state.Touched = true
	return Entry{Kind: Stroke, Z: p.Z, Patch: &p, State: state}
}

// Proposal returns the entry for a model's labels of the whole slice z ([y,x]). Apply and Append
// decide whether it is allowed.
func (a *Annotation) Proposal(z int, labels []uint8, model string) (Entry, error) {
	if z < 0 || z >= len(a.Slices) || len(labels) != a.Labels.SliceVoxels() {
		return Entry{}, fmt.Errorf(
			"a proposal of %d voxels for slice %d does not fit a study of %s", len(labels), z+1,
			size(a.Labels.Geometry),
		)
	}
	e := Entry{Kind: Proposal, Z: z, State: SliceState{Model: model}}
	if p, changes := volume.Diff(z, a.Labels.Size[2], a.Labels.Slice(z), labels); changes {
		e.Patch = &p
	}
	return e, nil
}

// Import returns the entry for imported labels of the whole slice z ([y,x]); source names their
// file. Apply and Append decide whether it is allowed. With replace, a person has agreed to
// replace what they did, and the entry is a stroke. Import returns false if there is nothing to
// do: the labels are there already, made by a person.
func (a *Annotation) Import(z int, labels []uint8, source string, replace bool) (Entry, bool) {
	state := a.state(z)
	kind := Imported
	if replace {
		kind = Stroke
	}
	patch, changes := volume.Diff(z, a.Labels.Size[2], a.Labels.Slice(z), labels)
	if !changes && (state.Touched || state.Reviewed) {
		return Entry{}, false
	}
	state.Touched, state.Reviewed, state.Source = true, false, source
	e := Entry{Kind: kind, Z: z, State: state}
	if changes {
		e.Patch = &patch
	} else {
		e.Kind = Imported // a stroke changes labels
	}
	return e, true
}

// Review returns the entry that accepts slice z as it stands, or takes that back.
func (a *Annotation) Review(z int, reviewed bool) Entry {
	state := a.state(z)
	state.Reviewed = reviewed
	return Entry{Kind: Review, Z: z, State: state}
}

// Undo returns the entry that undoes e; before is the state of the slice before e. After the
// undo of its only stroke a slice is untouched again.
func (e Entry) Undo(before SliceState) Entry {
	e.Seq, e.State = 0, before
	if e.Kind == Imported { // what takes it back is no import, and may not be refused as one
		if e.Kind = Stroke; e.Patch == nil {
			e.Kind = Review
		}
	}
	if e.Patch != nil {
		inverse := e.Patch.Inverse()
		e.Patch = &inverse
	}
	return e
}

// Over returns the labels of the whole slice of e, [y,x], as e leaves them on l.
func (e Entry) Over(l *volume.LabelMap) []uint8 {
	slice := volume.LabelMap{Geometry: l.Geometry, Labels: slices.Clone(l.Slice(e.Z))}
	slice.Size[0] = 1
	if e.Patch != nil {
		p := *e.Patch
		p.Z = 0
		_ = p.Apply(&slice) // one that does not fit changes nothing
	}
	return slice.Labels
}

func (a *Annotation) state(z int) SliceState {
	if z < 0 || z >= len(a.Slices) {
		return SliceState{}
	}
	return a.Slices[z]
}

// Apply changes the annotation as e says; replaying the journal uses it too. A proposal for a
// touched or reviewed slice is refused with an error that Is ErrTouched. On any error the
// annotation stays as it was.
func (a *Annotation) Apply(e Entry) error {
	if err := e.validate(a.Labels.Geometry); err != nil {
		return err
	}
	if err := e.allowedOver(a.Slices[e.Z]); err != nil {
		return err
	}
	if e.Patch != nil {
		if err := e.Patch.Apply(a.Labels); err != nil {
			return err
		}
	}
	a.Slices[e.Z] = e.State
	a.Seq = max(a.Seq, e.Seq)
	return nil
}

// allowedOver returns an error if e may not follow the present state of the slice.
func (e Entry) allowedOver(now SliceState) error {
	if (e.Kind == Proposal || e.Kind == Imported) && (now.Touched || now.Reviewed) {
		return fmt.Errorf("slice %d: %w", e.Z+1, ErrTouched)
	}
	return nil
}

// validate returns an error for an entry that does not fit the grid of the study or contradicts
// itself.
func (e Entry) validate(g volume.Geometry) error {
	switch {
	case e.Kind < Stroke || e.Kind > Imported:
		return fmt.Errorf("journal entry of unknown kind %d", e.Kind)
	case e.Z < 0 || e.Z >= g.Size[0]:
		return fmt.Errorf("journal entry for slice %d, the study has %d", e.Z+1, g.Size[0])
	case e.Patch == nil && e.Kind == Stroke, e.Patch != nil && e.Kind == Review:
		return fmt.Errorf("a stroke changes labels and a review does not (slice %d)", e.Z+1)
	case e.Kind == Proposal && (e.State.Touched || e.State.Reviewed):
		return fmt.Errorf("a proposal leaves slice %d untouched and unreviewed", e.Z+1)
	case e.Kind == Imported && !e.State.Touched:
		return fmt.Errorf("an import leaves slice %d touched", e.Z+1)
	case e.Patch == nil:
		return nil
	case e.Patch.Z != e.Z:
		return fmt.Errorf("journal entry for slice %d carries a patch of slice %d", e.Z+1,
			e.Patch.Z+1)
	}
	if err := e.Patch.Validate(g); err != nil {
		return err
	}
	for _, c := range e.Patch.New {
		if c >= classes.Labels {
			return fmt.Errorf("label %d is none of the %d labels", c, classes.Labels)
		}
	}
	return nil
}
