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
	if archive.IsName(path) && isFile(path) && !dicom.Is(path) {
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
	files, known := byContent(files)
	files, archives := packed(files)
	skipped = append(skipped, archives...)
	for _, f := range formats() {
		if f.take == nil {
			continue
		}
		if f.anyName {
			files = append(known, files...)
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

// byContent sets those files apart whose name is of another format although they are DICOM, which
// knows no extensions: GE and old discs write IM000.IMG.
func byContent(files []string) (left, known []string) {
	for _, file := range files {
		if namedOther(file) && dicom.Is(file) {
			known = append(known, file)
		} else {
			left = append(left, file)
		}
	}
	return left, known
}

// list returns the regular files that path names: itself, those a DICOMDIR lists, or
// all below a folder, sorted. Hidden files are left out, and so are symbolic links inside the
// folder; skipped says how many.
func list(ctx context.Context, path string) (files, skipped []string, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%s does not exist", path)
	case err != nil:
		return nil, nil, fmt.Errorf("%s cannot be opened: %w", path, osfile.Reason(err))
	case info.Mode().IsRegular():
		return fromFile(ctx, path, info)
	case !info.IsDir():
		return nil, nil, fmt.Errorf("%s is neither a file nor a folder", path)
	}
	return below(ctx, path)
}

// below does the work of list for a folder, which may be a link itself.
func below(ctx context.Context, path string) (files, skipped []string, err error) {
	root, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s cannot be opened: %w", path, osfile.Reason(err))
	}
	links := 0
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		inside := file != root
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !inside:
			return fmt.Errorf("%s cannot be opened: %w", path, osfile.Reason(err))
		case err != nil:
			skipped = append(skipped, fmt.Sprintf("%s: it cannot be opened: %v.",
				filepath.Base(file), osfile.Reason(err)))
		case strings.HasPrefix(d.Name(), ".") && inside && d.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), ".") && inside:
		case d.Type()&fs.ModeSymlink != 0:
			links++
		case d.Type().IsRegular():
			files = append(files, filepath.Join(path, strings.TrimPrefix(file, root)))
		}
		return nil
	})
	if links > 0 {
		skipped = append(skipped, fmt.Sprintf("%s: %s left out; open what they lead to instead.",
			filepath.Base(path), plural(links, "symbolic link was", "symbolic links were")))
	}
	return files, skipped, err
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// fromFile does the work of list for a single file.
func fromFile(
	ctx context.Context, path string, info fs.FileInfo,
) (files, skipped []string, err error) {
	if info.Size() == 0 {
		return nil, nil, fmt.Errorf("%s is empty", path)
	}
	listed, refused, isDirectory, err := dicom.Directory(path)
	switch {
	case isDirectory && err != nil:
		return nil, nil, fmt.Errorf("%s cannot be read: %w", path, err)
	case isDirectory:
		return fromDirectory(ctx, path, listed, refused)
	}
	return []string{path}, nil, nil
}

// fromDirectory returns the files that the DICOMDIR at path lists, or all of its folder if it lists
// none that is there. A list that leaves files out is followed, and that is said.
func fromDirectory(
	ctx context.Context, path string, listed, refused []string,
) (files, skipped []string, err error) {
	all, skipped, err := below(ctx, filepath.Dir(path))
	if err != nil {
		return nil, nil, err
	}
	others := slices.DeleteFunc(all, func(file string) bool {
		return filepath.Clean(file) == filepath.Clean(path) || slices.Contains(listed, file) ||
			!dicom.Is(file)
	})
	switch {
	case len(listed) == 0 && len(others) == 0:
		return nil, nil, fmt.Errorf("%s lists no file that is there", path)
	case len(listed) == 0:
		return others, append(skipped, fmt.Sprintf("%s: it lists no file that is there; the files "+
			"of its folder were opened.", filepath.Base(path))), nil
	case len(others) > 0:
		refused = append(refused, fmt.Sprintf("%s: it does not list %s of its folder; open the "+
			"folder to see them.", filepath.Base(path), plural(len(others), "DICOM file",
			"DICOM files")))
	}
	return listed, refused, nil
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
