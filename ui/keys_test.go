package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"glasswork/dataset/classes"
	"glasswork/ui/session"
)

// menuItem runs what a shortcut of the main menu runs, whatever lies over the window.
func (r *rig) menuItem(title string) {
	r.Helper()
	for _, m := range r.win.MainMenu().Items {
		for _, item := range m.Items {
			if item.Label == title {
				item.Action()
				return
			}
		}
	}
	r.Fatalf("the menu has no %q", title)
}

func TestKeysBehindADialogDoNothing(t *testing.T) {
	r := newRig(t)
	r.open()
	r.s.Tools.SetClass(classes.LungsOther)
	r.s.Editing.Press(30, 30, false)
	r.s.Editing.Release()
	r.askExport()
	z := r.s.Reading.Slice()
	for _, title := range []string{"Undo", "Save", "Export…", "Open…", "Retrain…", "Reviewed"} {
		r.menuItem(title)
	}
	r.press(fyne.KeyR)
	r.press(fyne.KeyUp)
	r.typedRune('2')
	r.keyDown(&fyne.KeyEvent{Name: fyne.KeyS})
	r.pump()
	if len(r.sheets) != 1 {
		t.Errorf("%d dialogs are open", len(r.sheets))
	}
	if !r.s.Editing.CanUndo() || r.s.Editing.CanRedo() || r.s.Reading.Slice() != z ||
		r.s.Reviewing.Here() || r.s.Saving.Text() != "not saved as a revision yet" ||
		!r.s.Display.Style().Visible[classes.GroundGlass] {
		t.Error("a key behind the dialog acted on the study")
	}
	r.close()
	r.close()
	if len(r.sheets) != 2 {
		t.Errorf("closing twice asks %d times", len(r.sheets)-1)
	}
}

func TestDialogsOfTheSessionWaitForEachOther(t *testing.T) {
	r := newRig(t)
	r.open()
	r.review()
	r.askExport()
	r.s.Retraining.Start()
	r.until("the verdict", func() bool { _, ok := r.s.Retraining.Verdict(); return ok })
	r.pump()
	if len(r.sheets) != 1 {
		t.Fatalf("%d dialogs lie over each other", len(r.sheets))
	}
	r.press(fyne.KeyEscape)
	r.until("the comparison", func() bool { return len(r.sheets) == 1 && r.asked.verdict != nil })
}

// Esc leaves a dialog wherever its focus is.
func TestEscapeLeavesADialogFromEveryField(t *testing.T) {
	r := newRig(t)
	r.open()
	for n := range 9 {
		r.askExport()
		for range n {
			r.win.Canvas().FocusNext()
		}
		focused := r.win.Canvas().Focused()
		focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if len(r.sheets) != 0 {
			t.Fatalf("Esc does not leave the dialog from %T", focused)
		}
	}
}

// Without a mouse Tab leads to everything, and the window's keys work wherever it is.
func TestTabReachesEverythingAndKeepsTheKeys(t *testing.T) {
	r := newRig(t)
	r.open()
	kinds := map[string]bool{}
	c := r.win.Canvas()
	for range 80 {
		c.FocusNext()
		switch o := c.Focused().(type) {
		case *field:
			kinds["field"] = true
			continue
		case *segment:
			kinds[o.text.Text] = true
		case *button:
			kinds[o.Text] = true
		case *row:
			kinds["row"] = true
		case *eye:
			kinds["eye"] = true
		case *slider:
			kinds["slider"] = true
		case *list:
			kinds["list"] = true
		default:
			t.Fatalf("Tab leads to %T", o)
		}
		r.s.Tools.Take(session.Look)
		c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyC})
		if r.s.Tools.Tool() != session.Brush {
			t.Fatalf("C does nothing while %T has the keyboard", c.Focused())
		}
	}
	for _, want := range []string{
		"field", "list", "row", "eye", "slider", "+ Open…", "Propose", "Brush", "Erase",
	} {
		if !kinds[want] {
			t.Errorf("Tab does not lead to %s: %v", want, kinds)
		}
	}
	for ; ; c.FocusNext() {
		if o, ok := c.Focused().(*segment); ok && o.text.Text == "Lasso" {
			break
		}
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if r.s.Tools.Tool() != session.Lasso {
		t.Error("Space does not press what has the keyboard")
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if c.Focused() != nil || r.s.Tools.Tool() != session.Lasso {
		t.Error("Esc does not give the keyboard back first")
	}
}

// With a layout that has no Latin letters, letters work by their place. The codes are X's.
func TestLettersWorkByPlaceInOtherScripts(t *testing.T) {
	r := newRig(t)
	r.open()
	type stroke struct {
		code int
		says rune
	}
	hit := func(s stroke) {
		ev := &fyne.KeyEvent{Physical: fyne.HardwareKey{ScanCode: s.code}}
		r.keyDown(ev)
		r.typedKey(ev)
		r.typedRune(s.says)
		r.keyUp(ev)
	}
	hit(stroke{42, 'п'}) // G
	if _, class, _ := r.s.Tools.Brush(); class != classes.GroundGlass ||
		r.s.Tools.Tool() != session.Brush {
		t.Error("G does nothing on a Russian keyboard")
	}
	hit(stroke{54, 'ψ'}) // C
	if _, class, _ := r.s.Tools.Brush(); class != classes.Consolidation {
		t.Error("C does nothing on a Greek keyboard")
	}
	before, _, _ := r.s.Tools.Brush()
	hit(stroke{35, 'ъ'}) // ]
	if tip, _, _ := r.s.Tools.Brush(); tip.DiameterMM <= before.DiameterMM {
		t.Error("] does nothing on a Russian keyboard")
	}
	hit(stroke{34, 'ü'}) // a Latin letter stands for itself
	if tip, _, _ := r.s.Tools.Brush(); tip.DiameterMM <= before.DiameterMM {
		t.Error("ü on a German keyboard makes the tip smaller")
	}
	hit(stroke{31, 'ร'}) // I in Thai, which stands for nothing

	const keyS = 39
	ev := &fyne.KeyEvent{Physical: fyne.HardwareKey{ScanCode: keyS}}
	r.keyDown(ev)
	if r.s.Display.Style().Visible[classes.GroundGlass] {
		t.Error("S held hides nothing on a Russian keyboard")
	}
	r.keyUp(ev)
	if !r.s.Display.Style().Visible[classes.GroundGlass] {
		t.Error("S let go shows nothing on a Russian keyboard")
	}
}

func TestPlacesOfKeys(t *testing.T) {
	tests := []struct {
		system string
		code   int
		want   rune
	}{
		{"linux", 24, 'Q'},
		{"linux", 42, 'G'},
		{"linux", 27, 'R'},
		{"linux", 58, 'M'},
		{"windows", 34, 'G'},
		{"windows", 19, 'R'},
		{"windows", 50, 'M'},
		{"darwin", 5, 'G'},
		{"darwin", 15, 'R'},
		{"darwin", 46, 'M'},
		{"darwin", 0, 'A'},
		{"linux", 10, 0},
		{"plan9", 24, 0},
	}
	for _, test := range tests {
		if got := rowsOf[test.system].placed(test.code); got != test.want {
			t.Errorf("%s: key %d is %q, want %q", test.system, test.code, got, test.want)
		}
	}
}

var _ desktop.Keyable = (*pressable)(nil)
