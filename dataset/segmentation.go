package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/dicom/rtstruct"
	"glasswork/dataset/metaimage"
	"glasswork/dataset/nifti"
	"glasswork/dataset/npy"
	"glasswork/dataset/nrrd"
	"glasswork/dataset/volume"
)

// OpenSegmentation reads annotation made elsewhere: a DICOM structure set, or a label map. err is one
// sentence that names the file.
func OpenSegmentation(ctx context.Context, path string) (*volume.Segmentation, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", path)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be opened: %w", path, reason(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file; annotation is read from one file", path)
	case info.Size() == 0:
		return nil, fmt.Errorf("%s is empty", path)
	}
	for _, f := range segmentationFormats() {
		if f.is(path) {
			return f.open(ctx, path)
		}
	}
	return openDICOMSegmentation(ctx, path)
}

// openDICOMSegmentation reads an annotation that is a DICOM object: such files have no sure
// extension, so that everything is looked into which no other format takes.
func openDICOMSegmentation(_ context.Context, path string) (*volume.Segmentation, error) {
	o, err := object.Read(path)
	switch {
	case errors.Is(err, object.ErrNotDICOM):
		return nil, fmt.Errorf("%s is no annotation that Glasswork knows; it reads DICOM structure sets, and label maps as NIfTI, NRRD, MetaImage and NPY", filepath.Base(path))
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	case rtstruct.Is(o):
		return rtstruct.Read(path)
	}
	return nil, fmt.Errorf("%s holds no annotation: it is a DICOM file of another kind", filepath.Base(path))
}

// IsSegmentation says whether a file is nothing but annotation, by its name: such a file is
// meant for the study that is open.
func IsSegmentation(path string) bool {
	return strings.Contains(strings.ToLower(filepath.Base(path)), ".seg.")
}

// segmentationFormat is one kind of file that annotation comes in.
type segmentationFormat struct {
	is   func(path string) bool
	open func(ctx context.Context, path string) (*volume.Segmentation, error)
}

// segmentationFormats are asked in this order.
func segmentationFormats() []segmentationFormat {
	return []segmentationFormat{
		{nifti.IsName, nifti.OpenSegmentation},
		{nrrd.IsName, nrrd.OpenSegmentation},
		{metaimage.IsName, metaimage.OpenSegmentation},
		{npy.IsName, npy.OpenSegmentation},
	}
}
