package session

import (
	"bytes"
	"testing"

	"glasswork/dataset/classes"
)

func TestRevisionsAreShownAndReturnedTo(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Revising.Ask()
	w.until("nothing yet", w.said("Nothing is saved yet"))
	w.Tools.SetClass(classes.GroundGlass)
	w.Reading.GoTo(2)
	w.stroke(8, 8)
	w.review()
	first, reviewed := w.labels(), w.Reading.open.labels.Slices[2]
	w.Saving.Save()
	w.until("saved", w.said("revision 1"))
	w.stroke(8, 14)
	w.Reading.GoTo(4)
	w.stroke(8, 8)
	w.Saving.Save()
	w.until("saved again", w.said("revision 2"))
	w.stroke(8, 18)
	now := w.labels()
	w.Reading.GoTo(6)

	w.Revising.Ask()
	w.until("the list", func() bool { _, ok := w.Revising.Listed(); return ok })
	if all, _ := w.Revising.Listed(); len(all) != 2 || all[0].Number != 2 {
		t.Fatalf("listed %+v", all)
	}
	w.Revising.Show(1)
	w.until("the revision", func() bool { return w.Revising.Shown() == 1 })
	if _, listed := w.Revising.Listed(); listed || w.Reading.Slice() != 2 ||
		!w.said("The present labels differ on 2 slices; ground glass")() {
		t.Errorf("slice %d; messages %v", w.Reading.Slice()+1, w.texts())
	}
	if _, labels := w.Reading.Voxels(4); !bytes.Equal(labels, first.Slice(4)) {
		t.Error("the present labels are shown as the revision's")
	}
	w.Editing.Press(20, 20, false)
	w.Editing.Release()
	w.Editing.Undo()
	w.Reviewing.Toggle()
	if !bytes.Equal(w.labels().Labels, now.Labels) || !w.said("revisions never change")() {
		t.Error("something can be changed while a revision is shown")
	}
	if !w.Revising.Leave() || w.Revising.Leave() || w.said("Revision 1, saved")() {
		t.Error("the revision stays")
	}
	w.Revising.Show(1)
	w.until("the revision again", func() bool { return w.Revising.Shown() == 1 })
	w.answer("Return to revision 1")
	if !bytes.Equal(w.labels().Labels, first.Labels) ||
		w.Reading.open.labels.Slices[2] != reviewed || w.Reading.open.labels.Slices[4].Touched {
		t.Errorf("the labels are not those of the revision: %+v", w.Reading.open.labels.Slices)
	}
	w.agrees("after the return")
	w.Editing.Undo()
	if !bytes.Equal(w.labels().Labels, now.Labels) {
		t.Error("returning is not one undo item")
	}
	w.agrees("after undo")
}

func TestUndoOutlivesAnotherStudy(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.SetClass(classes.GroundGlass)
	blank := w.labels()
	w.stroke(8, 8)
	w.stroke(8, 14)
	w.openTest("two")
	if w.Editing.CanUndo() {
		t.Error("another study's strokes can be undone here")
	}
	w.openTest("one")
	w.Editing.Undo()
	w.Editing.Undo()
	if w.Editing.CanUndo() || !bytes.Equal(w.labels().Labels, blank.Labels) {
		t.Error("what was done before another study was opened cannot be undone")
	}
	w.agrees("after undo")
	w.Editing.Redo()
	w.openTest("two")
	id := w.Studies.All()[0].ID
	w.openTest("one")
	if !w.Editing.CanRedo() {
		t.Error("redo is lost")
	}
	w.openTest("two")
	a, err := w.hub.project.Annotation(t.Context(), id) // as another window would
	if err != nil {
		t.Fatal(err)
	}
	if err := w.hub.project.Append(t.Context(), id, a, a.Review(5, true)); err != nil {
		t.Fatal(err)
	}
	w.openTest("one")
	if w.Editing.CanUndo() || w.Editing.CanRedo() {
		t.Error("a history is offered that does not fit the labels")
	}
}
