package npy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"path/filepath"
	"sync"

	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// Scale maps an array's numbers to HU: HU = number·Slope + Intercept.
type Scale struct {
	Slope, Intercept float64
	// Calibrated says that the numbers are already taken as HU.
	Calibrated bool
}

// surelyLow is a value that only HU reach.
const (
	surelyLow = -300
)

// GuessScale guesses what the numbers of an array are, from its first, middle and last slices.
// Numbers below −300 are HU. Ranges of 0…1 and 0…255 are grey values of pictures. NPY files do not
// say it themselves. ok is false if the range fits neither.
func (a *Array) GuessScale() (s Scale, ok bool, err error) {
	low, high, err := a.sampleRange()
	if err != nil {
		return s, false, err
	}
	slope, intercept := series.AssumedScale()
	switch {
	case low < surelyLow && low >= -32768 && high <= 32767:
		return Scale{Slope: 1, Calibrated: true}, true, nil
	case low >= 0 && high <= 1:
		return Scale{Slope: 255 * slope, Intercept: intercept}, true, nil
	case low >= 0 && high <= 255:
		return Scale{Slope: slope, Intercept: intercept}, true, nil
	}
	return Scale{Slope: 1}, false, nil
}

// sampleRange returns the lowest and the highest finite number of some slices.
func (a *Array) sampleRange() (low, high float64, err error) {
	n, _, _, _, err := a.Stack()
	if err != nil {
		return 0, 0, err
	}
	low, high = math.Inf(1), math.Inf(-1)
	var buf []float64
	for _, z := range []int{0, n / 4, n / 2, 3 * n / 4, n - 1} {
		if buf, err = a.Slice(z, buf); err != nil {
			return 0, 0, err
		}
		for _, v := range buf {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return low, high, nil
}

// Series offers an NPY stack as a volume without positions or sizes. Errors begin with
// the file's name.
func Series(path string) (*series.Series, error) {
	s, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return s, nil
}

func open(path string) (*series.Series, error) {
	a, err := Open(path)
	if err != nil {
		return nil, err
	}
	n, h, w, c, err := a.Stack()
	if err != nil {
		return nil, err
	}
	if c != 1 {
		return nil, fmt.Errorf(
			"its shape %v has %d channels: it is a mask or a colour picture, not CT", a.Shape, c,
		)
	}
	scale, known, err := a.GuessScale()
	if err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	warning := fmt.Sprintf("%s holds grey values, not HU; they are shown in an assumed lung "+
		"window, so nothing can be measured by HU.", name)
	switch {
	case scale.Calibrated:
		warning = fmt.Sprintf("%s does not say what its numbers are; their range looks like HU, "+
			"so they are taken as HU.", name)
	case !known:
		warning = fmt.Sprintf("%s holds numbers that are neither HU nor grey values of a "+
			"picture; they are shown as they are, so nothing can be measured by HU.", name)
	}
	return &series.Series{
		ID: identity(a), Format: "NPY", Path: path, Files: []string{path}, Description: a.Name(),
		Geometry:   volume.NewGeometry([3]int{n, h, w}, [3]float64{1, 1, 1}, volume.Point{}),
		Calibrated: scale.Calibrated,
		Warnings: []string{warning, fmt.Sprintf("%s does not say how large a voxel is or how "+
			"the patient lies; lengths, areas and volumes cannot be measured, and sides are "+
			"assumed.", name)},
		Source: &source{array: a, scale: scale},
	}, nil
}

// identity hashes shape, type and some numbers. It does not change when the file is moved.
func identity(a *Array) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "npy|%v|%s|", a.Shape, a.Type)
	n, _, _, _, _ := a.Stack() // the caller has checked it
	if numbers, err := a.Slice(n/2, nil); err == nil {
		for _, v := range numbers {
			fmt.Fprintf(sum, "%g,", v)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// source reads slices of an array in HU.
type source struct {
	array   *Array
	scale   Scale
	scratch sync.Pool // *[]float64
}

// ReadSlice fills hu ([y,x]) with slice z.
func (s *source) ReadSlice(ctx context.Context, z int, hu []int16) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	scratch, _ := s.scratch.Get().(*[]float64)
	if scratch == nil {
		scratch = new([]float64)
	}
	defer s.scratch.Put(scratch)
	numbers, err := s.array.Slice(z, *scratch)
	if err == nil && len(numbers) != len(hu) {
		err = fmt.Errorf("a slice of %d pixels was asked for, it has %d", len(hu), len(numbers))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(s.array.path), err)
	}
	*scratch = numbers
	s.scale.HU(hu, numbers)
	return nil
}

// HU writes numbers into hu, rounded and clamped to int16. NaN becomes air.
func (s Scale) HU(hu []int16, numbers []float64) {
	for i, v := range numbers {
		if v = v*s.Slope + s.Intercept; math.IsNaN(v) {
			v = -1024
		}
		hu[i] = int16(math.Round(min(max(v, math.MinInt16), math.MaxInt16)))
	}
}

func (s *source) Close() error { return nil }
