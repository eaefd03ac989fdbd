// Package nifti reads and writes NIfTI-1 and NIfTI-2 volumes: CT as HU, label maps as classes or as
// named segments. Files are RAS. Grids here are LPS and axial.
package nifti

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"glasswork/dataset/classes"
	"glasswork/dataset/internal/voxels"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// image is an opened file: its header, where its voxels are, and how they are read.
type image struct {
	*header
	voxels.Image
	head   []byte // the header's bytes
	method string
}

// IsName reports whether a file name has an extension of NIfTI.
func IsName(path string) bool {
	name := strings.ToLower(path)
	for _, ext := range []string{".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}

// Open reads the header of a NIfTI file and returns its volume as a series. Voxels are read when
// they are asked for. Errors are clauses that begin with the file's name.
func Open(path string) (*series.Series, error) {
	im, err := openImage(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	_, _, scaled := im.scale()
	return im.Series("NIfTI", path, im.head, im.method != "", scaled), nil
}

// openImage reads and checks the header of path.
func openImage(path string) (*image, error) {
	head, dataPath, err := readHead(path, size2)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(head)
	if err != nil {
		return nil, err
	}
	if !h.pair {
		dataPath = path
	} else if dataPath == "" {
		return nil, errors.New("its voxels are in an .img file that is not beside it")
	}
	kind, err := kindOf(h.datatype)
	if err != nil {
		return nil, err
	}
	data, err := payload(dataPath, h.offset, h.voxels()*int64(kind.Bytes()))
	if err != nil {
		return nil, err
	}
	im := &image{header: h, head: head, Image: voxels.Image{
		Name: filepath.Base(dataPath),
		Kind: kind, Order: h.order, Data: data,
	}}
	im.Slope, im.Intercept, _ = h.scale()
	im.Layout, im.method = h.layout()
	return im, im.Ready()
}

// ReadLabels reads a mask whose values are classes. Any other value is an error, because only a
// mapping by names can say what other values mean.
func ReadLabels(ctx context.Context, path string) (*volume.LabelMap, error) {
	raw, err := ReadMask(ctx, path)
	if err != nil {
		return nil, err
	}
	for _, v := range raw.Labels {
		if err := classes.Check(v); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	return raw, nil
}

// ReadMask reads a mask of whole numbers from 0 to 255, whatever they mean.
func ReadMask(ctx context.Context, path string) (*volume.LabelMap, error) {
	im, err := openImage(path)
	if err == nil {
		defer im.Close()
		l := volume.NewLabelMap(im.Geometry)
		for z := range im.Geometry.Size[0] {
			slice := l.Slice(z)
			err = im.Each(ctx, z, func(i int, v float64) error {
				v = v*im.Slope + im.Intercept
				if v != math.Trunc(v) || v < 0 || v > 255 {
					return fmt.Errorf("it is not a mask: it holds the value %g", v)
				}
				slice[i] = uint8(v)
				return nil
			})
			if err != nil {
				break
			}
		}
		if err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
}
