package session

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/nifti"
	"glasswork/dataset/volume"
)

// foreignMask writes a nameless label map of the test study: values 1 and 2 in a row each of
// some slices.
func foreignMask(t *testing.T, name string, zs ...int) string {
	t.Helper()
	l := volume.NewLabelMap(testSeries("x").Geometry)
	for _, z := range zs {
		for x := 5; x < 15; x++ {
			l.Slice(z)[4*32+x], l.Slice(z)[6*32+x] = 1, 2
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := nifti.WriteLabels(path, l); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnnotationIsAskedAboutOnceAndUndoneAsAWhole(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.Importing.Import("x.nii.gz", false)
	w.until("the refusal", w.said("Open the study first"))
	w.openTest("one")
	w.Importing.Import(foreignMask(t, "a.nii.gz", 1, 2, 5), false)
	if !strings.Contains(w.Opening.Text(), "a.nii.gz") {
		t.Errorf("while it is read the window says %q", w.Opening.Text())
	}
	w.until("the question", func() bool { _, asks := w.Importing.Question(); return asks })
	q, _ := w.Importing.Question()
	if len(q.Segments) != 2 || q.Segments[0].Name != "label 1" ||
		q.Segments[0].Choice != annotation.As(classes.GroundGlass) || q.Segments[0].Known ||
		q.Segments[0].ML != 30*5/1000. {
		t.Errorf("question %+v", q.Segments)
	}
	w.Importing.Answer([]annotation.Choice{
		annotation.As(classes.Consolidation),
		annotation.LeaveOut,
	})
	w.until("the import", w.said("imported 1 segment onto 3 slices from a.nii.gz"))
	if _, asks := w.Importing.Question(); asks || w.Opening.Text() != "" {
		t.Error("the question stays")
	}
	if n := w.labels().Counts(2); n[classes.Consolidation] != 10 || n[classes.GroundGlass] != 0 {
		t.Errorf("slice 3 holds %v", n)
	}
	if _, by := w.Reading.Captions(); by != "imported from a.nii.gz" || w.Reading.Slice() != 2 {
		t.Errorf("slice %d is %q", w.Reading.Slice()+1, by)
	}
	w.agrees("after the import")
	w.Editing.Undo()
	if n := w.labels(); n.Counts(5)[classes.Consolidation] != 0 ||
		n.Counts(2)[classes.Consolidation] != 0 || w.Editing.CanUndo() || w.Reading.Slice() != 2 {
		t.Error("one undo does not take back the whole import")
	}
	w.agrees("after undo")
	w.Editing.Redo()
	if n := w.labels(); n.Counts(5)[classes.Consolidation] != 10 ||
		n.Counts(2)[classes.Consolidation] != 10 {
		t.Error("one redo does not bring the whole import back")
	}
	w.agrees("after redo")

	w.Importing.Import(foreignMask(t, "b.nii.gz", 3), false)
	w.until("a second file without a question", w.said("onto 1 slice from b.nii.gz"))
	w.Importing.Import(foreignMask(t, "c.nii.gz", 3), false)
	w.until("the same again", w.said("is there already"))

	w.Importing.Import(foreignMask(t, "d.nii.gz", 3), true)
	w.until("the question again", func() bool { _, asks := w.Importing.Question(); return asks })
	if q, _ := w.Importing.Question(); !q.Known() ||
		q.Segments[0].Choice != annotation.As(classes.Consolidation) {
		t.Errorf("asked again: %+v", q.Segments)
	}
	w.Importing.Answer([]annotation.Choice{annotation.LeaveOut, annotation.LeaveOut})
	w.until("nothing to import", w.said("every segment of it is left out"))
	for _, m := range w.Messages.All() {
		if len(m.Actions) == 1 && m.Actions[0].Label == "Choose again" {
			m.Actions[0].Do()
		}
	}
	w.until("the choice again", func() bool {
		q, asks := w.Importing.Question()
		return asks && q.Segments[0].Choice == annotation.LeaveOut
	})
}

func TestAnImportAsksBeforeItReplacesWhatAPersonDid(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.Take(Brush)
	w.Reading.GoTo(2)
	w.stroke(20, 6)
	painted := w.labels().Counts(2)
	if err := w.hub.project.Remember(t.Context(),
		annotation.Mapping{
			"value 1": annotation.As(classes.Consolidation),
			"value 2": annotation.As(classes.LungsOther),
		}); err != nil {
		t.Fatal(err)
	}
	path := foreignMask(t, "a.nii.gz", 1, 2)
	for _, answer := range []string{"Leave", "Replace"} {
		w.Importing.Import(path, false)
		w.until("the question", w.said("would change 1 slice that you have corrected"))
		if w.labels().Counts(2) != painted {
			t.Fatal("a touched slice was changed without asking")
		}
		messages := w.Messages.All()
		i := slices.IndexFunc(messages,
			func(m Message) bool { return strings.Contains(m.Text, "would change") })
		for _, a := range messages[i].Actions {
			if strings.HasPrefix(a.Label, answer) {
				a.Do()
			}
		}
		want := map[string]string{
			"Leave":   "onto 1 slice from",
			"Replace": "onto 1 slice from",
		}[answer]
		w.until(answer, w.said(want))
		if changed := w.labels().Counts(2) != painted; changed != (answer == "Replace") {
			t.Errorf("%s: slice 3 changed: %v", answer, changed)
		}
		for _, m := range w.Messages.All() {
			w.Messages.Dismiss(m.ID)
		}
		w.agrees(answer)
	}
}

func TestAnnotationThatDoesNotBelongIsRefused(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	l := volume.NewLabelMap(volume.NewGeometry([3]int{1, 2, 2}, [3]float64{1, 1, 1},
		volume.Point{900, 900, 900}))
	l.Labels[0] = 1
	far := filepath.Join(t.TempDir(), "consolidation.nii")
	if err := nifti.WriteLabels(far, l); err != nil {
		t.Fatal(err)
	}
	w.Importing.Import(far, false)
	w.until("the refusal", w.said("it belongs to another one"))
	w.Importing.Import(filepath.Join(t.TempDir(), "nothing.nii"), false)
	w.until("the second refusal", w.said("nothing.nii does not exist"))
	if w.Editing.CanUndo() || w.Opening.Text() != "" {
		t.Error("a refused import left something")
	}
}

func TestDroppedFilesAreOpenedOrImported(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Opening.Drop(foreignMask(t, "mask.nii.gz", 1))
	w.until("the question", w.said("mask.nii.gz may be annotation of study-0001"))
	w.Opening.Drop(writePicture(t, t.TempDir(), "slice.png", 40, 30))
	w.until("a picture", func() bool {
		info,
			_ := w.Reading.Study()
		return info.Description == "slice.png"
	})
}

func TestImportingEndsWithItsStudy(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Importing.Import(foreignMask(t, "a.nii.gz", 1), false)
	w.openTest("two")
	if _, asks := w.Importing.Question(); asks || w.Opening.Text() != "" {
		t.Error("the annotation of another study is still asked about")
	}
}
