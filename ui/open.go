package ui

import (
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"glasswork/dataset/words"
)

// question asks for a path. It can be typed, because Fyne's pickers take very long in very
// large folders, or picked.
type question struct {
	title, text, hint, yes string
	files                  bool   // files can be picked too
	fileOnly               bool   // and folders cannot
	start                  string // what stands in the field at first
	extra                  fyne.CanvasObject
	check                  func(path string) error // a user's sentence; nil: anything goes
	do                     func(path string)
}

func (w *Window) ask(q question) {
	wrong := newLabel("", failure)
	var s *sheet
	path := newPathField(q.hint, func() { s.enter() }, func() { s.leave() })
	path.SetText(q.start)
	pick := container.NewHBox()
	if !q.fileOnly {
		pick.Add(newButton("Pick a folder…", func() { w.folder(path.Text, path.SetText) }))
	}
	if q.files {
		pick.Add(newButton("Pick a file…", func() { w.file(path.Text, path.SetText) }))
	}
	body := container.NewVBox(tight(paragraph(q.text)), path, pick, wrong)
	if q.extra != nil {
		body.Add(q.extra)
	}
	s = w.sheet(q.title, body, fyne.NewSize(600, 0), nil,
		answer{text: "Cancel"},
		answer{text: q.yes, safe: true, stays: true, do: func() {
			chosen := absolute(path.Text)
			if err := q.check(chosen); err != nil {
				wrong.set(words.UpperFirst(err.Error()))
				return
			}
			s.close()
			q.do(chosen)
		}})
	w.win.Canvas().Focus(path)
	path.TypedShortcut(&fyne.ShortcutSelectAll{}) // typing replaces what was there
}

// absolute is a path as typed, with ~ and blanks around it resolved.
func absolute(typed string) string {
	path := strings.Trim(strings.TrimSpace(typed), `"'`)
	path = strings.TrimPrefix(path, "file://")
	if path == "" {
		return ""
	}
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || rest[0] == '/') {
		if home, err := os.UserHomeDir(); err == nil {
			path = home + rest
		}
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// folder lets a folder be picked, beginning where a path points to.
func (w *Window) folder(near string, do func(path string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if w.picked(err) && u != nil {
			do(u.Path())
		}
	}, w.win)
	w.begin(d, near)
}

// file lets a file be picked.
func (w *Window) file(near string, do func(path string)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if w.picked(err) && r != nil {
			do(r.URI().Path())
			_ = r.Close() // only its name is wanted
		}
	}, w.win)
	w.begin(d, near)
}

func (w *Window) begin(d *dialog.FileDialog, near string) {
	dir := absolute(near)
	if info, err := os.Stat(dir); dir != "" && (err != nil || !info.IsDir()) {
		dir = filepath.Dir(dir)
	}
	if dir != "" {
		if u, err := storage.ListerForURI(storage.NewFileURI(dir)); err == nil {
			d.SetLocation(u)
		}
	}
	d.Resize(fit(fyne.NewSize(900, 640), w.win.Canvas().Size()))
	w.picker = d
	d.SetOnClosed(func() { w.picker = nil })
	d.Show()
}

// picked tells of a picker that failed.
func (w *Window) picked(err error) bool {
	if err != nil {
		w.s.Messages.Toast("That could not be picked: " + err.Error())
	}
	return err == nil
}
