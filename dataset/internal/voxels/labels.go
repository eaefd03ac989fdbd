package voxels

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Layer is a label volume in memory. Index is [z,y,x]. 0 means that nothing is marked. Other values
// are positions in Marks, counted from 1.
type Layer struct {
	Index []uint8
	Marks []Mark
}

// Mark is one value of a label volume.
type Mark struct {
	Value, Voxels int
	// Min and Max are the corners of the box around the mark, [z,y,x], both included.
	Min, Max [3]int
}

// maxMarks is how many different values a label volume can hold.
const maxMarks = 255

// ReadLayer reads a whole volume as labels. They must be whole numbers. 0 means that nothing is
// marked, and there may be at most 255 other values.
func (im *Image) ReadLayer(ctx context.Context) (*Layer, error) {
	if err := im.Data.Prepare(ctx); err != nil {
		return nil, err
	}
	g := im.Geometry
	l := &Layer{Index: make([]uint8, g.Voxels())}
	indices := map[float64]uint8{0: 0}
	w := g.Size[2]
	for z := range g.Size[0] {
		slice := l.Index[z*g.SliceVoxels():][:g.SliceVoxels()]
		lastValue, last := 0.0, uint8(0)
		err := im.Each(ctx, z, func(i int, v float64) error {
			if v != lastValue {
				k, known := indices[v]
				if !known {
					var err error
					if k, err = l.add(v*im.Slope + im.Intercept); err != nil {
						return err
					}
					indices[v] = k
				}
				lastValue, last = v, k
			}
			if slice[i] = last; last > 0 {
				l.Marks[last-1].grow(z, i/w, i%w)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// add returns a new index for a value that has not occurred yet.
func (l *Layer) add(v float64) (uint8, error) {
	switch {
	case v == 0:
		return 0, nil
	case v != math.Trunc(v) || math.Abs(v) > 1<<31:
		return 0, fmt.Errorf("it is not a label map: it holds the value %g", v)
	case len(l.Marks) == maxMarks:
		return 0, errors.New("it is not a label map: it holds more than 255 different values")
	}
	l.Marks = append(l.Marks, Mark{Value: int(v), Min: [3]int{
		math.MaxInt, math.MaxInt,
		math.MaxInt,
	}, Max: [3]int{-1, -1, -1}})
	return uint8(len(l.Marks)), nil
}

func (m *Mark) grow(z, y, x int) {
	m.Voxels++
	m.Min = [3]int{min(m.Min[0], z), min(m.Min[1], y), min(m.Min[2], x)}
	m.Max = [3]int{max(m.Max[0], z), max(m.Max[1], y), max(m.Max[2], x)}
}

// find returns the index of a value, or 0 if it does not occur.
func (l *Layer) find(value int) uint8 {
	for i, m := range l.Marks {
		if m.Value == value {
			return uint8(i + 1)
		}
	}
	return 0
}
