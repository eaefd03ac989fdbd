package ui

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/training/protocol"
	"glasswork/ui/session"
	"glasswork/viewer"
)

func TestEmptyWindowInvites(t *testing.T) {
	r := newRig(t)
	seen := texts(r.win.Canvas().Content())
	for _, want := range []string{"Drop a chest CT here", "Open the sample study", "No study yet"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the empty window does not say %q", want)
		}
	}
	if strings.Contains(seen, "FINDINGS") {
		t.Error("panels are alive without a study")
	}
	r.press(fyne.KeyR) // must do nothing and not fail
	r.press(fyne.KeyP)
}

func TestKeysReachTheSession(t *testing.T) {
	r := newRig(t)
	r.open()
	z := r.s.Reading.Slice()
	r.press(fyne.KeyUp)
	if r.s.Reading.Slice() != z+1 {
		t.Errorf("up goes from slice %d to %d", z, r.s.Reading.Slice())
	}
	r.press(fyne.KeyHome)
	r.press(fyne.KeyLeft)
	if r.s.Reading.Slice() != 0 {
		t.Errorf("Home and left: slice %d", r.s.Reading.Slice())
	}
	r.press(fyne.KeyEnd)
	if r.s.Reading.Slice() != 5 {
		t.Errorf("End: slice %d", r.s.Reading.Slice())
	}
	r.typedRune('2')
	if got := r.s.Display.Window(); got != viewer.Presets()[1].WindowLevel {
		t.Errorf("2: %v", got)
	}
	before, _, _ := r.s.Tools.Brush()
	r.press(fyne.KeyC)
	r.typedRune(']')
	tip, class, erase := r.s.Tools.Brush()
	if class != classes.Consolidation || erase || tip.DiameterMM <= before.DiameterMM ||
		r.s.Tools.Tool() != session.Brush {
		t.Errorf("C and ]: class %d, erase %v, tip %v", class, erase, tip)
	}
	r.press(fyne.KeyE)
	if _, _, erase := r.s.Tools.Brush(); !erase {
		t.Error("E does not erase")
	}
	r.press(fyne.KeyEscape)
	if r.s.Tools.Tool() != session.Look {
		t.Error("Esc does not leave the tool")
	}
	r.review()
	if !r.s.Reviewing.Reviewed(5) {
		t.Error("R does not review")
	}
}

func TestHeldKeysHideOverlays(t *testing.T) {
	r := newRig(t)
	r.open()
	r.keyDown(&fyne.KeyEvent{Name: fyne.KeyS})
	if r.s.Display.Style().Visible != [classes.Labels]bool{} {
		t.Error("S held hides nothing")
	}
	r.keyUp(&fyne.KeyEvent{Name: fyne.KeyS})
	if r.s.Display.Style().Visible == [classes.Labels]bool{} {
		t.Error("S let go shows nothing")
	}
}

func TestFoldingPanels(t *testing.T) {
	r := newRig(t)
	r.open()
	wide := r.view.Size().Width
	r.press(fyne.KeyF9)
	if r.view.Size().Width <= wide || r.view.Size().Width != 1280 {
		t.Errorf("folded the picture is %v wide, before %v", r.view.Size().Width, wide)
	}
}

func TestEveryKeyStandsForOneCommand(t *testing.T) {
	r := newRig(t)
	seen := map[key]string{}
	every(r.menus, func(c *command) {
		for _, k := range append([]key{c.key}, c.also...) {
			if k.none() {
				continue
			}
			if other, twice := seen[k]; twice {
				t.Errorf("%s is for %q and for %q", k, other, c.title)
			}
			seen[k] = c.title
		}
	})
	for _, want := range []key{
		char('1'), char('2'), char('3'), char('4'), char('0'), char('['), char(']'), char('?'),
		plain(fyne.KeyG), plain(fyne.KeyC),
		plain(fyne.KeyL), plain(fyne.KeyB), plain(fyne.KeyE), plain(fyne.KeyR), plain(fyne.KeyA),
		plain(fyne.KeyP), shift(fyne.KeyP),
		ctrl(fyne.KeyZ), ctrl(fyne.KeyY), ctrl(fyne.KeyS), ctrl(fyne.KeyO),
		plain(fyne.KeyF9), plain(fyne.KeyF10),
		plain(fyne.KeyEscape),
	} {
		if seen[want] == "" {
			t.Errorf("%s does nothing", want)
		}
	}
}

func TestShortcutsAreInTheMainMenu(t *testing.T) {
	r := newRig(t)
	var found []string
	for _, m := range r.win.MainMenu().Items {
		for _, item := range m.Items {
			if item.Shortcut != nil {
				found = append(found, item.Shortcut.ShortcutName())
			}
		}
	}
	for _, want := range []fyne.Shortcut{
		&fyne.ShortcutUndo{}, &fyne.ShortcutRedo{},
		&desktop.CustomShortcut{KeyName: fyne.KeyS, Modifier: fyne.KeyModifierShortcutDefault},
		&desktop.CustomShortcut{KeyName: fyne.KeyO, Modifier: fyne.KeyModifierShortcutDefault},
	} {
		if !slices.Contains(found, want.ShortcutName()) {
			t.Errorf("%s is not in the menu", want.ShortcutName())
		}
	}
}

func TestTitleNamesNoPatient(t *testing.T) {
	r := newRig(t)
	r.open()
	title := r.win.Title()
	if strings.Contains(title, "DOE") || !strings.Contains(title, "study-0001") {
		t.Errorf("the title is %q", title)
	}
	if seen := texts(r.win.Canvas().Content()); strings.Contains(seen, "DOE") ||
		strings.Contains(seen, "123") {
		t.Error("the patient is named without being asked for")
	}
	r.toggleIdentity()
	if seen := texts(r.win.Canvas().Content()); !strings.Contains(seen, "DOE") {
		t.Error("the patient is not named when asked for")
	}
	r.s.Opening.OpenSample()
	r.until("the sample", func() bool { return r.s.Reading.Slices() > 6 })
	if seen := texts(r.win.Canvas().Content()); strings.Contains(seen, "DOE") {
		t.Error("the patient's name stays over another study")
	}
}

func TestFindingsChooseAndHide(t *testing.T) {
	r := newRig(t)
	r.open()
	r.s.Tools.Take(session.Brush)
	f := newFindings(r.s.Measuring, r.s.Display, r.s.Tools)
	r.observe(session.TopicMeasures, f.update)
	test.Tap(f.rows[1].row)
	if _, class, _ := r.s.Tools.Brush(); class != classes.Consolidation ||
		!f.rows[1].row.selected ||
		f.rows[0].row.selected {
		t.Errorf("class %d after a click on consolidation", class)
	}
	test.Tap(f.rows[1].eye)
	if r.s.Display.Style().Visible[classes.Consolidation] || f.rows[1].eye.on {
		t.Error("the eye does not hide")
	}
	test.Tap(f.modes[1])
	test.Tap(f.palette[1])
	if st := r.s.Display.Style(); st.Mode != viewer.Outline ||
		st.Palette.Name != viewer.Palettes()[1].Name || !f.palette[1].chosen {
		t.Errorf("mode %v, palette %s", st.Mode, st.Palette.Name)
	}
}

func TestStrokeShowsInFindings(t *testing.T) {
	r := newRig(t)
	r.open()
	r.s.Tools.SetClass(classes.GroundGlass)
	r.s.Tools.SetRange(viewer.HURange{Min: -1000, Max: 3000})
	if changed := r.s.Editing.Press(30, 30, false); changed == (image.Rectangle{}) {
		t.Fatal("nothing was painted")
	}
	r.s.Editing.Release()
	if seen := texts(r.win.Canvas().Content()); !strings.Contains(seen, "0.2 ml") &&
		!strings.Contains(seen, "0.3 ml") {
		t.Errorf("50 mm² in a slice of 5 mm do not show: %s", seen)
	}
}

func TestDropOpens(t *testing.T) {
	r := newRig(t)
	r.open()
	other := newRig(t)
	other.dropped([]fyne.URI{storage.NewFileURI(r.folder)})
	other.until("the dropped study", func() bool { return other.s.Reading.Slices() == 6 })
}

func TestProposingShowsTheJobAndItsResult(t *testing.T) {
	r := newRig(t)
	r.open()
	r.trainer.hold = make(chan struct{})
	r.s.Proposing.Study()
	r.until("the job", func() bool {
		return strings.Contains(texts(r.win.Canvas().Content()),
			"step 3 of 10")
	})
	seen := texts(r.win.Canvas().Content())
	if !strings.Contains(seen, "about 42 s left") || strings.Contains(seen, "Retrain…") {
		t.Errorf("while a job runs the panel says %s", seen)
	}
	if _, ok := r.s.Jobs.MayClose(); ok {
		t.Error("a running job does not ask before closing")
	}
	close(r.trainer.hold)
	r.until("the proposal", func() bool { _, busy := r.s.Jobs.Current(); return !busy })
	if _, proposer := r.s.Reading.Captions(); !strings.HasPrefix(proposer, "proposed by ") {
		t.Errorf("the slice is %q", proposer)
	}
}

func TestFailureIsABannerWithTheLog(t *testing.T) {
	r := newRig(t)
	r.open()
	r.trainer.err = &protocol.DiedError{Status: "signal: killed"}
	r.s.Proposing.Slice()
	r.until("a banner", func() bool { return len(r.banners.shown) == 1 })
	seen := texts(r.win.Canvas().Content())
	for _, want := range []string{"Proposing stopped", "Try again", "Show log", "OK"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the banner does not say %q", want)
		}
	}
	tapButton(t, r.win.Canvas().Content(), "Show log")
	if len(r.sheets) != 1 || !strings.Contains(texts(r.sheets[0].popup), "a line of the log") {
		t.Error("the log is not shown")
	}
	r.press(fyne.KeyEscape)
	tapButton(t, r.win.Canvas().Content(), "OK")
	if len(r.banners.shown) != 0 || len(r.s.Messages.All()) != 0 || len(r.sheets) != 0 {
		t.Error("the banner stays")
	}
}

func TestRetrainAsksComparesAndKeepsByDefault(t *testing.T) {
	r := newRig(t)
	r.open()
	r.review()
	r.s.Retraining.Prepare()
	r.until("the plan", func() bool { p, ok := r.s.Retraining.Plan(); return ok && !p.Measuring })
	if seen := texts(r.sheets[0].popup); !strings.Contains(seen, "1 reviewed slice") ||
		!strings.Contains(seen, "about 5 s on this machine") {
		t.Errorf("the plan says %s", seen)
	}
	r.press(fyne.KeyReturn)
	r.until("the verdict", func() bool { _, ok := r.s.Retraining.Verdict(); return ok })
	seen := texts(r.sheets[0].popup)
	for _, want := range []string{
		"too few to tell", "0.500", "0.750", "+0.250 (−0.100 … +0.400)", "2 held-out patients",
		"reference",
		"Use the new model", "Keep the current one", "A0002, slice 4: 1 pixel differs",
	} {
		if !strings.Contains(seen, want) {
			t.Errorf("the comparison does not say %q:\n%s", want, seen)
		}
	}
	r.press(fyne.KeyReturn)
	if _, open := r.s.Retraining.Verdict(); open || len(r.sheets) != 0 {
		t.Error("Enter does not answer")
	}
	if got := r.s.Models.Current(); got == "baseline-2" {
		t.Error("Enter took the new model")
	}
}

// A wrong augmentation is pointed at below the field and cannot be retrained with.
func TestRetrainPointsAtAWrongAugmentation(t *testing.T) {
	r := newRig(t)
	r.open()
	r.review()
	r.s.Retraining.Prepare()
	r.until("the plan and its preview",
		func() bool {
			p, ok := r.s.Retraining.Plan()
			return ok && !p.Measuring && p.Preview != nil
		})
	sheet := r.asked.plan
	if sheet.preview.Image.Bounds().Dx() < 100 {
		t.Error("no samples are shown")
	}
	if sheet.advanced.open {
		t.Error("the notation of augmentations is shown to those who did not ask for it")
	}
	sheet.advanced.set(true)
	sheet.augment.SetText("V{0,5}")
	if got, want := sheet.wrong.Text,
		"V{0,5}\n   ^ the end of a probability needs '}' here"; got != want {
		t.Errorf("the dialog says %q, want %q", got, want)
	}
	sheet.augment.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if _, open := r.s.Retraining.Plan(); !open {
		t.Error("Enter retrained with it")
	}
	sheet.augment.SetText("V{0.5}")
	if strings.TrimSpace(sheet.wrong.Text) != "" {
		t.Errorf("the dialog still says %q", sheet.wrong.Text)
	}
	sheet.augment.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.until("the verdict", func() bool { _, ok := r.s.Retraining.Verdict(); return ok })
	r.trainer.mu.Lock()
	defer r.trainer.mu.Unlock()
	if job := r.trainer.jobs[len(r.trainer.jobs)-1]; job.Finetune == nil ||
		job.Finetune.Augment != "V{0.5}" {
		t.Errorf("the job is %+v", job.Finetune)
	}
}

func TestClosingAsksWhenWorkIsUnsaved(t *testing.T) {
	r := newRig(t)
	r.open()
	r.review()
	r.close()
	if r.closing || len(r.sheets) != 1 {
		t.Fatal("the window closes without asking")
	}
	r.press(fyne.KeyEscape)
	if r.closing || len(r.sheets) != 0 {
		t.Fatal("Esc does not stay")
	}
	r.close()
	r.press(fyne.KeyReturn)
	r.until("saved and closed", func() bool { return r.closing })
	if r.s.Saving.Unsaved() {
		t.Error("it was not saved")
	}
}

func TestAnotherProject(t *testing.T) {
	r := newRig(t)
	r.open()
	dir, before := filepath.Join(t.TempDir(), "other"), r.s
	r.switchTo(dir)
	r.until("the other project", func() bool { return r.s != before })
	if r.reading() || !strings.Contains(texts(r.win.Canvas().Content()), "No study yet") {
		t.Error("the old project is still shown")
	}
}

func TestAProjectThatCannotBeOpened(t *testing.T) {
	r := newRig(t)
	before := r.s
	r.Window.open = func(context.Context, string) (*session.Session,
		error,
	) {
		return nil, errors.New("no room on the disk")
	}
	r.switchTo("/there")
	r.until("a banner", func() bool { return len(r.banners.shown) == 1 })
	if seen := texts(r.win.Canvas().Content()); !strings.Contains(seen,
		"/there was not opened: no room on the disk") || r.s != before {
		t.Error("the failure does not name the folder and the cause")
	}
}

func TestToastsGo(t *testing.T) {
	r := newRig(t)
	var fire []func()
	r.toasts.after = func(d time.Duration, f func()) *time.Timer {
		if d != 4*time.Second {
			t.Errorf("a toast stays for %v", d)
		}
		fire = append(fire, f)
		return time.NewTimer(time.Hour)
	}
	r.s.Messages.Toast("one")
	r.s.Messages.Toast("two")
	if got := len(r.toasts.shown); got != 2 {
		t.Fatalf("%d toasts", got)
	}
	if len(r.s.Messages.All()) != 0 {
		t.Error("what was seen is still to be told")
	}
	for _, f := range fire {
		f()
	}
	if got := len(r.toasts.shown); got != 0 {
		t.Errorf("%d toasts stay", got)
	}
}

// What the window does on its goroutine for another slice, before anything is painted.
func BenchmarkAnotherSlice(b *testing.B) {
	r := newRig(b)
	r.open()
	for i := 0; b.Loop(); i++ {
		r.s.Reading.GoTo(i % 6)
	}
}

func TestMatching(t *testing.T) {
	all := []project.Study{
		{Alias: "A0001", Description: "CHEST 5.0 B"},
		{Alias: "A0002", Description: "Thorax", Holdout: true},
	}
	for _, c := range []struct {
		text string
		want int
	}{{"", 2}, {"chest", 1}, {"a0002 thorax", 1}, {"holdout", 1}, {"chest thorax", 0}} {
		if got := len(matching(all, c.text)); got != c.want {
			t.Errorf("%q finds %d studies, want %d", c.text, got, c.want)
		}
	}
}

func TestHULimitsAreTakenWhenTheFieldIsLeft(t *testing.T) {
	r := newRig(t)
	r.open()
	r.s.Tools.SetClass(classes.GroundGlass)
	panel := newToolPanel(r.s.Tools, r.s.Editing)
	win := test.NewTempWindow(t, panel.object)
	panel.update()
	win.Canvas().Focus(panel.low)
	panel.low.SetText("-700")
	win.Canvas().Unfocus() // as when the picture is clicked
	if got := r.s.Tools.Range().Min; got != -700 {
		t.Errorf("the lower limit is %d", got)
	}
	win.Canvas().Focus(panel.high)
	panel.high.SetText("abc")
	panel.high.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if panel.high.Text != "−300" {
		t.Errorf("the field says %q after it was refused", panel.high.Text)
	}
	r.s.Tools.SetClass(classes.LungsOther)
	panel.update()
	if panel.low.Text != "" || panel.high.Text != "" {
		t.Errorf("no limit is shown as %s…%s", panel.low.Text, panel.high.Text)
	}
}

func TestTheWindowFitsOnTheScreenAndKeepsItsSize(t *testing.T) {
	r := newRig(t)
	r.open()
	r.Arrange(fyne.NewSize(1024, 768))
	if got := r.win.Canvas().Size(); got.Width > 1024 || got.Height > 768 {
		t.Errorf("the window is %v on a screen of 1024 × 768", got)
	}
	r.win.Resize(fyne.NewSize(1100, 700))
	r.rememberSize()
	r.win.Resize(fyne.NewSize(900, 600))
	r.Arrange(fyne.NewSize(1920, 1080))
	if got := r.win.Canvas().Size(); got != fyne.NewSize(1100, 700) {
		t.Errorf("the window comes back %v large", got)
	}
}

func TestTextCanBeLarger(t *testing.T) {
	r := newRig(t)
	r.open()
	r.s.Messages.Toast("something")
	before := r.frame.status.MinSize().Height
	r.setTextSize(3)
	if now := r.frame.status.MinSize().Height; now <= before {
		t.Errorf("the status line is %v high, before %v", now, before)
	}
	r.press(fyne.KeyG)
	if !strings.Contains(texts(r.win.Canvas().Content()), "Brush 8") {
		t.Error("the new window does not follow the session")
	}
}

func TestWhatWasOpenedIsOfferedAgain(t *testing.T) {
	r := newRig(t)
	r.open()
	r.openPath("/a/ct")
	r.openPath("/b/ct")
	r.openPath("/a/ct")
	r.refreshMenu()
	var titles []string
	for _, item := range r.win.MainMenu().Items[0].Items {
		if item.Label == "Open recent" {
			for _, path := range item.ChildMenu.Items {
				titles = append(titles, path.Label)
			}
		}
	}
	if strings.Join(titles, " ") != "/a/ct /b/ct" {
		t.Errorf("the menu offers %v", titles)
	}
}
