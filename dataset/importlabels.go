package dataset

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"glasswork/dataset/nifti"
	"glasswork/dataset/npy"
	"glasswork/dataset/volume"
)

// ReadLabels reads a label map made elsewhere onto the grid of a study: NIfTI, whose
// grid must be the study's (axes may be permuted or flipped), or NPY of the study's
// size, [n,h,w] classes or [n,h,w,4] in the Kaggle order. err is one sentence.
func ReadLabels(ctx context.Context, path string, grid volume.Geometry) (*volume.LabelMap, error) {
	switch {
	case nifti.IsName(path):
		l, err := nifti.ReadLabels(ctx, path)
		if err != nil {
			return nil, err
		}
		if l, err = ontoGrid(l, grid); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		return l, nil
	case strings.EqualFold(filepath.Ext(path), ".npy"):
		l, err := readLabelArray(ctx, path, grid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		return l, nil
	}
	return nil, fmt.Errorf("%s is no label map that can be read; NIfTI and NPY are", filepath.Base(path))
}

// ontoGrid reorders a label map whose voxels are those of grid in another order.
func ontoGrid(l *volume.LabelMap, grid volume.Geometry) (*volume.LabelMap, error) {
	if l.SameGrid(grid) {
		return l, nil
	}
	misfit := errors.New("it does not lie on the grid of the study; resample it to the CT first")
	if l.Voxels() != grid.Voxels() {
		return nil, misfit
	}
	first, ok := l.ToIndex(grid.ToMM(0, 0, 0))
	if !ok {
		return nil, misfit
	}
	n := l.Size
	strides := [3]int{n[1] * n[2], n[2], 1}
	origin, exact := flatten(first, strides)
	var step [3]int // in l's array for one voxel along grid's z, y and x
	for axis := range 3 {
		var unit [3]float64
		unit[axis] = 1
		at, _ := l.ToIndex(grid.ToMM(unit[0], unit[1], unit[2]))
		for i := range 3 {
			at[i] -= first[i]
		}
		var whole bool
		step[axis], whole = flatten(at, strides)
		exact = exact && whole
	}
	last, _ := l.ToIndex(grid.ToMM(float64(grid.Size[0]-1), float64(grid.Size[1]-1), float64(grid.Size[2]-1)))
	for i := range 3 {
		for _, v := range []float64{first[i], last[i]} {
			exact = exact && v > -0.02 && v < float64(n[i])-0.98
		}
	}
	if !exact {
		return nil, misfit
	}
	return reorder(l, grid, origin, step), nil
}

// flatten turns an index or a step [z,y,x] into an offset; whole is false if it lies
// between voxels by more than 0.02 of one.
func flatten(at [3]float64, strides [3]int) (offset int, whole bool) {
	whole = true
	for i, v := range at {
		whole = whole && math.Abs(v-math.Round(v)) < 0.02
		offset += int(math.Round(v)) * strides[i]
	}
	return offset, whole
}

func reorder(l *volume.LabelMap, grid volume.Geometry, origin int, step [3]int) *volume.LabelMap {
	out := volume.NewLabelMap(grid)
	i := 0
	for z := range grid.Size[0] {
		for y := range grid.Size[1] {
			at := origin + z*step[0] + y*step[1]
			for range grid.Size[2] {
				out.Labels[i] = l.Labels[at]
				i++
				at += step[2]
			}
		}
	}
	return out
}

// readLabelArray reads classes or one-hot channels.
func readLabelArray(ctx context.Context, path string, grid volume.Geometry) (*volume.LabelMap, error) {
	a, err := npy.Open(path)
	if err != nil {
		return nil, err
	}
	n, h, w, c, err := a.Stack()
	if err != nil {
		return nil, err
	}
	if [3]int{n, h, w} != grid.Size || (c != 1 && c != 4) {
		return nil, fmt.Errorf("its shape %v does not fit the study's %d slices of %d × %d", a.Shape, grid.Size[0], grid.Size[2], grid.Size[1])
	}
	l := volume.NewLabelMap(grid)
	var numbers []float64
	for z := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if numbers, err = a.Slice(z, numbers); err != nil {
			return nil, err
		}
		if c == 4 {
			copy(l.Slice(z), fromOneHot(numbers))
			continue
		}
		for i, v := range numbers {
			if v != math.Trunc(v) || v < 0 || v >= volume.NumClasses {
				return nil, fmt.Errorf("it holds the label %g; Glasswork knows 0 background, 1 ground glass, 2 consolidation and 3 lungs other", v)
			}
			l.Slice(z)[i] = uint8(v)
		}
	}
	return l, nil
}
