package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"fyne.io/fyne/v2/container"

	"glasswork/dataset/export"
	"glasswork/ui/session"
)

// askOpen asks what to open.
func (w *Window) askOpen() {
	w.ask(question{
		title: "Open", text: "A folder with DICOM files or pictures, a DICOM file, a DICOMDIR, a " +
			"zip file, NIfTI, NRRD, MetaImage or NPY. You can also drop it onto the window.",
		hint: "Path of a folder or file", yes: "Open", files: true, check: isThere,
		do: w.openPath,
	})
}

// askImport asks for annotation made elsewhere.
func (w *Window) askImport() {
	study, _ := w.s.Reading.Study()
	again := newCheck("Ask about every segment, even one that is already known", nil)
	w.ask(question{
		title: "Import annotation into " + study.Alias,
		text: "A DICOM segmentation or structure set, or a label map: NIfTI, NRRD (3D " +
			"Slicer's too), MetaImage or NPY. You can also drop it onto the window.",
		hint: "Path of a file", yes: "Import", files: true, fileOnly: true, extra: again,
		check: isThere,
		do:    func(path string) { w.s.Importing.Import(path, again.Checked) },
	})
}

func (w *Window) pickFolder() { w.folder("", w.openPath) }
func (w *Window) pickFile()   { w.file("", w.openPath) }

// openPath opens what the user has named, and remembers it for the menu.
func (w *Window) openPath(path string) {
	w.opened(path)
	w.s.Opening.Open(path)
}

// recentItems are the paths that were opened last, for the menu.
func (w *Window) recentItems() (all []*command) {
	for _, path := range w.recent() {
		all = append(all, &command{title: path, do: func() { w.openPath(path) }})
	}
	return all
}

// isThere refuses what cannot be opened because it is not there.
func isThere(path string) error {
	if path == "" {
		return errors.New("type or pick a path")
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is nothing at %s", path)
	}
	return nil
}

// isFolder refuses what is there and is no folder.
func isFolder(path string) error {
	if path == "" {
		return errors.New("type or pick a folder")
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file; name a folder", path)
	}
	return nil
}

// askExport asks where the corrected dataset is to be written, and how.
func (w *Window) askExport() {
	formats := export.Formats()
	var names []string
	for _, f := range formats {
		names = append(names, f.Name)
	}
	identity := newChoice([]string{
		"Without identities, with copies of the images",
		"With the patient's identity, for the hospital's archive",
	}, nil)
	identity.SetSelectedIndex(0)
	format := newChoice(names, nil)
	format.OnChanged = func(string) {
		show(identity, formats[format.SelectedIndex()].DICOM)
	}
	prefs := w.app.Preferences()
	format.SetSelectedIndex(max(slices.IndexFunc(formats, func(f export.Format) bool {
		return f.ID == prefs.String(prefExportFormat)
	}), 0))
	slice := newChoice([]string{"Only reviewed slices", "All slices"}, nil)
	slice.SetSelectedIndex(0)
	which := newChoice([]string{"All studies of the project"}, nil)
	open, reading := w.s.Reading.Study()
	if reading {
		which.Options = append(which.Options, "Only "+open.Alias)
	}
	which.SetSelectedIndex(0)
	w.ask(question{
		title: "Export the corrected dataset",
		text:  "Studies are written into this folder as they were last saved.",
		hint:  "Folder", yes: "Export", check: isFolder, start: prefs.String(prefExportFolder),
		extra: container.NewVBox(which, format, slice, identity),
		do: func(dir string) {
			f := formats[format.SelectedIndex()]
			prefs.SetString(prefExportFolder, dir)
			prefs.SetString(prefExportFormat, f.ID)
			var ids []string
			if which.SelectedIndex() == 1 {
				ids = []string{open.ID}
			}
			w.s.Exporting.Export(dir, export.Options{
				Format: f.ID, OnlyReviewed: slice.SelectedIndex() == 0,
				Identified: identity.SelectedIndex() == 1,
			}, ids...)
		},
	})
}

// askProject asks for another project, and changes to it.
func (w *Window) askProject() {
	if w.open == nil {
		w.s.Messages.Toast("This window has one project only.")
		return
	}
	w.ask(question{
		title: "New or open project",
		text: "A project is a folder with studies, corrections and models. Name one, or an " +
			"empty folder for a new one. Open now: " + w.s.ProjectDir(),
		hint: "Project folder", yes: "Open", check: isFolder, do: w.askSwitch,
	})
}

// askSwitch asks before a job would be lost.
func (w *Window) askSwitch(dir string) {
	if text, ok := w.s.Jobs.MayClose(); !ok {
		w.sheet("Another project", paragraph(text), questionSize, nil,
			answer{text: "Close it anyway", do: func() { w.switchTo(dir) }},
			answer{text: "Stay here", safe: true})
		return
	}
	w.switchTo(dir)
}

// switchTo opens a project in the background and shows it once it is open.
func (w *Window) switchTo(dir string) {
	ctx, cancel := context.WithCancel(context.Background())
	if w.switching != nil {
		w.switching()
	}
	w.switching = cancel
	w.s.Messages.Toast("Opening the project " + dir)
	w.work.Go(func() {
		s, err := w.open(ctx, dir)
		w.post(func() { w.switched(ctx, dir, s, err) })
	})
}

// switched shows the project that was opened, and closes the one before it.
func (w *Window) switched(ctx context.Context, dir string, s *session.Session, err error) {
	switch {
	case err != nil && ctx.Err() == nil:
		w.fail("The project in " + dir + " was not opened: " + err.Error())
	case err != nil:
	case ctx.Err() != nil || w.closing:
		w.work.Go(func() { _ = s.Close() }) // nothing was done in it
	default:
		old := w.s
		w.release()
		w.show(s)
		w.work.Go(func() {
			if err := old.Close(); err != nil {
				w.post(func() {
					w.fail("The project before was not closed cleanly: " + err.Error())
				})
			}
		})
	}
}

// fail tells of a failure that is not the session's.
func (w *Window) fail(text string) {
	w.banners.show(text, banner{text: text, color: failure, replies: []reply{{text: "OK"}}})
}
