// Package dataset opens whatever a user may point at: CT series, and annotation made elsewhere.
package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/archive"
	"glasswork/dataset/dicom"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/series"
)

// Open lists every series that path holds: a DICOM folder (any nesting), file or DICOMDIR,
// NIfTI, NRRD, MetaImage, TIFF, NPY, a picture or a folder of pictures. Headers are read, voxels
// are not. skipped says in one sentence per file, or per group of files that share a reason, why
// they are not offered. err is a sentence for the user when nothing can be opened; Close every
// series.
func Open(ctx context.Context, path string) (series []*series.Series, skipped []string, err error) {
	if archive.IsName(path) && isFile(path) {
		return openArchive(ctx, path)
	}
	return openFiles(ctx, path)
}

// openFiles opens what is not packed.
func openFiles(
	ctx context.Context, path string,
) (series []*series.Series, skipped []string, err error) {
	files, skipped, err := list(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	files, archives := packed(files)
	skipped = append(skipped, archives...)
	for _, f := range formats() {
		if f.take == nil {
			continue
		}
		found, err := f.take(ctx, path, files)
		if err != nil {
			closeAll(series)
			return nil, nil, err
		}
		series = append(series, found.series...)
		skipped = append(skipped, found.skipped...)
		files = found.left
	}
	if len(series) > 0 {
		return series, skipped, nil
	}
	return nil, skipped, nothing(path, files, skipped)
}

// list returns the regular files that path names: itself, those a DICOMDIR lists, or
// all below a folder, sorted. Hidden files and symbolic links are left out.
func list(ctx context.Context, path string) (files, skipped []string, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%s does not exist", path)
	case err != nil:
		return nil, nil, fmt.Errorf("%s cannot be opened: %w", path, osfile.Reason(err))
	case info.Mode().IsRegular():
		return fromFile(path, info)
	case !info.IsDir():
		return nil, nil, fmt.Errorf("%s is neither a file nor a folder", path)
	}
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if file == path {
				return fmt.Errorf("%s cannot be opened: %w", path, osfile.Reason(err))
			}
			skipped = append(skipped, fmt.Sprintf("%s: it cannot be opened: %v.",
				filepath.Base(file), osfile.Reason(err)))
			return nil
		case strings.HasPrefix(d.Name(), ".") && file != path && d.IsDir():
			return fs.SkipDir
		case d.Type().IsRegular() && !strings.HasPrefix(d.Name(), "."):
			files = append(files, file)
		}
		return nil
	})
	return files, skipped, err
}

// fromFile does the work of list for a single file.
func fromFile(path string, info fs.FileInfo) (files, skipped []string, err error) {
	if info.Size() == 0 {
		return nil, nil, fmt.Errorf("%s is empty", path)
	}
	listed, refused, isDirectory, err := dicom.Directory(path)
	switch {
	case isDirectory && err != nil:
		return nil, nil, fmt.Errorf("%s cannot be read: %w", path, err)
	case isDirectory && len(listed) == 0:
		return nil, nil, fmt.Errorf("%s lists no file that is there; open the folder instead", path)
	case isDirectory:
		return listed, refused, nil
	}
	return []string{path}, nil, nil
}

// nothing says why nothing at path can be opened.
func nothing(path string, left, skipped []string) error {
	switch {
	case len(skipped) == 1:
		return fmt.Errorf("cannot open %s: %s", path, strings.TrimSuffix(skipped[0], "."))
	case len(skipped) > 1:
		return fmt.Errorf("%s holds no CT that can be opened; the first of %d reasons: %s", path,
			len(skipped), strings.TrimSuffix(skipped[0], "."))
	case len(left) == 1 && left[0] == path:
		return fmt.Errorf("%s is not a kind of file that Glasswork opens; it opens %s",
			path, opened("and"))
	}
	return fmt.Errorf("%s holds no %s file", path, opened("or"))
}

// sentence is an error as one sentence.
func sentence(err error) string { return strings.TrimSuffix(err.Error(), ".") + "." }

func closeAll(series []*series.Series) {
	for s := range slices.Values(series) {
		_ = s.Close() // nothing was read through it yet
	}
}
