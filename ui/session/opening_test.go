package session

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/series"
	"glasswork/viewer"
)

// writePicture writes a grey picture and returns its path.
func writePicture(t *testing.T, dir, name string, w, h int) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	img.SetGray(0, 0, color.Gray{Y: 255})
	path := filepath.Join(dir, name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpeningAPathShowsItAndNamesWhatFails(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	missing := filepath.Join(t.TempDir(), "nothing")
	w.Opening.Open(missing)
	if w.Opening.Text() == "" {
		t.Error("nothing says that something is being opened")
	}
	w.until("failure", w.said(missing))
	if _, ok := w.Reading.Study(); ok || w.Opening.Text() != "" {
		t.Error("a failure left something open")
	}
	w.Opening.Open(writePicture(t, t.TempDir(), "slice.png", 40, 30))
	w.until("picture", func() bool { hu, _ := w.Reading.Voxels(0); return hu != nil })
	if info, _ := w.Reading.Study(); info.Measurable || info.Calibrated {
		t.Errorf("a picture counts as measured: %+v", info)
	}
	for _, f := range w.Measuring.Classes() {
		if strings.Contains(f.Text(), "0 ml") {
			t.Errorf("a picture has a volume: %q", f.Text())
		}
	}
	if strings.Contains(w.Reading.PositionText(), "mm") {
		t.Errorf("PositionText = %q", w.Reading.PositionText())
	}
}

func TestTheLatestOpeningWins(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	for _, id := range []string{"one", "two", "three"} {
		w.Opening.openSeries(testSeries(id))
	}
	w.until("three", func() bool { return w.Reading.open != nil && w.Reading.open.HasVoxels })
	if w.Reading.open.SeriesID != "three" {
		t.Errorf("%s is open", w.Reading.open.SeriesID)
	}
	w.openTest("one")
	if w.Reading.Title() != w.Reading.open.Alias+" – Glasswork" ||
		strings.Contains(w.Reading.Title(), "Doe") {
		t.Errorf("title %q", w.Reading.Title())
	}
	if name, id := w.Reading.Identity(); name != "Doe^Jane" || id != "Pone" {
		t.Errorf("identity %q, %q", name, id)
	}
	w.until("list", func() bool { return len(w.Studies.All()) >= 2 })
}

func TestTheOpenStudyIsNotOpenedOverItself(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	before := w.Reading.open
	w.Opening.openSeries(testSeries("one"))
	if w.Reading.open != before || !w.said("open already")() {
		t.Error("the open study was opened once more")
	}
}

func TestChoosingAmongSeries(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	offered := found{
		series:  []*series.Series{testSeries("one"), testSeries("two")},
		skipped: []string{"notes.txt: it is no picture."},
	}
	_, turn := w.Opening.begin("Opening a folder")
	w.Opening.offer(turn, "folder", offered, nil)
	if len(w.Opening.Choice()) != 2 || !w.said("notes.txt")() {
		t.Fatalf("choice of %d; messages %v", len(w.Opening.Choice()), w.texts())
	}
	w.Opening.Choose(1)
	w.until("two", func() bool { return w.Reading.open != nil })
	if w.Reading.open.SeriesID != "two" || len(w.Opening.Choice()) != 0 {
		t.Error("another series was opened than chosen")
	}
	_, turn = w.Opening.begin("Opening a folder")
	w.Opening.offer(turn, "folder",
		found{series: []*series.Series{testSeries("one"), testSeries("three")}}, nil)
	w.Opening.Cancel()
	if len(w.Opening.Choice()) != 0 || w.Reading.open.SeriesID != "two" {
		t.Error("giving up the choice changed what is open")
	}
}

func TestLookAndTipAreBoundedAndRemembered(t *testing.T) {
	dir := t.TempDir()
	w := newWindow(t, dir, nil)
	w.openTest("one")
	w.Display.SetOpacity(7)
	w.Display.SetPalette(1)
	w.Display.SetMode(viewer.Outline)
	w.Display.SetVisible(classes.Consolidation, false)
	w.Tools.SetClass(classes.Consolidation)
	w.Tools.SetRange(viewer.HURange{Min: 50, Max: -200, On: true})
	w.Tools.SetTip(viewer.Tip{DiameterMM: 1e9})
	w.Display.Hide(true)
	if st := w.Display.Style(); st.Visible != [classes.Labels]bool{} {
		t.Error("hidden overlays are visible")
	}
	w.Display.Hide(false)
	want := w.Display.Style()
	hu, _ := w.Reading.Voxels(w.Reading.Slice())
	w.Display.AutoWindow(hu)
	if w.Display.Window() == viewer.Presets()[0].WindowLevel {
		t.Error("0 did not change the window")
	}
	w.Display.UsePreset(1)
	if w.Display.Window() != viewer.Presets()[1].WindowLevel {
		t.Error("2 is not the mediastinum")
	}
	w.shut()

	w = newWindow(t, dir, nil)
	if w.Display.Style() != want || want.Opacity != 1 {
		t.Errorf("style %+v, want %+v", w.Display.Style(), want)
	}
	w.Tools.SetClass(classes.Consolidation)
	if w.Tools.Range() != (viewer.HURange{Min: -200, Max: 50, On: true}) {
		t.Errorf("range %v", w.Tools.Range())
	}
	if tip, _, _ := w.Tools.Brush(); tip.DiameterMM != viewer.LargestTip {
		t.Errorf("tip %g mm", tip.DiameterMM)
	}
}

func TestTheUsersFolderIsWhereTheSystemKeepsSuch(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/somewhere")
	if got, err := DefaultProject(); err != nil || got != "/somewhere/glasswork/project" {
		t.Errorf("DefaultProject = %q, %v", got, err)
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "/home/reader")
	if got, err := DefaultProject(); err != nil ||
		got != "/home/reader/.local/share/glasswork/project" {
		t.Errorf("DefaultProject = %q, %v", got, err)
	}
}

func TestTheBackendFollowsTheGPU(t *testing.T) {
	t.Setenv("LD_LIBRARY_PATH", "/old")
	t.Setenv("GLASSWORK_BACKEND", "")
	root := t.TempDir()
	for _, name := range []string{"cpu", "cuda"} {
		dir := filepath.Join(root, "backend", name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "libtch.so"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	exe := filepath.Join(root, "bin", "glasswork-trainer")
	for gpu, name := range map[bool]string{true: "cuda", false: "cpu"} {
		want := "LD_LIBRARY_PATH=" + filepath.Join(root, "backend", name) + ":/old"
		if got := backend(exe, func() bool { return gpu }); len(got) != 1 || got[0] != want {
			t.Errorf("with a GPU %v: %v, want %s", gpu, got, want)
		}
	}
}
