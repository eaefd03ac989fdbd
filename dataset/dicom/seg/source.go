package seg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// Source is the DICOM series of a segmentation: where each of its images lies, and what the
// segmentation copies from it.
type Source struct {
	grid volume.Geometry
	// at holds the image of each slice of the grid. It is nil where the series has no image.
	at []*sourceImage
	// all holds the images by position along the normal.
	all []*sourceImage
	// head is the header of the first image.
	head object.Set
}

// sourceImage is one slice of a source.
type sourceImage struct {
	plane
	class, instance string
	of              int // its frame, or 0 in files with one image
	rows, columns   int
	path            string
}

// ReadSource reads the headers of a series' files. grid is the grid on which the series is opened
// (series.Series.Geometry), as acquired or resampled. Errors name the file.
func ReadSource(ctx context.Context, files []string, grid volume.Geometry) (*Source, error) {
	s := &Source{grid: grid, at: make([]*sourceImage, grid.Size[0])}
	var all []*sourceImage
	for _, path := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o, err := object.Read(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", baseName(path), err)
		}
		if s.head.Elements == nil {
			s.head = o.Set
		}
		all = append(all, imagesOf(o, path)...)
	}
	if len(all) == 0 {
		return nil, errors.New("the series has no files")
	}
	return s, s.place(all)
}

// imagesOf lists the images of one file: one, or the frames of a multi-frame object.
func imagesOf(o *object.Object, path string) []*sourceImage {
	per := o.Items(tag.PerFrameFunctionalGroupsSequence)
	one := sourceImage{
		class: o.Text(tag.SOPClassUID), instance: o.Text(tag.SOPInstanceUID), path: path,
		rows: o.Int(tag.Rows, 0), columns: o.Int(tag.Columns, 0),
	}
	if len(per) == 0 {
		one.plane = groups{object: o.Set}.plane()
		one.gap, one.thickness = positive(o.Floats(tag.SpacingBetweenSlices)),
			positive(o.Floats(tag.SliceThickness))
		return []*sourceImage{&one}
	}
	shared := o.Item(tag.SharedFunctionalGroupsSequence)
	out := make([]*sourceImage, 0, len(per))
	for i, own := range per {
		frame := one
		frame.plane, frame.of = groups{own: own, shared: shared}.plane(), i+1
		out = append(out, &frame)
	}
	return out
}

// place finds the slice of each image. If there are as many images as slices and they span the
// grid, they are assigned in their order along the normal, so that unevenly spaced images find
// their slices. Otherwise they are assigned by position. A straight grid onto which a series was
// resampled may have slices without an image, or no slice with one.
func (s *Source) place(all []*sourceImage) error {
	n := s.grid.Normal()
	if all[0].placed {
		slices.SortStableFunc(all, func(a, b *sourceImage) int {
			return cmp.Compare(a.position.Dot(n), b.position.Dot(n))
		})
	}
	s.all = all
	if len(all) == len(s.at) && s.spans(all) {
		copy(s.at, all)
	}
	alike := 0
	for _, im := range all {
		if z, ok := s.sliceOf(im); ok && s.at[z] == nil {
			s.at[z] = im
		}
		if s.contains(im) {
			alike++
		}
	}
	for z, im := range s.at {
		if im != nil && (im.rows != s.grid.Size[1] || im.columns != s.grid.Size[2]) {
			return fmt.Errorf("%s has %d × %d pixels, the study's slices have %d × %d",
				baseName(im.path), im.columns, im.rows, s.grid.Size[2], s.grid.Size[1])
		}
		if im != nil && im.placed && im.oriented && !s.contains(im) {
			return fmt.Errorf("%s does not lie on slice %d of the study", baseName(im.path), z+1)
		}
	}
	if alike == 0 && slices.IndexFunc(s.at, func(im *sourceImage) bool { return im != nil }) < 0 {
		return errors.New("none of the series' images lies on a slice of the study")
	}
	return nil
}

// spans reports whether sorted images begin and end where the grid does, as far as they state their
// positions.
func (s *Source) spans(sorted []*sourceImage) bool {
	for _, z := range []int{0, len(sorted) - 1} {
		if im := sorted[z]; im.placed {
			off := im.position.Sub(s.grid.ToMM(float64(z), 0, 0))
			if off.Length() > 0.1 {
				return false
			}
		}
	}
	return true
}

// sliceOf returns the slice of the grid on which an image lies, to within half a pixel.
func (s *Source) sliceOf(im *sourceImage) (z int, ok bool) {
	index, ok := s.grid.ToIndex(im.position)
	at := math.Round(index[0])
	ok = ok && im.placed && im.rows == s.grid.Size[1] && im.columns == s.grid.Size[2] && at >= 0 &&
		at < float64(len(s.at)) &&
		math.Abs(index[0]-at) < acrossPart && math.Abs(index[1]) < 0.5 && math.Abs(index[2]) < 0.5
	return int(at), ok
}

// contains reports whether an image has the grid's orientation and pixels, and lies within it.
func (s *Source) contains(im *sourceImage) bool {
	if !im.placed || !im.oriented {
		return false
	}
	start, ok := s.grid.ToIndex(im.position)
	corner, okCorner := s.grid.ToIndex(im.at(float64(im.rows-1), float64(im.columns-1)))
	ok = ok && okCorner && math.Abs(corner[0]-start[0]) < 0.5 &&
		math.Abs(corner[1]-start[1]-float64(im.rows-1)) < 0.5 &&
		math.Abs(corner[2]-start[2]-float64(im.columns-1)) < 0.5
	return ok && start[0] > -1 && start[0] < float64(s.grid.Size[0])
}

// planeOf returns where slice z lies: the position of its image, or else that of the grid.
func (s *Source) planeOf(z int) plane {
	if im := s.at[z]; im != nil && im.placed && im.oriented {
		return im.plane
	}
	spacing := s.grid.Spacing()
	row, _ := s.grid.Step(0).Unit()
	columnAxis, _ := s.grid.Step(1).Unit()
	p := plane{
		placed: true, oriented: true, position: s.grid.ToMM(float64(z), 0, 0), row: row,
		column: columnAxis, spacing: [2]float64{spacing[1], spacing[2]},
	}
	if im := s.at[z]; im != nil {
		p.thickness = im.thickness
	}
	return p
}

// near returns the image from which the voxels at a position on a straight grid were made. It is
// the nearest along the normal, or nil if none is nearer than the next slice.
func (s *Source) near(p volume.Point) *sourceImage {
	n := s.grid.Normal()
	least, out := 0.99*math.Abs(s.grid.Step(2).Dot(n)), (*sourceImage)(nil)
	for _, im := range s.all {
		if d := math.Abs(im.position.Sub(p).Dot(n)); im.placed && d < least {
			least, out = d, im
		}
	}
	return out
}

func baseName(path string) string { return filepath.Base(path) }
