package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrTouched is returned for a proposal or an import for a slice that a person has corrected
	// or reviewed. All of it is refused.
	ErrTouched = errors.New("a person has corrected or reviewed this slice, which neither a " +
		"proposal nor an import replaces")
	// ErrOvertaken is returned for a change of labels that another window or program has changed
	// in the meantime. Nothing of it is written.
	ErrOvertaken = errors.New("another window or program has changed this study in the meantime")
	// ErrPinned is returned if a patient can no longer be held out or trained on as asked.
	ErrPinned = errors.New("who is held out is fixed once a patient was trained on or scored")
	// ErrNameTaken is returned for a model that would have the name of another one.
	ErrNameTaken = errors.New("another model of this project has this name")
	// ErrNotFound is returned for a study, revision, model or blob that the project does not
	// have.
	ErrNotFound = errors.New("not in this project")
	// ErrDamaged is returned for content that differs from what was stored.
	ErrDamaged = errors.New("damaged")

	errNewer  = errors.New("it was made by a newer Glasswork; update this one")
	errSchema = errors.New("its project.db does not hold the tables of a project, or others " +
		"besides; bring that file back from a copy, the other files are untouched")
	errForeign = errors.New("its project.db belongs to another program; choose another folder")
)

// explain makes err one sentence that says what could not be done (opened, written, …)
// with the project in dir, and what to do. It keeps err for errors.Is.
func explain(dir, what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	if _, gone := os.Stat(dir); errors.Is(gone, fs.ErrNotExist) {
		return &Error{Dir: dir, Err: err, Advice: fmt.Sprintf("the project folder %s has moved or "+
			"is disconnected; bring it back, or close this window and open the project where "+
			"it is now", dir)}
	}
	return &Error{Dir: dir, Advice: fmt.Sprintf("the project %s could not be %s: %s", dir, what,
		reason(err)), Err: err}
}

// Error is a failure of the project's folder: one sentence for the user, the cause for the log.
type Error struct {
	Dir    string
	Advice string
	Err    error
}

func (e *Error) Error() string { return e.Advice }
func (e *Error) Unwrap() error { return e.Err }

func reason(err error) string {
	switch code := resultCode(err); {
	case errors.Is(err, syscall.ENOSPC), code == sqlite3.SQLITE_FULL:
		return "the disk is full; free some space and try again, everything up to here is stored"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS),
		code == sqlite3.SQLITE_READONLY, code == sqlite3.SQLITE_PERM:
		return "its folder may not be written; change its permissions or copy it to a folder of " +
			"yours"
	case code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB:
		return "its project.db is damaged; bring that file back from a copy, the other files are " +
			"untouched"
	case code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED:
		return "another program keeps it locked; close that program and try again"
	case code == sqlite3.SQLITE_CANTOPEN:
		return "its project.db cannot be opened; check that it is a readable file"
	case code == sqlite3.SQLITE_IOERR:
		return "the disk reports an error; check the disk and try again"
	}
	return err.Error()
}

// resultCode is SQLite's primary result code of err, or 0.
func resultCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

func isBusy(err error) bool { return resultCode(err) == sqlite3.SQLITE_BUSY }
