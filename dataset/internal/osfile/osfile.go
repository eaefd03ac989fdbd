// Package osfile opens what is to be read, for the packages of one file format each:
// their callers name the file, so that errors here do not.
package osfile

import (
	"errors"
	"fmt"
	"os"
)

// Open opens a file for reading and says how many bytes it has. Errors are clauses
// without the file's name.
func Open(path string) (f *os.File, size int64, err error) {
	if f, err = os.Open(path); err != nil {
		return nil, 0, Plain(err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, Plain(err)
	}
	return f, info.Size(), nil
}

// Plain says what the system refused without repeating the path.
func Plain(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("it could not be opened: %w", pe.Err)
	}
	return err
}

// Reason is the system's word for what went wrong, without the path.
func Reason(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
