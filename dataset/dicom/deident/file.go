package deident

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

// Report says what happened to the files of a folder. Its sentences name files as they were given.
// They are for the person who exports, and not part of the export.
type Report struct {
	// Written and Skipped count files. Notes are sentences about some of them: why they were left
	// out, or what a person has to check.
	Written, Skipped int
	Notes            []Note
}

// Note is a sentence that is true of Files.
type Note struct {
	Sentence string
	Files    []string
}

// String names the first file and counts the others, because a series has hundreds.
func (n Note) String() string {
	switch more := len(n.Files) - 1; {
	case more == 1:
		return fmt.Sprintf("%s and 1 more file: %s", n.Files[0], n.Sentence)
	case more > 1:
		return fmt.Sprintf("%s and %d more files: %s", n.Files[0], more, n.Sentence)
	}
	return fmt.Sprintf("%s: %s", n.Files[0], n.Sentence)
}

// File writes a copy of the file at path without identities. The copy is below dir, in a folder for
// the patient and one for the series, all with new names. It returns the path of the copy. Errors
// are clauses.
func (r *Remover) File(path, dir string) (written string, warnings []string, err error) {
	o, clean, warnings, err := r.read(path)
	if err != nil {
		return "", nil, err
	}
	defer o.Close()
	written, err = write(clean, dir)
	return written, warnings, err
}

// read opens a file and removes the identities from it. The caller closes o after writing clean.
func (r *Remover) read(path string) (o, clean *object.Object, warnings []string, err error) {
	if o, err = object.Open(path); err != nil {
		return nil, nil, nil, err
	}
	clean, warnings, err = r.Apply(o)
	if err == nil && (clean.Text(tag.PatientID) == "" || clean.Text(tag.SeriesInstanceUID) == "") {
		err = errors.New("it does not say which patient and series it belongs to")
	}
	if err != nil {
		_ = o.Close()
		return nil, nil, nil, err
	}
	return o, clean, warnings, nil
}

func write(clean *object.Object, dir string) (string, error) {
	folder := filepath.Join(dir, clean.Text(tag.PatientID), clean.Text(tag.SeriesInstanceUID))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(folder, clean.Text(tag.SOPInstanceUID)+".dcm")
	return path, clean.Write(path)
}

// Folder copies all DICOM files at or below path without identities to dir, as File does. It
// ignores files that are not DICOM and does not follow links inside a folder. It skips damaged and
// foreign files. It stops at a file that cannot be written. If progress is not nil, it is called
// with the number of files looked at.
func (r *Remover) Folder(ctx context.Context, path, dir string,
	progress func(done int),
) (Report, error) {
	f := folder{Remover: r, dir: dir, progress: progress}
	out, err := filepath.Abs(dir)
	if err != nil {
		return f.report, err
	}
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		switch abs, _ := filepath.Abs(file); {
		case err != nil:
			return fmt.Errorf("%s cannot be read: %w", file, err)
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && abs == out:
			return fs.SkipDir
		case d.IsDir() || file != path && !d.Type().IsRegular():
			return nil
		}
		return f.file(file)
	})
	return f.report, err
}

// folder holds the state of Folder.
type folder struct {
	*Remover
	dir      string
	progress func(done int)
	looked   int
	report   Report
}

func (f *folder) file(path string) error {
	f.looked++
	if f.progress != nil {
		defer f.progress(f.looked)
	}
	o, clean, warnings, err := f.read(path)
	if errors.Is(err, object.ErrNotDICOM) {
		return nil
	}
	if err != nil {
		f.report.Skipped++
		f.note(path, fmt.Sprintf("It was left out: %v.", err))
		return nil
	}
	defer o.Close()
	for _, w := range warnings {
		f.note(path, w)
	}
	if _, err := write(clean, f.dir); err != nil {
		return fmt.Errorf("%s could not be exported: %w", path, err)
	}
	f.report.Written++
	return nil
}

func (f *folder) note(path, sentence string) {
	i := slices.IndexFunc(f.report.Notes, func(n Note) bool { return n.Sentence == sentence })
	if i < 0 {
		i = len(f.report.Notes)
		f.report.Notes = append(f.report.Notes, Note{Sentence: sentence})
	}
	f.report.Notes[i].Files = append(f.report.Notes[i].Files, path)
}
