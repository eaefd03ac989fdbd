package ui

import (
	"fyne.io/fyne/v2"

	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// commands are everything the window can do, in the order of its menus.
func (w *Window) commands() []menu {
	return []menu{w.fileMenu(), w.studyMenu(), w.editMenu(), w.viewMenu(), w.modelMenu(), w.helpMenu()}
}

func (w *Window) fileMenu() menu {
	return menu{"File", []*command{
		{title: "Open…", key: ctrl(fyne.KeyO), do: w.askOpen},
		{title: "Open folder…", do: w.pickFolder},
		{title: "Open file…", do: w.pickFile},
		{title: "Open the sample study", do: func() { w.s.OpenSample() }},
		{title: "Import annotation…", key: ctrl(fyne.KeyI), do: w.askImport, able: w.reading},
		gap,
		{title: "New or open project…", do: w.askProject},
		{title: "Save", key: ctrl(fyne.KeyS), do: func() { w.s.Save() }, able: w.reading},
		{title: "Export…", key: ctrl(fyne.KeyE), do: w.askExport},
		gap,
		{title: "Quit", key: ctrl(fyne.KeyQ), do: w.close},
	}}
}

func (w *Window) studyMenu() menu {
	by := func(dz int) func() { return func() { w.s.GoTo(w.s.Slice() + dz) } }
	up := func(n int) func() { return func() { w.s.GoTo(w.s.Slice() + n*w.towardsHead()) } }
	return menu{"Study", []*command{
		{title: "One slice up", key: plain(fyne.KeyUp), do: up(1), able: w.reading},
		{title: "One slice down", key: plain(fyne.KeyDown), do: up(-1), able: w.reading},
		{title: "Ten slices up", key: plain(fyne.KeyPageUp), do: up(10), able: w.reading},
		{title: "Ten slices down", key: plain(fyne.KeyPageDown), do: up(-10), able: w.reading},
		{title: "Left on the strip", key: plain(fyne.KeyLeft), do: by(-1), able: w.reading},
		{title: "Right on the strip", key: plain(fyne.KeyRight), do: by(1), able: w.reading},
		{title: "First slice", key: plain(fyne.KeyHome), do: func() { w.s.GoTo(0) }, able: w.reading},
		{title: "Last slice", key: plain(fyne.KeyEnd), do: func() { w.s.GoTo(w.s.Slices() - 1) }, able: w.reading},
		{title: "Next slice to review", key: plain(fyne.KeyN), do: w.goUnreviewed, able: w.reading},
		gap,
		{
			title: "Reviewed", key: plain(fyne.KeyR), do: func() { w.s.ToggleReviewed() }, able: w.reading,
			on: func() bool { return w.s.Reviewed(w.s.Slice()) },
		},
		{title: "Accept the prediction", key: plain(fyne.KeyA), do: func() { w.s.Accept() }, able: w.reading},
		gap,
		{title: "Hold this patient out from training", do: w.toggleHoldout, able: w.reading, on: w.heldOut},
	}}
}

func (w *Window) editMenu() menu {
	tool := func(title string, k fyne.KeyName, t viewer.Tool) *command {
		return &command{
			title: title, key: plain(k), do: func() { w.s.SetErase(false); w.s.SetTool(t) }, able: w.reading,
			on: func() bool { return w.s.Tool() == t && !w.erasing() },
		}
	}
	class := func(title string, k fyne.KeyName, c volume.Class) *command {
		return &command{
			title: "Paint " + title, key: plain(k), do: func() { w.s.SetClass(c) }, able: w.reading,
			on: func() bool { _, now, _ := w.s.Brush(); return now == c && !w.erasing() && w.s.Tool() != viewer.Look },
		}
	}
	return menu{"Edit", []*command{
		{title: "Undo", key: ctrl(fyne.KeyZ), do: w.undo, able: func() bool { return w.s.CanUndo() }},
		{title: "Redo", key: ctrl(fyne.KeyY), do: w.redo, able: func() bool { return w.s.CanRedo() }},
		gap,
		tool("Brush", fyne.KeyT, viewer.Brush),
		tool("Lasso", fyne.KeyO, viewer.Lasso),
		{title: "Erase", key: plain(fyne.KeyE), also: []key{plain(fyne.KeyB)}, do: func() { w.s.SetErase(!w.erasing()) }, able: w.reading, on: w.erasing},
		{title: "Put the tool away", key: plain(fyne.KeyEscape), do: w.escape},
		gap,
		class("ground glass", fyne.KeyG, volume.GroundGlass),
		class("consolidation", fyne.KeyC, volume.Consolidation),
		class("lungs", fyne.KeyL, volume.LungsOther),
		gap,
		{title: "Smaller tip", key: char('['), do: func() { w.resizeTip(-1) }, able: w.reading},
		{title: "Larger tip", key: char(']'), do: func() { w.resizeTip(1) }, able: w.reading},
		{title: "Limit to HU range", key: plain(fyne.KeyH), do: w.toggleRange, able: w.reading, on: func() bool { return w.s.Range().On }},
		{title: "Fill holes", key: plain(fyne.KeyF), do: func() { w.s.FillHoles() }, able: w.reading},
	}}
}

func (w *Window) viewMenu() menu {
	commands := []*command{}
	for i, p := range viewer.Presets() {
		commands = append(commands, &command{
			title: "Window: " + p.Name + "  " + p.String(), key: char(rune('1' + i)), do: func() { w.s.UsePreset(i) }, able: w.reading,
			on: func() bool { return w.s.Window() == p.WindowLevel },
		})
	}
	modes := []*command{}
	for _, m := range []viewer.Mode{viewer.Fill, viewer.Outline, viewer.Both} {
		modes = append(modes, &command{title: upperFirst(m.String()), do: func() { w.s.SetMode(m) }, on: func() bool { return w.s.Style().Mode == m }})
	}
	palettes := []*command{}
	for i, p := range viewer.Palettes() {
		palettes = append(palettes, &command{
			title: upperFirst(p.Name), do: func() { w.s.SetPalette(i) },
			on: func() bool { return w.s.Style().Palette.Name == p.Name },
		})
	}
	return menu{"View", append(commands,
		&command{title: "Window: automatic", key: char('0'), do: func() { w.s.AutoWindow() }, able: w.reading},
		gap,
		&command{title: "Zoom in", key: char('+'), also: []key{char('=')}, do: func() { w.view.Zoom(zoomStep) }, able: w.reading},
		&command{title: "Zoom out", key: char('-'), do: func() { w.view.Zoom(1 / zoomStep) }, able: w.reading},
		&command{title: "Whole slice", key: plain(fyne.KeyW), do: func() { w.view.Fit() }, able: w.reading},
		gap,
		&command{title: "Overlays", items: modes},
		&command{title: "Colours", items: palettes},
		&command{title: "Fold or unfold panels", key: plain(fyne.KeyTab), do: w.fold},
		&command{title: "Show patient identity", do: w.toggleIdentity, on: func() bool { return w.identity }, able: w.reading},
	)}
}

func (w *Window) modelMenu() menu {
	idle := func() bool { _, busy := w.s.Job(); return !busy }
	free := func() bool { return w.reading() && idle() }
	return menu{"Model", []*command{
		{title: "Propose for this slice", key: plain(fyne.KeyP), do: func() { w.s.ProposeSlice() }, able: free},
		{title: "Propose for the study", key: shift(fyne.KeyP), do: func() { w.s.ProposeStudy() }, able: free},
		gap,
		{title: "Retrain…", key: ctrl(fyne.KeyR), do: func() { w.s.PlanRetrain() }, able: idle},
		{title: "Cancel the job", do: func() { w.s.CancelJob() }, able: func() bool { return !idle() }},
		gap,
		{title: "Show the trainer's log", do: w.showTrainerLog},
	}}
}

func (w *Window) helpMenu() menu {
	return menu{"Help", []*command{
		{title: "Keys and mouse", key: char('?'), also: []key{plain(fyne.KeyF1)}, do: w.toggleHelp, on: func() bool { return w.help != nil && w.help.Visible() }},
		{title: "About Glasswork", do: w.about},
	}}
}

const zoomStep = 1.25

// reading reports whether a study is open.
func (w *Window) reading() bool { _, ok := w.s.Grid(); return ok }

func (w *Window) erasing() bool { _, _, erase := w.s.Brush(); return erase }

func (w *Window) resizeTip(steps int) {
	tip, _, _ := w.s.Brush()
	w.s.SetTip(tip.Larger(steps))
}

func (w *Window) toggleRange() {
	r := w.s.Range()
	r.On = !r.On
	w.s.SetRange(r)
}

// towardsHead is 1 if slices are counted from the feet to the head, else −1: up is towards the
// head, as with the wheel.
func (w *Window) towardsHead() int {
	if g, ok := w.s.Grid(); ok && g.Normal()[2] < 0 {
		return -1
	}
	return 1
}

// goUnreviewed looks for a slice that nobody has reviewed, downwards and then from the start.
func (w *Window) goUnreviewed() {
	n := w.s.Slices()
	for d := 1; d < n; d++ {
		if z := (w.s.Slice() + d) % n; !w.s.Reviewed(z) {
			w.s.GoTo(z)
			return
		}
	}
	w.s.Toast("Every other slice of this study is reviewed.")
}

func (w *Window) heldOut() bool {
	study, ok := openStudy(w.s)
	return ok && study.Holdout
}

func (w *Window) toggleHoldout() {
	if study, ok := openStudy(w.s); ok {
		w.s.SetHoldout(study.ID, !study.Holdout)
	}
}

// undo and redo belong to the text that is being edited, where there is one.
func (w *Window) undo() {
	if !w.inEntry(&fyne.ShortcutUndo{}) {
		w.s.Undo()
	}
}

func (w *Window) redo() {
	if !w.inEntry(&fyne.ShortcutRedo{}) {
		w.s.Redo()
	}
}

func (w *Window) inEntry(s fyne.Shortcut) bool {
	focused, ok := w.win.Canvas().Focused().(fyne.Shortcutable)
	if ok {
		focused.TypedShortcut(s)
	}
	return ok
}
