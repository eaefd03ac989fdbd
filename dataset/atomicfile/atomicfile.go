// Package atomicfile writes files whole or not at all. It is used for every file that a user
// would miss.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// WriteFile creates path with the content that write produces. The content goes to a temporary
// file in the same folder, which is synced and then renamed. So a crash, a full disk or an error
// of write leaves the previous file in place. The folder must exist. Who may read the file
// follows from the umask.
func WriteFile(path string, write func(io.Writer) error) error {
	return writeFile(path, 0o666, write)
}

// WritePrivate is WriteFile for a file that only its user may read, whatever the umask is.
func WritePrivate(path string, write func(io.Writer) error) error {
	return writeFile(path, 0o600, write)
}

func writeFile(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	f, err := create(path, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("cannot write %s: %w", path, err)
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err = write(buffered); err != nil {
		return err
	}
	if err = buffered.Flush(); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// EnsurePrivate makes path an empty file that only its user may read, unless there is a file,
// which must be writable.
func EnsurePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Check returns early the error with which WriteFile would fail to write path, before minutes of
// work are lost. It leaves nothing behind.
func Check(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("cannot write %s: it is a folder", path)
	}
	f, err := create(path, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// create makes the temporary file for path. Errors leave out its name, which means nothing to a
// person.
func create(path string, mode fs.FileMode) (*os.File, error) {
	var err error
	for range 100 { // os.CreateTemp would not follow the umask
		name := fmt.Sprintf(".%s.%08x.tmp", filepath.Base(path), rand.Uint32())
		var f *os.File
		f, err = os.OpenFile(filepath.Join(filepath.Dir(path), name),
			os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot write %s: its folder does not exist: %w", path, err)
	}
	return nil, fmt.Errorf("cannot write %s: %w", path, err)
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
