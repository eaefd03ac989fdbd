package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset/nifti"
	"glasswork/dataset/npy"
	"glasswork/dataset/volume"
)

// OpenSegmentation reads annotation made elsewhere: a label map as NIfTI or NPY. err is one
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
	return nil, fmt.Errorf("%s is no annotation that Glasswork knows; it reads label maps as NIfTI and NPY", filepath.Base(path))
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
		{npy.IsName, npy.OpenSegmentation},
	}
}
