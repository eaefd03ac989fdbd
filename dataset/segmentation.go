package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"glasswork/dataset/annotation"
	"glasswork/dataset/archive"
	"glasswork/dataset/dicom"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/dicom/rtstruct"
	"glasswork/dataset/dicom/seg"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/npy"
	"glasswork/dataset/nrrd"
	"glasswork/dataset/series"
)

// OpenSegmentation reads annotation made elsewhere: a DICOM segmentation or structure set, or a
// label map. err is one sentence that names the file.
func OpenSegmentation(ctx context.Context, path string) (*annotation.Segmentation, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", path)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be opened: %w", path, osfile.Reason(err))
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is a device, not a file", path)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder; choose the one file with the annotation", path)
	case info.Size() == 0:
		return nil, fmt.Errorf("%s is empty", path)
	}
	return formatOf(path).annotation(ctx, path)
}

// formatOf returns the first format of annotation that accepts a file by its name. What is DICOM
// by its content is that under any name.
func formatOf(path string) format {
	all := formats()
	isDICOM := dicom.Is(path)
	i := slices.IndexFunc(all, func(f format) bool {
		return f.annotation != nil && f.is(path) && (!isDICOM || f.anyName)
	})
	return all[i] // DICOM takes every name
}

// openPackedArray reads the only label map in an NPZ file.
func openPackedArray(ctx context.Context, path string) (*annotation.Segmentation, error) {
	u, err := archive.Open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be opened: %w", path, err)
	}
	defer u.Close() // the label map is in memory
	files, _, err := list(ctx, u.Dir)
	if err != nil {
		return nil, err
	}
	var found *annotation.Segmentation
	why := errors.New("it holds no array")
	for _, file := range files {
		s, err := npy.OpenSegmentation(ctx, file)
		switch {
		case err != nil:
			why = err
		case found != nil:
			return nil, fmt.Errorf(
				"%s holds several label maps, %s and %s; save one of them as NPY",
				filepath.Base(path), filepath.Base(found.Path), filepath.Base(file),
			)
		default:
			found = s
		}
	}
	if found == nil {
		return nil, fmt.Errorf("%s holds no label map: %w", filepath.Base(path), why)
	}
	found.Path, found.Format = path, "NPZ"
	return found, nil
}

// openDICOMSegmentation reads a DICOM object. DICOM files have no reliable extension, so every
// file that no other format accepts is tried.
func openDICOMSegmentation(ctx context.Context, path string) (*annotation.Segmentation, error) {
	o, err := object.Open(path)
	switch {
	case errors.Is(err, object.ErrNotDICOM):
		return nil, fmt.Errorf("%s is not annotation that Glasswork knows; it reads DICOM "+
			"segmentations and structure sets, and label maps as NIfTI, NRRD, MetaImage, NPY "+
			"and NPZ",
			filepath.Base(path))
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	defer o.Close()
	var s *annotation.Segmentation
	switch {
	case rtstruct.Is(o.Set):
		s, err = rtstruct.Read(path, o.Set)
	case seg.Is(o.Set):
		s, err = seg.Read(ctx, path, o)
	default:
		return nil, fmt.Errorf("%s holds no annotation: it is a DICOM file of another kind",
			filepath.Base(path))
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return s, nil
}

// Annotates says whether a file holds annotation.
type Annotates int

// No: the file is a series. Maybe: it is a volume of small numbers, and only its owner can tell
// whether it is a CT. Yes: it is annotation.
const (
	No Annotates = iota
	Maybe
	Yes
)

// LooksLikeAnnotation looks into the headers of what path names.
func LooksLikeAnnotation(path string) Annotates {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return No
	}
	return formatOf(path).annotates(path)
}

func nrrdAnnotates(path string) Annotates {
	if nrrd.IsSegmentation(path) {
		return Yes
	}
	return ifGrey(nrrd.Open)(path)
}

func dicomAnnotates(path string) Annotates {
	o, err := object.ReadTags(path, seg.Tags()...)
	if err == nil && (rtstruct.Is(o) || seg.Is(o)) {
		return Yes
	}
	return No
}

// ifGrey returns Maybe for volumes whose numbers are not HU, as in masks.
func ifGrey(open func(path string) (*series.Series, error)) func(path string) Annotates {
	return func(path string) Annotates {
		s, err := open(path)
		if err != nil {
			return No
		}
		defer s.Close()
		if s.Calibrated {
			return No
		}
		return Maybe
	}
}
