package project

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// workPrefix begins the names of folders in which jobs make files, temporaryEnd ends those of
// files that were not finished.
const (
	workPrefix   = ".candidate-"
	temporaryEnd = ".tmp"
)

// WorkFolder makes a folder inside the project for files that a job makes before they are
// stored. The caller calls done in the end. What a killed job leaves is removed when the project
// is opened and nobody else has it open.
func (p *Project) WorkFolder() (dir string, done func(), err error) {
	if dir, err = os.MkdirTemp(p.dir, workPrefix); err != nil {
		return "", nil, explain(p.dir, "written", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil // or at the next opening
}

// sweep removes what killed programs have left. It is called while nobody else has the project
// open, so that nothing of it can be in use. What cannot be removed stays.
func (p *Project) sweep() {
	_ = filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it is said when it is read
		case d.IsDir() && filepath.Dir(path) == p.dir && strings.HasPrefix(d.Name(), workPrefix):
			_ = os.RemoveAll(path)
			return fs.SkipDir
		case d.IsDir() && filepath.Dir(path) == p.dir &&
			d.Name() != blobsName && d.Name() != modelsName:
			return fs.SkipDir // not ours
		case d.Type().IsRegular() && strings.HasPrefix(d.Name(), ".") &&
			strings.HasSuffix(d.Name(), temporaryEnd):
			_ = os.Remove(path)
		}
		return nil
	})
}
