package session

import (
	"bytes"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/viewer"
)

func TestReviewingASliceWithoutLungsSaysWhatItMeans(t *testing.T) {
	w := newWindow(t, t.TempDir(), predicts(classes.LungsOther, nil))
	w.openTest("one")
	w.Tools.SetClass(classes.GroundGlass)
	w.stroke(8, 8) // lesions alone say nothing about lungs
	w.Reviewing.Toggle()
	if w.Reviewing.Here() || !w.said("it says that there is no lung here")() {
		t.Fatalf("reviewed %v without a question; messages: %v", w.Reviewing.Here(), w.texts())
	}
	if w.durable().Slices[3].Reviewed {
		t.Error("the review is stored before it was meant")
	}
	w.Reading.GoTo(1)
	w.answer("Review it without a lung")
	if !w.Reviewing.Reviewed(3) || w.Reviewing.Reviewed(1) {
		t.Error("the answer reviewed another slice than was asked about")
	}
	w.Reading.GoTo(2)
	if w.Reviewing.Toggle(); !w.Reviewing.Here() {
		t.Error("the same study is asked about twice")
	}
	w.agrees("at the end")

	w.openTest("two")
	w.Proposing.Slice()
	w.until("done", w.Jobs.Idle)
	if w.Reviewing.Toggle(); !w.Reviewing.Here() {
		t.Error("a slice whose lungs were proposed is asked about")
	}
	w.Reading.GoTo(0)
	w.Tools.SetClass(classes.LungsOther)
	w.stroke(8, 8)
	if w.Reviewing.Toggle(); !w.Reviewing.Here() {
		t.Error("a slice whose lung was drawn is asked about")
	}
	w.Reading.GoTo(5)
	w.Reviewing.Toggle()
	w.openTest("three")
	if w.said("no lung here")() {
		t.Error("the question outlives its study")
	}
}

// A means the same before and after the program is started again, and never loses a stroke.
func TestAcceptingNeverChangesALabel(t *testing.T) {
	dir := t.TempDir()
	w := newWindow(t, dir, predicts(classes.LungsOther, nil))
	w.openTest("one")
	w.Proposing.Slice()
	w.until("done", w.Jobs.Idle)
	w.Tools.SetClass(classes.GroundGlass)
	w.stroke(8, 8)
	corrected := w.labels()
	w.Proposing.Slice()
	w.until("done again", func() bool { return w.Jobs.Idle() && w.said("left as it is")() })
	w.Reviewing.Accept()
	if !w.Reviewing.Here() || !bytes.Equal(w.labels().Labels, corrected.Labels) {
		t.Errorf("reviewed %v; a correction was lost: %v", w.Reviewing.Here(),
			!bytes.Equal(w.labels().Labels, corrected.Labels))
	}
	w.Reviewing.Toggle()
	w.shut()

	w = newWindow(t, dir, predicts(classes.LungsOther, nil))
	w.Opening.OpenStudy(w.Studies.All()[0].ID)
	w.until("reopened", func() bool { return w.Reading.open != nil })
	w.Reviewing.Accept()
	if !w.Reviewing.Here() || !bytes.Equal(w.labels().Labels, corrected.Labels) {
		t.Error("after a restart A does something else")
	}
	w.Reviewing.Reset()
	w.until("the reset", w.said("Slice 4 is as baseline proposed it"))
	if w.labels().Slice(3)[8*32+8] != classes.LungsOther ||
		w.Reading.open.labels.Slices[3] != (project.SliceState{Model: "baseline"}) {
		t.Errorf("after a restart the proposal is not brought back: %+v",
			w.Reading.open.labels.Slices[3])
	}
	w.agrees("after the reset")
	w.Editing.Undo()
	if !w.Reviewing.Here() || !bytes.Equal(w.labels().Labels, corrected.Labels) {
		t.Error("the reset is not one undo item")
	}
	w.agrees("after undo")
	w.Reading.GoTo(0)
	w.Reviewing.Reset()
	w.until("nothing to reset to", w.said("There is no proposal for this slice yet"))
}

func TestNothingIsChangedUnseen(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.SetClass(classes.GroundGlass)
	w.Display.SetVisible(classes.GroundGlass, false)
	w.Display.SetVisible(classes.Consolidation, false)
	w.stroke(8, 8)
	visible := w.Display.Style().Visible
	if !visible[classes.GroundGlass] || visible[classes.Consolidation] ||
		!w.said("Ground glass was hidden and is shown now")() {
		t.Errorf("visible %v; messages %v", visible, w.texts())
	}
	w.Editing.Press(8, 8, true) // takes either kind of lesion
	w.Editing.Release()
	if !w.Display.Style().Visible[classes.Consolidation] {
		t.Error("a hidden class can be erased")
	}
	w.Display.SetVisible(classes.GroundGlass, false)
	w.Tools.Take(Lasso)
	w.Editing.Enclose([]viewer.Point{{X: 5, Y: 5}, {X: 15, Y: 5}, {X: 15, Y: 15}}, false)
	if !w.Display.Style().Visible[classes.GroundGlass] {
		t.Error("the lasso paints a hidden class")
	}
	w.Display.SetVisible(classes.GroundGlass, false)
	w.Editing.FillHoles()
	if !w.Display.Style().Visible[classes.GroundGlass] {
		t.Error("holes of a hidden class are filled")
	}
	w.Display.SetOpacity(0)
	w.Tools.Take(Brush)
	w.stroke(20, 20)
	if w.Display.Style().Opacity <= 0 {
		t.Error("painting with an overlay that cannot be seen")
	}
	w.Display.Hide(true)
	before := w.labels()
	w.Editing.Press(12, 20, false)
	w.Editing.Release()
	if !bytes.Equal(before.Labels, w.labels().Labels) || !w.said("let go of S")() {
		t.Error("painting while all overlays are hidden")
	}
}

func TestMeasuresNameWhatTheyAreOf(t *testing.T) {
	w := newWindow(t, t.TempDir(), predicts(classes.LungsOther, nil))
	w.openTest("one")
	w.Proposing.Slice()
	w.until("done", w.Jobs.Idle)
	w.Tools.SetClass(classes.GroundGlass)
	w.Tools.SetTip(viewer.Tip{DiameterMM: 3})
	w.stroke(8, 8)
	lesion, lung := w.Measuring.Classes()[0], w.Measuring.Classes()[classes.LungsOther-1]
	if known, all := w.Measuring.Known(); known != 1 || all != 7 {
		t.Errorf("%d of %d slices are known, want 1 of 7", known, all)
	}
	if lesion.Percent == lesion.Percent { // not NaN
		t.Errorf("%g %% of a lung that is marked on one slice of seven", lesion.Percent)
	}
	if lung.Name != "lung" || lung.AreaMM2 != 24*32 || lung.ML != 24*32*5/1000. ||
		lung.NormalML >= lung.ML {
		t.Errorf("lung: %+v", lung)
	}
	w.Proposing.Study()
	w.until("all", func() bool { known, all := w.Measuring.Known(); return known == all })
	w.until("rest", w.Jobs.Idle)
	lesion, lung = w.Measuring.Classes()[0], w.Measuring.Classes()[classes.LungsOther-1]
	if got, want := lesion.Text(), "0.1 ml   0.4 % of lung"; got != want {
		t.Errorf("the row says %q, want %q", got, want)
	}
	if got, want := lung.Text()+"   "+lung.Detail(),
		"27 ml   of which normal 27 ml, 7.7 cm² here"; got != want {
		t.Errorf("the row says %q, want %q", got, want)
	}
}

func TestHULimitsThatAreWrongAreSaid(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.SetClass(classes.GroundGlass)
	before := w.Tools.Range()
	w.Tools.ReadRange("abc", "−300")
	w.Tools.ReadRange("−300", "−750")
	if w.Tools.Range() != before || !w.said("\"abc\" is not a number of HU")() ||
		!w.said("The lower limit, −300 HU, is above the upper one, −750 HU")() {
		t.Errorf("limits %v; messages %v", w.Tools.Range(), w.texts())
	}
	w.Tools.ReadRange("100", "200")
	w.Editing.Press(8, 8, false)
	w.Editing.Release()
	if !w.said("no voxel under the tip is within HU 100…200")() {
		t.Errorf("a stroke outside the limits says nothing: %v", w.texts())
	}
}

func TestTheScannersImageNumberStandsBesideOurs(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	s := testSeries("one")
	s.Numbers = []int{7, 6, 5, 4, 3, 2, 1}
	w.Opening.openSeries(s)
	w.until("open", func() bool { return w.Reading.open != nil })
	w.Reading.GoTo(1)
	if got := w.Reading.PositionText(); !strings.HasPrefix(got, "slice 2 / 7 (image 6)") {
		t.Errorf("the slice is said to be %q", got)
	}
	w.Reading.GoTo(3)
	if got := w.Reading.PositionText(); strings.Contains(got, "image") {
		t.Errorf("the same number is said twice: %q", got)
	}
}
