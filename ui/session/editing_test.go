package session

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

func TestStrokesAreDurableUndoneAndRedone(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.SetClass(classes.GroundGlass)
	blank := w.labels()
	w.Reading.GoTo(2)
	could := false
	forget := w.Observe(TopicSaved, func() { could = w.Editing.CanUndo() })
	w.stroke(8, 8)
	forget()
	if !could {
		t.Error("who observes a stroke is told that there is nothing to undo")
	}
	w.agrees("after a stroke")
	first := w.labels()
	w.Reading.GoTo(4)
	w.Tools.SetClass(classes.Consolidation)
	w.Tools.SetRange(viewer.HURange{Min: -600, Max: 0, On: true})
	w.stroke(12, 12)
	w.review()
	w.agrees("after a review")
	if !w.Reviewing.Reviewed(4) || w.Studies.All()[0].Reviewed != 1 {
		t.Error("slice 5 is not reviewed")
	}
	all := w.labels()

	for _, want := range []*volume.LabelMap{all, first, blank} {
		w.Editing.Undo()
		w.agrees("after an undo")
		if !bytes.Equal(w.labels().Labels, want.Labels) {
			t.Error("undo left other labels than before")
		}
	}
	if w.Editing.CanUndo() || w.Reading.open.labels.Slices[2] != (project.SliceState{}) {
		t.Errorf("after undoing everything: CanUndo %v, slice 3 is %+v", w.Editing.CanUndo(),
			w.Reading.open.labels.Slices[2])
	}
	if w.Reading.Slice() != 2 {
		t.Errorf("undo stays on slice %d, its stroke was on 3", w.Reading.Slice()+1)
	}
	for w.Editing.CanRedo() {
		w.Editing.Redo()
	}
	w.agrees("after redo")
	if !bytes.Equal(w.labels().Labels, all.Labels) || !w.Reviewing.Reviewed(4) {
		t.Error("redo did not bring everything back")
	}
}

func TestReopeningShowsLabelsAndReviewState(t *testing.T) {
	dir := t.TempDir()
	w := newWindow(t, dir, nil)
	w.openTest("one")
	w.Tools.Take(Brush)
	w.Tools.SetTip(viewer.Tip{DiameterMM: 3})
	w.stroke(8, 8)
	w.review()
	w.Saving.Save()
	w.until("saved", w.said("revision 1"))
	if got := w.Saving.Text(); !bytes.Contains([]byte(got), []byte("revision 1")) ||
		w.Reading.open.saved.changed() {
		t.Errorf("SavedText = %q", got)
	}
	w.stroke(8, 14)
	want := w.labels()
	w.shut()

	w = newWindow(t, dir, nil)
	if _, ok := w.Reading.Grid(); ok || len(w.Studies.All()) != 1 {
		t.Fatalf("a new session begins with %d studies, one open: %v", len(w.Studies.All()), ok)
	}
	w.Opening.OpenStudy(w.Studies.All()[0].ID) // its files are gone: the project's copy
	w.until("reopened", func() bool { return w.Reading.open != nil })
	if !bytes.Equal(w.labels().Labels, want.Labels) || !w.Reviewing.Reviewed(3) {
		t.Error("reopening lost labels or review state")
	}
	if !w.Reading.open.saved.changed() {
		t.Error("the stroke after the revision is not said to be unsaved")
	}
	w.until("voxels", func() bool { hu, _ := w.Reading.Voxels(3); return hu != nil })
	if hu, _ := w.Reading.Voxels(3); hu[0] != -1000 || hu[40+32*10] != -500 {
		t.Error("the project's copy has other voxels")
	}
	if tip, _, _ := w.Tools.Brush(); tip.DiameterMM != 3 {
		t.Errorf("the tip was not remembered: %g mm", tip.DiameterMM)
	}
}

type brokenJournal struct{}

func (brokenJournal) Append(
	context.Context, string, *project.Annotation, ...project.Entry,
) error {
	return errors.New("the disk is full")
}

func (brokenJournal) Follow(
	context.Context, string, *project.Annotation,
) ([]project.Entry, error) {
	return nil, nil
}

func TestAStrokeThatCannotBeKeptIsTakenBackAloud(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.Take(Brush)
	w.stroke(8, 8)
	before := w.labels()
	w.Editing.journal = brokenJournal{}
	w.stroke(16, 16)
	if !w.said("the disk is full")() {
		t.Errorf("messages: %v", w.texts())
	}
	w.Reviewing.Toggle()
	w.Editing.Undo()
	if !bytes.Equal(w.labels().Labels, before.Labels) || w.Reviewing.Reviewed(3) {
		t.Error("what could not be kept is still in the window")
	}
	w.agrees("after failures")
	w.Editing.journal = w.hub.project
	if !w.Editing.CanUndo() {
		t.Error("the undo that failed cannot be tried again")
	}
	w.Editing.Undo()
	w.agrees("after the undo")
}

func TestPaintingFollowsToolClassAndLimits(t *testing.T) {
	tests := []struct {
		name  string
		set   func(w *window)
		at    viewer.Point
		class classes.Class // at the pressed voxel afterwards
	}{
		{
			"brush", func(w *window) { w.Tools.SetClass(classes.GroundGlass) },
			viewer.Point{X: 8, Y: 8},
			classes.GroundGlass,
		},
		{
			"outside the HU limits", func(w *window) { w.Tools.SetClass(classes.GroundGlass) },
			viewer.Point{X: 0, Y: 8},
			classes.Background,
		},
		{"limits off", func(w *window) {
			w.Tools.SetClass(classes.GroundGlass)
			w.Tools.SetRange(viewer.HURange{Min: -750, Max: -300})
		}, viewer.Point{X: 0, Y: 8}, classes.GroundGlass},
		{
			"look paints nothing", func(w *window) { w.Tools.Take(Look) },
			viewer.Point{X: 8, Y: 8},
			classes.Background,
		},
		{"erase", func(w *window) {
			w.Tools.SetClass(classes.GroundGlass)
			w.stroke(6, 8)
			w.Tools.SetErase(true)
		}, viewer.Point{X: 8, Y: 8}, classes.Background},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWindow(t, t.TempDir(), nil)
			w.openTest("one")
			test.set(w)
			w.Editing.Press(test.at.X, test.at.Y, false)
			w.Editing.Release()
			_, labels := w.Reading.Voxels(w.Reading.Slice())
			if got := labels[int(test.at.Y)*32+int(test.at.X)]; got != test.class {
				t.Errorf("class %d, want %d", got, test.class)
			}
			w.agrees("after the stroke")
		})
	}
}

func TestLassoFillAndEscape(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.SetClass(classes.GroundGlass)
	w.Tools.Take(Lasso)
	w.Editing.Enclose([]viewer.Point{{X: 5, Y: 5}, {X: 15, Y: 5}, {X: 15, Y: 15}, {X: 5, Y: 15}},
		false)
	if ml := w.Measuring.Classes()[0].ML; ml <= 0 {
		t.Errorf("the lasso left %g ml", ml)
	}
	full := w.labels()
	w.Tools.Take(Brush)
	w.Tools.SetTip(viewer.Tip{DiameterMM: 2})
	w.Editing.Press(10, 10, true)
	w.Editing.Release()
	if bytes.Equal(w.labels().Labels, full.Labels) {
		t.Error("erasing left no hole")
	}
	w.Editing.FillHoles()
	if !bytes.Equal(w.labels().Labels, full.Labels) {
		t.Error("the hole was not filled")
	}
	w.agrees("after filling")
	w.Editing.Press(20, 20, false)
	if !w.Editing.Leave() || !bytes.Equal(w.labels().Labels, full.Labels) {
		t.Error("Esc did not give up the stroke")
	}
	if !w.Editing.Leave() || w.Tools.Tool() != Look || w.Editing.Leave() {
		t.Error("Esc did not put the tool away, once")
	}
}

func TestClosingKeepsTheStrokeInProgress(t *testing.T) {
	dir := t.TempDir()
	w := newWindow(t, dir, nil)
	w.openTest("one")
	w.Tools.SetClass(classes.GroundGlass)
	w.Editing.Press(8, 8, false)
	want := w.labels()
	w.hub.cancel() // as when the system asks the program to end
	w.shut()

	w = newWindow(t, dir, nil)
	w.Opening.OpenStudy(w.Studies.All()[0].ID)
	w.until("reopened", func() bool { return w.Reading.open != nil })
	if !bytes.Equal(w.labels().Labels, want.Labels) {
		t.Error("the stroke in progress was lost")
	}
}

func TestClosingSaysThatAStrokeIsDropped(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.Take(Brush)
	w.Editing.Press(8, 8, false)
	w.Editing.journal = brokenJournal{}
	err := w.Close()
	w.Session = nil
	if err == nil || !strings.Contains(err.Error(), "stroke in progress") {
		t.Errorf("Close = %v", err)
	}
}
