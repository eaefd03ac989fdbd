package session

import (
	"bytes"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/viewer"
)

// TestTwoWindowsOnOneStudy: what each of two windows does is in the project, and in both
// windows; an undo takes back its own stroke alone.
func TestTwoWindowsOnOneStudy(t *testing.T) {
	dir := t.TempDir()
	one := newWindow(t, dir, nil)
	one.openTest("shared")
	two := newWindow(t, dir, nil)
	two.Opening.OpenStudy(two.Studies.All()[0].ID)
	two.until("opened", func() bool { return two.Reading.open != nil })
	two.until("voxels", func() bool { hu, _ := two.Reading.Voxels(3); return hu != nil })

	one.Tools.SetClass(classes.GroundGlass)
	two.Tools.SetClass(classes.Consolidation)
	one.stroke(8, 8)
	first := one.labels()
	two.Tools.SetRange(viewer.HURange{})
	two.stroke(10, 8) // its box reaches into the other's
	if bytes.Contains(two.labels().Labels, []byte{classes.GroundGlass}) != true {
		t.Fatal("the second window paints without what the first one did")
	}
	if !two.said("another window")() {
		t.Errorf("nobody is told of the other window: %v", two.texts())
	}
	two.agrees("after both strokes")
	one.until("followed", func() bool {
		return bytes.Equal(one.labels().Labels, two.labels().Labels)
	})
	one.stroke(20, 20)
	two.Editing.Undo() // over a journal that has moved on
	two.agrees("after the undo")
	if bytes.Contains(two.labels().Labels, []byte{classes.Consolidation}) {
		t.Error("the undo left the stroke")
	}
	for i, c := range first.Labels {
		if c == classes.GroundGlass && two.labels().Labels[i] == classes.Background {
			t.Fatal("the undo took away what the other window painted and this one did not cover")
		}
	}
	z := two.Reading.Slice()
	if !two.Reading.open.labels.Slices[z].Touched {
		t.Error("the slice counts as untouched, though the other window has painted there")
	}
	one.until("followed the undo", func() bool {
		return bytes.Equal(one.labels().Labels, two.labels().Labels)
	})
	one.Editing.Undo()
	one.Editing.Undo()
	one.agrees("after all undos")
	if bytes.ContainsAny(one.labels().Labels, "\x01\x02\x03") {
		t.Error("labels are left after everything was undone")
	}
	if state := one.Reading.open.labels.Slices[z]; state == (project.SliceState{}) {
		t.Error("a slice that two windows have touched counts as untouched")
	}
}
