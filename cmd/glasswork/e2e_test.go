//go:build e2e

package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"glasswork/dataset/classes"
	"glasswork/dataset/nifti"
	"glasswork/dataset/project"
	"glasswork/dataset/shared"
)

// How long things may take on a slow machine; the test waits no longer than they do.
const (
	soon = 30 * time.Second
	long = 15 * time.Minute
)

// Places on the screen, which the window fills.
var (
	studyInList  = [2]int{120, 120}
	lungOnScreen = [2]int{579, 326}
)

// TestTheLoop drives the real window through everything a reader does with it: open, scroll,
// propose, paint, undo, review, save, export, retrain, promote, close, reopen. On real input
// where ../shared/data has it, and on the embedded sample, of which it makes the pictures of
// the documentation when GLASSWORK_IMAGES names a folder for them.
func TestTheLoop(t *testing.T) {
	t.Run("sample", func(t *testing.T) { loop(t, os.Getenv("GLASSWORK_IMAGES"), "--sample") })
	t.Run("chest-ct-lungdx", func(t *testing.T) {
		loop(t, "", shared.Data(t, "chest-ct-lungdx", "A0001-series3-kernelB"))
	})
}

func loop(t *testing.T, images string, args ...string) {
	dir := t.TempDir()
	w := start(newScreen(t), dir, args...)
	w.until("every slice in the project", long,
		func(st state) bool { return st.Slices > 0 && st.Loaded == st.Slices && st.Stored })
	scroll(w)
	propose(w)
	picture(w, images, "overlays.png")
	paint(w, images)
	review(w)
	w.key("ctrl+s")
	w.until("saved", soon, func(st state) bool { return strings.Contains(st.Saved, "revision 1") })
	export(w, dir)
	retrain(w, images)

	before, study := annotation(t, dir)
	last := w.until("rest", soon, func(st state) bool { return st.Job == "" })
	w.close()
	figures(t, w)
	reopen(t, w.screen, dir, last)
	after, _ := annotation(t, dir)
	if !bytes.Equal(before.Labels.Labels, after.Labels.Labels) {
		t.Error("closing and reopening changed voxels")
	}
	for z := range before.Slices {
		if before.Slices[z] != after.Slices[z] {
			t.Errorf("slice %d was %+v and is %+v", z+1, before.Slices[z], after.Slices[z])
		}
	}
	compareExport(t, dir, study, before)
}

// scroll looks around: wheel, keys, presets.
func scroll(w *window) {
	w.t.Helper()
	w.do("mousemove", strconv.Itoa(lungOnScreen[0]), strconv.Itoa(lungOnScreen[1]))
	w.key("Home")
	first := w.until("the first slice", soon, func(st state) bool { return st.Slice == 0 })
	w.key("End")
	w.until("the last slice", soon, func(st state) bool { return st.Slice == first.Slices-1 })
	for _, button := range []string{"5", "4"} {
		w.do("click", "--repeat", "200", "--delay", "10", button)
	}
	w.key("End")
	w.until("the last slice again", soon, func(st state) bool { return st.Slice == first.Slices-1 })
	for range first.Slices / 2 {
		w.key("Left")
	}
	w.until("the middle", soon,
		func(st state) bool { return st.Slice == first.Slices-1-first.Slices/2 })
	w.key("2")
	w.until("mediastinum", soon, func(st state) bool { return st.Window == "W 400 L 40" })
	w.key("1")
	w.until("lung", soon, func(st state) bool { return st.Window == "W 1500 L −600" })
}

// propose lets the network propose the whole study.
func propose(w *window) {
	w.t.Helper()
	begun := time.Now()
	w.key("shift+p")
	w.until("a proposal under way", long,
		func(st state) bool { return st.Job == "Proposing" && st.Proposed != "" })
	st := w.until("the proposal's end", long, func(st state) bool { return st.Job == "" })
	w.t.Logf("proposing %d slices took %.1f s", st.Slices, time.Since(begun).Seconds())
	if !strings.HasPrefix(st.Proposed, "proposed by "+st.Model) {
		w.t.Errorf("this slice is said to be %q", st.Proposed)
	}
	w.key("Home")
	w.until("another proposed slice", soon,
		func(st state) bool { return st.Slice == 0 && st.Proposed != "" })
	for range st.Slice {
		w.key("Right")
	}
	w.until("back", soon, func(now state) bool { return now.Slice == st.Slice })
}

// paint paints ground glass, takes it back, does it again.
func paint(w *window, images string) {
	w.t.Helper()
	w.key("g")
	st := w.until("the brush", soon,
		func(st state) bool { return strings.HasPrefix(st.Tool, "brush") })
	w.key("h")
	w.until("no HU limits", soon, func(st state) bool {
		return strings.Contains(st.Tool,
			"any HU")
	})
	w.drag(scribble(lungOnScreen), func() { picture(w, images, "brush.png") })
	painted := w.until("a stroke", soon,
		func(now state) bool { return now.Undo && now.Lesions != st.Lesions })
	w.key("ctrl+z")
	w.until("undone", soon, func(now state) bool {
		return now.Lesions == st.Lesions && !now.Undo && now.Redo
	})
	w.key("ctrl+y")
	w.until("done again", soon, func(now state) bool {
		return now.Lesions == painted.Lesions && now.Undo
	})
}

// scribble is a spiral from a place outwards.
func scribble(at [2]int) (places [][2]int) {
	const turns, steps, width, height = 4, 240, 18, 16
	for i := range steps {
		part := float64(i) / steps
		a := turns * 2 * math.Pi * part
		x, y := int(width*part*math.Cos(a)), int(height*part*math.Sin(a))
		places = append(places, [2]int{at[0] + x, at[1] + y})
	}
	return places
}

// review vouches for three slices.
func review(w *window) {
	w.t.Helper()
	for range 3 {
		st := w.until("a slice to review", soon, func(st state) bool { return !st.Reviewed })
		w.key("r")
		w.until("reviewed", soon, func(st state) bool { return st.Reviewed })
		w.key("Right")
		w.until("the next slice", soon, func(now state) bool { return now.Slice == st.Slice+1 })
	}
}

// export writes the reviewed slices as NIfTI.
func export(w *window, dir string) {
	w.t.Helper()
	from := w.messages()
	w.key("ctrl+e")
	w.enter(filepath.Join(dir, "export"))
	w.key("Return")
	w.told("exported 1 study", from, long)
}

// retrain trains further on what was reviewed and takes the new model over.
func retrain(w *window, images string) {
	w.t.Helper()
	before := w.until("rest", soon, func(st state) bool { return st.Job == "" })
	w.key("ctrl+r")
	w.until("a plan", long, func(st state) bool { return st.Plan == "ready" && st.Job == "" })
	w.key("Return")
	w.until("training", long, func(st state) bool {
		return st.Job == "Retraining" && st.Losses >= 3
	})
	picture(w, images, "retrain.png")
	st := w.until("a comparison", long,
		func(st state) bool { return st.Verdict != "" && st.Job == "" })
	picture(w, images, "comparison.png")
	if st.Model != before.Model {
		w.t.Errorf("%s was taken over without asking", st.Model)
	}
	w.key("Tab", "space")
	w.until("the new model", soon,
		func(now state) bool { return now.Verdict == "" && now.Model == st.Verdict })
}

// reopen opens the study again, from the list of studies, and compares what the window says.
func reopen(t *testing.T, s *screen, dir string, last state) {
	t.Helper()
	w := start(s, dir)
	w.until("the empty window", soon,
		func(st state) bool { return st.Model == last.Model && st.Study == "" })
	w.clickUntil("the study", studyInList, soon,
		func(st state) bool { return st.Study == last.Study })
	w.key("Home")
	w.until("the first slice", soon, func(st state) bool { return st.Slice == 0 })
	for range last.Slice - 1 {
		w.key("Right")
	}
	st := w.until("the slice reviewed last", soon,
		func(now state) bool { return now.Slice == last.Slice-1 })
	if st.Lesions != last.Lesions || !st.Reviewed {
		t.Errorf("the window said %s ml and says %s ml; slice %d reviewed: %v", last.Lesions,
			st.Lesions, st.Slice+1, st.Reviewed)
	}
	if !strings.Contains(st.Saved, "revision 1") {
		t.Errorf("the window says %q of a saved study", st.Saved)
	}
	w.close()
}

// figures checks that --measure has told how fast the window was, and logs it.
func figures(t *testing.T, w *window) {
	t.Helper()
	lines := strings.Join(w.measured(), "\n")
	for _, want := range []string{"opening: ", "painting: ", "scrolling: ", "memory: "} {
		if !strings.Contains(lines, want) {
			t.Errorf("--measure says nothing about %s", want)
		}
	}
	t.Logf("\n%s", lines)
}

// annotation reads the only study's labels from the project.
func annotation(t *testing.T, dir string) (*project.Annotation, project.Study) {
	t.Helper()
	p, err := project.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	studies, err := p.Studies(t.Context())
	if err != nil || len(studies) != 1 {
		t.Fatalf("the project has %d studies: %v", len(studies), err)
	}
	a, err := p.Annotation(t.Context(), studies[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return a, studies[0]
}

// compareExport holds the exported pair to the reviewed slices in the project.
func compareExport(t *testing.T, dir string, study project.Study, a *project.Annotation) {
	t.Helper()
	pairs, err := filepath.Glob(filepath.Join(dir, "export", "*", "labelsTr", "*.nii.gz"))
	if err != nil || len(pairs) != 1 {
		t.Fatalf("exported labels: %v, %v", pairs, err)
	}
	// unreviewed slices hold 4, "ignore", which is no class
	exported, err := nifti.ReadMask(t.Context(), pairs[0])
	if err != nil {
		t.Fatal(err)
	}
	if !exported.SameGrid(study.Geometry) {
		t.Fatalf("the exported labels lie on %v, the study on %v", exported.Geometry,
			study.Geometry)
	}
	reviewed := 0
	for z, st := range a.Slices {
		if st.Reviewed {
			reviewed++
		}
		if i := differs(exported.Slice(z), a.Labels.Slice(z), st.Reviewed); i >= 0 {
			t.Errorf("slice %d (reviewed: %v) was exported with %d at voxel %d, the project has %d",
				z+1, st.Reviewed, exported.Slice(z)[i], i, a.Labels.Slice(z)[i])
		}
	}
	if reviewed != 3 {
		t.Errorf("%d slices are reviewed, not 3", reviewed)
	}
}

// differs returns the first voxel in which an exported slice is not what it should be, −1 if
// there is none: the labels where it was reviewed, else nothing that trains.
func differs(exported, labels []uint8, reviewed bool) int {
	for i, v := range exported {
		want := uint8(classes.NotReviewed)
		if reviewed {
			want = labels[i]
		}
		if v != want {
			return i
		}
	}
	return -1
}

// picture writes what is on the screen for the documentation, if that is wanted.
func picture(w *window, images, name string) {
	w.t.Helper()
	if images != "" {
		w.shoot(filepath.Join(images, name))
	}
}
