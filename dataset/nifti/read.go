// Package nifti reads and writes NIfTI-1 and NIfTI-2 volumes: CT as HU, label maps as
// classes. Files are RAS; grids here are LPS and axial.
package nifti

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"glasswork/dataset/volume"
)

// image is an opened file: its header, where its voxels stand and how they are read.
type image struct {
	*header
	layout
	dataType
	method string
	data   *payload
}

// IsName says whether a file name is one of NIfTI's.
func IsName(path string) bool {
	name := strings.ToLower(path)
	for _, ext := range []string{".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}

// Open reads the header of a NIfTI file and returns the volume it holds as a series;
// voxels are read when asked for. Errors are clauses that begin with the file's name.
func Open(path string) (*volume.Series, error) {
	im, err := openImage(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	s := &volume.Series{
		ID: im.identity(), Format: "NIfTI", Path: path, Files: []string{path}, Modality: "CT",
		Description: strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".gz"), ".nii"),
		Geometry:    im.geometry, Thickness: im.geometry.Spacing()[0],
		Calibrated: true, Measurable: true, Source: &source{im: im},
	}
	im.warn(s)
	return s, nil
}

// warn says what the file leaves open.
func (im *image) warn(s *volume.Series) {
	name := filepath.Base(s.Path)
	if im.method == "" {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s does not say how the patient lies; left and right may be exchanged and slices may not be axial.", name))
	}
	if im.greyLevels() {
		s.Calibrated = false
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s holds 8-bit grey values, not HU; they are shown in an assumed lung window, so nothing can be measured by HU.", name))
	} else if im.code == 16 || im.code == 64 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s holds floating-point values without a unit; they are taken as HU and rounded to whole HU.", name))
	}
}

// greyLevels says whether the voxels are 8-bit numbers that no scale turns into HU.
func (im *image) greyLevels() bool {
	_, _, scaled := im.scale()
	return im.code == 2 && !scaled
}

// identity hashes the header and the voxels' place; it stays the same when the file is moved.
func (im *image) identity() string {
	sum := sha256.Sum256(fmt.Appendf(im.data.head, "|%d", im.data.size))
	return hex.EncodeToString(sum[:])
}

// openImage reads and checks the header of path.
func openImage(path string) (*image, error) {
	head, dataPath, err := readHead(path)
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
	t, err := typeOf(h.datatype, h.order)
	if err != nil {
		return nil, err
	}
	data, err := newPayload(dataPath, h.offset, h.voxels()*int64(t.size))
	if err != nil {
		return nil, err
	}
	data.head = head
	im := &image{header: h, dataType: t, data: data}
	im.layout, im.method = h.axialLayout()
	if err := im.geometry.Validate(); err != nil {
		return nil, err
	}
	if im.span() > 4*int64(im.geometry.SliceVoxels()) {
		data.stream = true // an axial slice is strewn over the file
	}
	return im, nil
}

// span is how many voxels of the file lie from the first to the last of an axial slice.
func (im *image) span() int64 {
	reach := func(axis int) int64 {
		return int64(im.geometry.Size[axis]-1) * max(im.stride[axis], -im.stride[axis])
	}
	return 1 + reach(1) + reach(2)
}

// source reads slices of an image.
type source struct{ im *image }

// ReadSlice fills hu ([y,x]) with slice z in HU, rounded and clamped to int16.
func (s *source) ReadSlice(ctx context.Context, z int, hu []int16) error {
	im := s.im
	if z < 0 || z >= im.geometry.Size[0] || len(hu) != im.geometry.SliceVoxels() {
		return fmt.Errorf("slice %d of a volume of %d was asked for", z+1, im.geometry.Size[0])
	}
	slope, inter, _ := im.scale()
	if im.greyLevels() {
		slope, inter = volume.AssumedScale()
	}
	var err error
	if im.code == 4 && im.order == binary.LittleEndian && slope == 1 && inter == 0 { // nearly every CT
		err = im.rows(ctx, z, func(y int, row []byte, at, step int64) error {
			line := hu[y*im.geometry.Size[2]:][:im.geometry.Size[2]]
			for x := range line {
				line[x] = int16(binary.LittleEndian.Uint16(row[at:]))
				at += step
			}
			return nil
		})
	} else {
		err = im.each(ctx, z, func(i int, v float64) error {
			hu[i] = toHU(v*slope + inter)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(im.data.path), err)
	}
	return nil
}

func (s *source) Close() error { return s.im.data.close() }

// toHU rounds and clamps; what is no number is air.
func toHU(v float64) int16 {
	if math.IsNaN(v) {
		return -1024
	}
	return int16(math.Round(min(max(v, math.MinInt16), math.MaxInt16)))
}

// each calls visit for the stored value of every voxel of slice z, i counting [y,x].
func (im *image) each(ctx context.Context, z int, visit func(i int, v float64) error) error {
	w := im.geometry.Size[2]
	return im.rows(ctx, z, func(y int, b []byte, at, step int64) error {
		for i := y * w; i < (y+1)*w; i++ {
			if err := visit(i, im.value(b[at:])); err != nil {
				return err
			}
			at += step
		}
		return nil
	})
}

// rows calls visit for every row of slice z: its first voxel stands at b[at:], the next
// step bytes on, which may be backwards.
func (im *image) rows(ctx context.Context, z int, visit func(y int, b []byte, at, step int64) error) error {
	first := im.origin + int64(z)*im.stride[0]
	low, high := first, first // the numbers of the outermost voxels of the slice
	for axis := 1; axis <= 2; axis++ {
		if reach := int64(im.geometry.Size[axis]-1) * im.stride[axis]; reach < 0 {
			low += reach
		} else {
			high += reach
		}
	}
	size := int64(im.size)
	return im.data.use(ctx, low*size, (high+1-low)*size, func(b []byte) error {
		for y := range im.geometry.Size[1] {
			at := (first - low + int64(y)*im.stride[1]) * size
			if err := visit(y, b, at, im.stride[2]*size); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadLabels reads a mask whose values are classes. Any other value is an error, since
// a mask with other classes must be mapped by its owner's names.
func ReadLabels(ctx context.Context, path string) (*volume.LabelMap, error) {
	raw, err := ReadMask(ctx, path)
	if err != nil {
		return nil, err
	}
	for _, v := range raw.Labels {
		if v >= volume.NumClasses {
			return nil, fmt.Errorf("%s: it holds the label %d; Glasswork knows 0 background, 1 ground glass, 2 consolidation and 3 lungs other", filepath.Base(path), v)
		}
	}
	return raw, nil
}

// ReadMask reads a mask of whole numbers from 0 to 255, whatever they mean.
func ReadMask(ctx context.Context, path string) (*volume.LabelMap, error) {
	im, err := openImage(path)
	if err == nil {
		defer im.data.close()
		l := volume.NewLabelMap(im.geometry)
		slope, inter, _ := im.scale()
		for z := range im.geometry.Size[0] {
			slice := l.Slice(z)
			err = im.each(ctx, z, func(i int, v float64) error {
				v = v*slope + inter
				if v != math.Trunc(v) || v < 0 || v > 255 {
					return fmt.Errorf("it is no mask: it holds the value %g", v)
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
