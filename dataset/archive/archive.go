// Package archive unpacks a zip file and keeps the files as long as something in it is read.
// Nothing in a zip is trusted: neither the paths of its entries nor the sizes that they claim.
//
// Formats read files, and they read slices in any order. So entries become files in a folder below
// the system's temporary files. Only this user may read that folder. It is removed when the archive
// is closed.
package archive

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"glasswork/dataset/internal/osfile"
)

const (
	// maxRatio is the largest number of bytes that one byte of deflated data can become.
	maxRatio = 1032
	// usualRatio and usualSpare bound what a whole archive may unpack to. Images shrink to a
	// quarter and labels to a hundredth. Only bombs shrink further.
	usualRatio, usualSpare = 200, 64 << 20
	// maxDirectory bounds the bytes of the table of contents. It has room for 70,000 files with
	// names of usual length, whose entries take 45 MiB of memory.
	maxDirectory = 8 << 20
	encrypted    = 1 // of an entry's flags (APPNOTE 4.4.4)
)

// Unpacked holds the files of an archive while it is open.
type Unpacked struct {
	// Dir is the folder that holds them. It has the name of the archive.
	Dir string
	// Skipped holds one sentence for each entry that is missing, and why.
	Skipped []string

	temporary string // the folder around Dir
}

// IsName reports whether a file name has the extension of a zip archive. NPZ files are zip archives
// too.
func IsName(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".zip" || ext == ".npz"
}

// Close removes the files.
func (u *Unpacked) Close() error { return os.RemoveAll(u.temporary) }

// Open unpacks the zip file at path. Errors are clauses without its name.
func Open(ctx context.Context, path string) (*Unpacked, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	contents, err := readContents(f, size)
	if err != nil {
		return nil, err
	}
	if err := checkTotals(contents, size); err != nil {
		return nil, err
	}
	removeStale()
	u := &Unpacked{}
	if err := u.makeDir(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))); err != nil {
		return nil, fmt.Errorf("there is no room to unpack it: %w", plain(err))
	}
	if err := u.unpack(ctx, contents); err != nil {
		_ = u.Close() // the user must see the first error, not this one
		return nil, err
	}
	return u, nil
}

// errContents stops the reading of a table of contents that is too long.
var errContents = fmt.Errorf(
	"its table of contents is larger than %d MiB; no study has that many files", maxDirectory>>20,
)

// bounded reads at most left bytes in total.
type bounded struct {
	io.ReaderAt
	left atomic.Int64
}

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	if b.left.Add(-int64(len(p))) < 0 {
		return 0, errContents
	}
	return b.ReaderAt.ReadAt(p, off)
}

// readContents reads the table of contents of the archive src of size bytes.
func readContents(src io.ReaderAt, size int64) ([]*zip.File, error) {
	b := &bounded{ReaderAt: src}
	b.left.Store(maxDirectory)
	z, err := zip.NewReader(b, size)
	switch {
	case errors.Is(err, errContents):
		return nil, errContents
	case err != nil:
		return nil, errors.New("it is not a zip archive, or it is damaged or cut short")
	}
	b.left.Store(math.MaxInt64)
	return z.File, nil
}

// checkTotals refuses an archive if its entries overlap or would unpack to far more than images do.
func checkTotals(files []*zip.File, size int64) error {
	var packed, whole uint64
	for _, f := range files {
		if f.CompressedSize64 > uint64(size) || f.UncompressedSize64 > maxRatio*f.CompressedSize64 {
			return fmt.Errorf("its entry %s says that it is larger than it can be", quoted(f.Name))
		}
		packed += f.CompressedSize64
		whole += f.UncompressedSize64
	}
	switch limit := usualRatio*uint64(size) + usualSpare; {
	case packed > uint64(size):
		return errors.New(
			"its entries share their data, as those of a zip bomb do; it was not unpacked",
		)
	case whole > limit:
		return fmt.Errorf(
			"its %.1f MB would unpack to %.0f MB, as a zip bomb does; it was not unpacked",
			float64(size)/1e6, float64(whole)/1e6,
		)
	}
	return nil
}

// makeDir makes the folder for an archive that is called name.
func (u *Unpacked) makeDir(name string) (err error) {
	if u.temporary, err = os.MkdirTemp("", fmt.Sprintf(prefix+"%d-*", os.Getpid())); err != nil {
		return err
	}
	if name = strings.TrimSpace(name); !filepath.IsLocal(name) || filepath.Base(name) != name {
		name = "archive"
	}
	u.Dir = filepath.Join(u.temporary, name)
	if err := os.Mkdir(u.Dir, 0o700); err != nil {
		_ = os.Remove(u.temporary) // it is empty
		return err
	}
	return nil
}

// unpack writes the entries that pass check into u.Dir, on all cores.
func (u *Unpacked) unpack(ctx context.Context, files []*zip.File) error {
	root, err := os.OpenRoot(u.Dir)
	if err != nil {
		return fmt.Errorf("there is no room to unpack it: %w", plain(err))
	}
	defer root.Close()
	refused := make([]error, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range files {
		if f.FileInfo().IsDir() {
			continue
		}
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := unpackOne(ctx, root, f)
			var full *fullError
			if errors.As(err, &full) || ctx.Err() != nil {
				return err
			}
			refused[i] = err
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, err := range refused {
		if err != nil {
			u.Skipped = append(u.Skipped, fmt.Sprintf("%s: %v.", quoted(files[i].Name), err))
		}
	}
	return nil
}

// fullError says that nothing can be written. The entry is not at fault.
type fullError struct{ err error }

func (e *fullError) Error() string {
	return fmt.Sprintf("there is no room to unpack it: %v", e.err)
}
func (e *fullError) Unwrap() error { return e.err }

// check returns why an entry is not unpacked, or nil.
func check(f *zip.File) error {
	name := strings.ReplaceAll(f.Name, `\`, "/")
	switch {
	case !filepath.IsLocal(filepath.FromSlash(name)) ||
		slices.Contains(strings.Split(name, "/"), ".."):
		return errors.New("its path leads outside the archive's folder")
	case f.Mode()&fs.ModeType != 0:
		return errors.New("it is a link or device, not a file")
	case f.Flags&encrypted != 0:
		return errors.New("it is encrypted; unpack the archive with its password first")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("it is compressed by method %d, which cannot be unpacked; only stored "+
			"and deflated entries can", f.Method)
	case strings.EqualFold(path.Ext(name), ".zip"):
		return errors.New("it is an archive inside an archive; unpack the outer one first")
	}
	return nil
}

// unpackOne writes one entry below root.
func unpackOne(ctx context.Context, root *os.Root, f *zip.File) error {
	if err := check(f); err != nil {
		return err
	}
	src, err := f.Open()
	if err != nil {
		return fmt.Errorf("it is damaged: %w", err)
	}
	defer src.Close()
	name := filepath.FromSlash(path.Clean(strings.ReplaceAll(f.Name, `\`, "/")))
	dst, err := create(root, name)
	if err != nil {
		return err
	}
	err = copyEntry(ctx, dst, src)
	if closing := dst.Close(); err == nil && closing != nil {
		err = &fullError{plain(closing)}
	}
	if err == nil { // some formats are recognised by it
		err = root.Chtimes(name, f.Modified, f.Modified)
	}
	if err != nil {
		_ = root.Remove(name) // half a file is useless
	}
	return err
}

// create makes a new file below root, and the folders that lead to it.
func create(root *os.Root, name string) (*os.File, error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, fmt.Errorf("it cannot be unpacked: %w", plain(err))
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, errors.New("it is in the archive twice; the first was used")
	case err != nil:
		return nil, fmt.Errorf("it cannot be unpacked: %w", plain(err))
	}
	return f, nil
}

// copyEntry copies an entry. The library stops an entry that is longer than it claims.
func copyEntry(ctx context.Context, dst io.Writer, src io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := src.Read(buf)
		if _, err := dst.Write(buf[:n]); err != nil {
			return &fullError{plain(err)}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("it is damaged or larger than it says: %w", err)
		}
	}
}

// plain returns the system's description of what went wrong, without a path.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// quoted returns an entry's name, shortened for a sentence and on one line.
func quoted(name string) string { return fmt.Sprintf("%.100q", name) }
