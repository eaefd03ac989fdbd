package ui

import (
	"fyne.io/fyne/v2"

	"glasswork/dataset/classes"
	"glasswork/dataset/words"
	"glasswork/ui/session"
	"glasswork/viewer"
)

// commands are everything the window can do, in the order of its menus.
func (w *Window) commands() []menu {
	return []menu{
		w.fileMenu(), w.studyMenu(), w.editMenu(), w.viewMenu(), w.modelMenu(),
		w.helpMenu(),
	}
}

func (w *Window) fileMenu() menu {
	return menu{"File", []*command{
		{title: "Open…", key: ctrl(fyne.KeyO), do: w.askOpen},
		{title: "Open folder…", do: w.pickFolder},
		{title: "Open file…", do: w.pickFile},
		{title: "Open recent", list: w.recentItems},
		{title: "Open the sample study", do: func() { w.s.Opening.OpenSample() }},
		{title: "Import annotation…", key: ctrl(fyne.KeyI), do: w.askImport, able: w.reading},
		gap,
		{title: "New or open project…", do: w.askProject},
		{title: "Save", key: ctrl(fyne.KeyS), do: func() { w.s.Saving.Save() }, able: w.reading},
		{title: "Revisions…", do: func() { w.s.Revising.Ask() }, able: w.reading},
		{title: "Export…", key: ctrl(fyne.KeyE), do: w.askExport},
		gap,
		{title: "Quit", key: ctrl(fyne.KeyQ), do: w.close, text: true},
	}}
}

func (w *Window) studyMenu() menu {
	by := func(dz int) func() { return func() { w.s.Reading.GoTo(w.s.Reading.Slice() + dz) } }
	up := func(n int) func() {
		return func() {
			w.s.Reading.GoTo(w.s.Reading.Slice() + n*w.towardsHead())
		}
	}
	return menu{"Study", []*command{
		{title: "One slice up", key: plain(fyne.KeyUp), do: up(1), able: w.reading},
		{title: "One slice down", key: plain(fyne.KeyDown), do: up(-1), able: w.reading},
		{title: "Ten slices up", key: plain(fyne.KeyPageUp), do: up(10), able: w.reading},
		{title: "Ten slices down", key: plain(fyne.KeyPageDown), do: up(-10), able: w.reading},
		{title: "Previous slice", key: plain(fyne.KeyLeft), do: by(-1), able: w.reading},
		{title: "Next slice", key: plain(fyne.KeyRight), do: by(1), able: w.reading},
		{
			title: "First slice", key: plain(fyne.KeyHome), do: func() { w.s.Reading.GoTo(0) },
			able: w.reading,
		},
		{
			title: "Last slice", key: plain(fyne.KeyEnd),
			do: func() { w.s.Reading.GoTo(w.s.Reading.Slices() - 1) }, able: w.reading,
		},
		{
			title: "Next slice to review", key: plain(fyne.KeyN),
			do: func() { w.s.Reviewing.GoToNext() }, able: w.reading,
		},
		gap,
		{
			title: "Reviewed", key: plain(fyne.KeyR), do: func() { w.s.Reviewing.Toggle() },
			able: w.reading,
			on:   func() bool { return w.s.Reviewing.Here() },
		},
		{
			title: "Accept the proposal", key: plain(fyne.KeyA),
			do: func() { w.s.Reviewing.Accept() }, able: w.reading,
		},
		{
			title: "Reset this slice to the proposal", key: shift(fyne.KeyA),
			do: func() { w.s.Reviewing.Reset() }, able: w.reading,
		},
		gap,
		{
			title: "Hold this patient out from training", do: w.toggleHoldout, able: w.reading,
			on: w.heldOut,
		},
	}}
}

func (w *Window) editMenu() menu {
	commands := []*command{
		{
			title: "Undo", key: ctrl(fyne.KeyZ), do: w.undo, text: true,
			able: func() bool { return w.s.Editing.CanUndo() },
		},
		{
			title: "Redo", key: ctrl(fyne.KeyY), do: w.redo, text: true,
			able: func() bool { return w.s.Editing.CanRedo() },
		},
		gap,
	}
	commands = append(commands, w.tools()...)
	commands = append(commands, []*command{
		{
			title: "Erase", key: plain(fyne.KeyE), also: []key{plain(fyne.KeyB)}, able: w.reading,
			do: func() { w.s.Tools.SetErase(!w.erasing()) }, on: w.erasing,
		},
		{title: "Leave the tool", key: plain(fyne.KeyEscape), do: w.escape},
		gap,
	}...)
	commands = append(commands, w.paints()...)
	return menu{"Edit", append(commands, []*command{
		gap,
		{
			title: "Smaller tip", key: char('['), do: func() { w.s.Tools.ResizeTip(-1) },
			able: w.reading,
		},
		{
			title: "Larger tip", key: char(']'), do: func() { w.s.Tools.ResizeTip(1) },
			able: w.reading,
		},
		{
			title: "Limit to HU range", key: plain(fyne.KeyH), able: w.reading,
			do: func() { w.s.Tools.ToggleRange() }, on: func() bool { return w.s.Tools.Range().On },
		},
		{
			title: "Fill holes", key: plain(fyne.KeyF), do: func() { w.s.Editing.FillHoles() },
			able: w.reading,
		},
	}...)}
}

// paints are the classes that can be painted.
func (w *Window) paints() (all []*command) {
	for i, info := range classes.Table() {
		if info.Key == "" {
			continue
		}
		class := classes.Class(i)
		all = append(all, &command{
			title: "Paint " + info.Short, key: plain(fyne.KeyName(info.Key)), able: w.reading,
			do: func() { w.s.Tools.SetClass(class) },
			on: func() bool {
				_, now, _ := w.s.Tools.Brush()
				return now == class && w.s.Tools.Painting()
			},
		})
	}
	return all
}

// tools are the tools that have a key of their own.
func (w *Window) tools() (all []*command) {
	for _, tool := range session.AllTools() {
		if tool.Key() == "" {
			continue
		}
		all = append(all, &command{
			title: tool.Name(), key: plain(fyne.KeyName(tool.Key())), able: w.reading,
			do: func() { w.s.Tools.Take(tool) },
			on: func() bool { return w.s.Tools.Tool() == tool && !w.erasing() },
		})
	}
	return all
}

func (w *Window) viewMenu() menu {
	commands := []*command{}
	for i, p := range viewer.Presets() {
		commands = append(commands, &command{
			title: "Window: " + p.Name + "  " + p.String(), key: char(rune('1' + i)),
			do: func() { w.s.Display.UsePreset(i) }, able: w.reading,
			on: func() bool { return w.s.Display.Window() == p.WindowLevel },
		})
	}
	modes := []*command{}
	for _, m := range []viewer.Mode{viewer.Fill, viewer.Outline, viewer.Both} {
		modes = append(modes, &command{
			title: words.UpperFirst(m.String()),
			do:    func() { w.s.Display.SetMode(m) },
			on:    func() bool { return w.s.Display.Style().Mode == m },
		})
	}
	palettes := []*command{}
	for i, p := range viewer.Palettes() {
		palettes = append(palettes, &command{
			title: words.UpperFirst(p.Name), do: func() { w.s.Display.SetPalette(i) },
			on: func() bool { return w.s.Display.Style().Palette.Name == p.Name },
		})
	}
	return menu{"View", append(commands,
		&command{title: "Window: automatic", key: char('0'), do: w.autoWindow, able: w.reading},
		gap,
		&command{
			title: "Zoom in", key: char('+'), also: []key{char('=')},
			do: func() { w.view.Zoom(zoomStep) }, able: w.reading,
		},
		&command{
			title: "Zoom out", key: char('-'), do: func() { w.view.Zoom(1 / zoomStep) },
			able: w.reading,
		},
		&command{
			title: "Whole slice", key: plain(fyne.KeyW), do: func() { w.view.Fit() },
			able: w.reading,
		},
		gap,
		&command{title: "Overlays", items: modes},
		&command{title: "Colours", items: palettes},
		&command{title: "Text size", items: w.textSizeItems()},
		&command{title: "Fold or unfold panels", key: plain(fyne.KeyF9), do: w.fold},
		&command{
			title: "Show patient identity", do: w.toggleIdentity,
			on: func() bool { return w.identity }, able: w.reading,
		},
	)}
}

func (w *Window) modelMenu() menu {
	idle := func() bool { return w.s.Jobs.Idle() }
	free := func() bool { return w.reading() && idle() }
	return menu{"Model", []*command{
		{
			title: "Propose for this slice", key: plain(fyne.KeyP),
			do: func() { w.s.Proposing.Slice() }, able: free,
		},
		{
			title: "Propose for the study", key: shift(fyne.KeyP),
			do: func() { w.s.Proposing.Study() }, able: free,
		},
		gap,
		{
			title: "Retrain…", key: ctrl(fyne.KeyR), do: func() { w.s.Retraining.Prepare() },
			able: idle,
		},
		{
			title: "Cancel the job", do: func() { w.s.Jobs.Cancel() },
			able: func() bool { return !idle() },
		},
		gap,
		{title: "Show the trainer's log", do: w.showTrainerLog},
	}}
}

func (w *Window) helpMenu() menu {
	return menu{"Help", []*command{
		{
			title: "Keys and mouse", key: char('?'), also: []key{plain(fyne.KeyF1)},
			do: w.toggleHelp, on: func() bool { return w.help != nil && w.help.Visible() },
		},
		{title: "Go to the menus", key: plain(fyne.KeyF10), do: w.openMenu},
		{title: "About Glasswork", do: w.about},
	}}
}

const zoomStep = 1.25

// reading reports whether a study is open.
func (w *Window) reading() bool { _, ok := w.s.Reading.Grid(); return ok }

func (w *Window) erasing() bool { return w.s.Tools.Erasing() }

// autoWindow sets the window that suits the slice looked at.
func (w *Window) autoWindow() {
	hu, _ := w.s.Reading.Voxels(w.s.Reading.Slice())
	w.s.Display.AutoWindow(hu)
}

// towardsHead is 1 if slices are counted from the feet to the head, else −1: up is towards the
// head, as with the wheel.
func (w *Window) towardsHead() int {
	if g, ok := w.s.Reading.Grid(); ok && g.Normal()[2] < 0 {
		return -1
	}
	return 1
}

func (w *Window) heldOut() bool {
	study, ok := openStudy(w.s)
	return ok && study.Holdout
}

func (w *Window) toggleHoldout() {
	if study, ok := openStudy(w.s); ok {
		w.s.Studies.SetHoldout(study.ID, !study.Holdout)
	}
}

// undo and redo belong to the text that is being edited, where there is one.
func (w *Window) undo() {
	if !w.inEntry(&fyne.ShortcutUndo{}) && !w.covered() {
		w.s.Editing.Undo()
	}
}

func (w *Window) redo() {
	if !w.inEntry(&fyne.ShortcutRedo{}) && !w.covered() {
		w.s.Editing.Redo()
	}
}

func (w *Window) inEntry(s fyne.Shortcut) bool {
	focused, ok := w.win.Canvas().Focused().(fyne.Shortcutable)
	if ok {
		focused.TypedShortcut(s)
	}
	return ok
}
