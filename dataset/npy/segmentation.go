package npy

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// IsName reports whether a file name has the extension of NPY.
func IsName(path string) bool { return strings.EqualFold(filepath.Ext(path), ".npy") }

// IsArchive reports whether a file name has the extension of NPZ, a zip archive of NPY files.
func IsArchive(path string) bool { return strings.EqualFold(filepath.Ext(path), ".npz") }

// OpenSegmentation reads an array as a label map. It is [n,h,w] of whole numbers, or [n,h,w,4] of
// channels in the Kaggle order. Arrays hold no positions, so it can only be put onto a grid of its
// own size.
func OpenSegmentation(ctx context.Context, path string) (*annotation.Segmentation, error) {
	a, err := Open(path)
	if err == nil {
		var s *annotation.Segmentation
		if s, err = a.segmentation(ctx); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
}

// kaggleWidth is the number of channels in Kaggle masks.
const kaggleWidth = 4

// labels is a label array. It is an annotation.Rasteriser.
type labels struct {
	name string
	size [3]int
	// index is [z,y,x]. 0 means that nothing is marked. Other values are numbers of segments,
	// counted from 1.
	index []uint8
}

func (a *Array) segmentation(ctx context.Context) (*annotation.Segmentation, error) {
	n, h, w, c, err := a.Stack()
	if err != nil {
		return nil, err
	}
	if c != 1 && c != kaggleWidth {
		return nil, fmt.Errorf(
			"its shape %v is not that of a label map; use [n,h,w] or [n,h,w,4]", a.Shape,
		)
	}
	s := &annotation.Segmentation{Path: a.path, Format: "NPY"}
	l := &labels{name: filepath.Base(a.path), size: [3]int{n, h, w}, index: make([]uint8, 0, n*h*w)}
	s.Rasteriser = l
	if c == kaggleWidth {
		order := classes.KaggleChannels()
		for _, class := range order[:c-1] { // the last channel is the background
			s.Segments = append(s.Segments, annotation.Segment{
				Number: int(class),
				Label:  classes.Names()[class],
			})
		}
	}
	var numbers []float64
	for z := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if numbers, err = a.Slice(z, numbers); err != nil {
			return nil, err
		}
		if c == 1 {
			err = l.values(s, numbers)
		} else {
			l.hot(s, numbers)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// values adds a slice of label values.
func (l *labels) values(s *annotation.Segmentation, numbers []float64) error {
	for _, v := range numbers {
		if v == 0 {
			l.index = append(l.index, 0)
			continue
		}
		if v != math.Trunc(v) || math.Abs(v) > 1<<31 {
			return fmt.Errorf("it is not a label map: it holds the value %g", v)
		}
		i := 0
		for i < len(s.Segments) && s.Segments[i].Number != int(v) {
			i++
		}
		if i == len(s.Segments) {
			if i == math.MaxUint8 {
				return fmt.Errorf(
					"it is not a label map: it holds more than %d different values", i,
				)
			}
			s.Segments = append(s.Segments, annotation.Segment{Number: int(v)})
		}
		s.Segments[i].Voxels++
		l.index = append(l.index, uint8(i+1))
	}
	return nil
}

// hot adds a slice of channels. The first channel above one half counts. Where both kinds of lesion
// are marked, the lesion is unspecified.
func (l *labels) hot(s *annotation.Segmentation, numbers []float64) {
	n := kaggleWidth
	for ; len(numbers) > 0; numbers = numbers[n:] {
		k := slices.IndexFunc(numbers[:n-1], func(v float64) bool { return v > 0.5 }) + 1
		if k == 1 && numbers[1] > 0.5 {
			k = untold(s)
		}
		if k > 0 {
			s.Segments[k-1].Voxels++
		}
		l.index = append(l.index, uint8(k))
	}
}

// untold returns the number, from 1, of the segment of unspecified lesions.
func untold(s *annotation.Segmentation) int {
	if len(s.Segments) == kaggleWidth-1 {
		s.Segments = append(s.Segments, annotation.Segment{
			Number: int(classes.Lesion), Label: classes.Name(classes.Lesion),
		})
	}
	return kaggleWidth
}

// Rasterise sets mask to 1 where segment i lies. An array holds no positions, so the grid must have
// its size.
func (l *labels) Rasterise(
	_ context.Context, i int, grid volume.Geometry, mask []uint8,
) ([]string, error) {
	if grid.Size != l.size {
		return nil, fmt.Errorf("%s holds %d slices of %d × %d and no positions; it does not fit "+
			"the study's %d slices of %d × %d",
			l.name, l.size[0], l.size[2], l.size[1], grid.Size[0], grid.Size[2], grid.Size[1])
	}
	for at, k := range l.index {
		if int(k) == i+1 {
			mask[at] = 1
		}
	}
	return []string{fmt.Sprintf("%s holds no positions; its slices were taken as the study's, in "+
		"their order.", l.name)}, nil
}
