// Package voxels reads slices of volumes whose voxels are stored as arrays in files. NIfTI, NRRD
// and MetaImage share it after reading their headers. It finds the axial slices of a permuted or
// flipped grid, unpacks packed data, converts numbers to HU, and puts label maps onto other grids.
package voxels

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
)

const (
	// MaxSide and MaxVoxels bound what a header may claim. The largest CT studies have 2^30 voxels.
	MaxSide   = 1 << 15
	MaxVoxels = 1 << 31
)

// Image is a volume in one or several files. HU are value·Slope + Intercept. It is a series.Source.
type Image struct {
	// Name is the name of the file, for messages.
	Name string
	Layout
	Kind             Kind
	Order            binary.ByteOrder
	Slope, Intercept float64
	Data             *Payload

	value func(b []byte) float64
}

// Ready prepares an image whose fields are set. If the voxels of an axial slice are scattered over
// the file, the whole data are read into memory.
func (im *Image) Ready() error {
	if err := im.Geometry.Validate(); err != nil {
		return err
	}
	im.value = im.Kind.Value(im.Order)
	reach := func(axis int) int64 {
		return int64(im.Geometry.Size[axis]-1) * max(im.Stride[axis], -im.Stride[axis])
	}
	if span := 1 + reach(1) + reach(2); span > 4*int64(im.Geometry.SliceVoxels()) {
		im.Data.stream = true
	}
	return nil
}

// ReadSlice fills hu ([y,x]) with slice z in HU, rounded and clamped to int16.
func (im *Image) ReadSlice(ctx context.Context, z int, hu []int16) error {
	if z < 0 || z >= im.Geometry.Size[0] || len(hu) != im.Geometry.SliceVoxels() {
		return fmt.Errorf("slice %d of a volume of %d was asked for", z+1, im.Geometry.Size[0])
	}
	var err error
	// this is how nearly every CT is stored
	if im.Kind == Int16 && im.Order == binary.LittleEndian && im.Slope == 1 && im.Intercept == 0 {
		err = im.rows(ctx, z, func(y int, row []byte, at, step int64) error {
			line := hu[y*im.Geometry.Size[2]:][:im.Geometry.Size[2]]
			for x := range line {
				line[x] = int16(binary.LittleEndian.Uint16(row[at:]))
				at += step
			}
			return nil
		})
	} else {
		err = im.Each(ctx, z, func(i int, v float64) error {
			hu[i] = toHU(v*im.Slope + im.Intercept)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", im.Name, err)
	}
	return nil
}

// Close releases files and memory.
func (im *Image) Close() error { return im.Data.Close() }

// toHU rounds and clamps. NaN becomes air.
func toHU(v float64) int16 {
	if math.IsNaN(v) {
		return -1024
	}
	return int16(math.Round(min(max(v, math.MinInt16), math.MaxInt16)))
}

// Each calls visit for the stored value of every voxel of slice z. i counts voxels in the order
// [y,x].
func (im *Image) Each(ctx context.Context, z int, visit func(i int, v float64) error) error {
	w := im.Geometry.Size[2]
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

// rows calls visit for every row of slice z. The row's first voxel is at b[at:], and the next one
// is step bytes further. step may be negative.
func (im *Image) rows(
	ctx context.Context, z int, visit func(y int, b []byte, at, step int64) error,
) error {
	first := im.Origin + int64(z)*im.Stride[0]
	low, high := first, first // the numbers of the slice's outermost voxels
	for axis := 1; axis <= 2; axis++ {
		if reach := int64(im.Geometry.Size[axis]-1) * im.Stride[axis]; reach < 0 {
			low += reach
		} else {
			high += reach
		}
	}
	size := int64(im.Kind.Bytes())
	return im.Data.Use(ctx, low*size, (high+1-low)*size, func(b []byte) error {
		for y := range im.Geometry.Size[1] {
			at := (first - low + int64(y)*im.Stride[1]) * size
			if err := visit(y, b, at, im.Stride[2]*size); err != nil {
				return err
			}
		}
		return nil
	})
}
