// Package npy reads stacks of slices from NumPy's NPY files and writes arrays slice by slice. The
// npyio library reads the headers. This package reads the numbers in bulk.
package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/sbinet/npyio/npy"

	"glasswork/dataset/internal/osfile"
)

const (
	maxHeader   = 64 << 10 // bytes; NumPy writes 128
	maxChannels = 16
	largestSide = 1 << 14
	maxSlices   = 1 << 20
)

// Array is an opened NPY file: an array of numbers in C or Fortran order, whose first axis counts
// slices. Its methods are safe for concurrent use.
type Array struct {
	// Shape is the shape in the file, e.g. [n,h,w] or [n,h,w,4].
	Shape []int
	// Type is NumPy's name for the type of the numbers, e.g. "<f4".
	Type string

	path    string
	offset  int64
	size    int // bytes per number
	fortran bool
	value   func(b []byte) float64
}

// Open reads and checks the header of an NPY file. The file must hold exactly as many numbers as
// its shape says. Errors are clauses without the file's name.
func Open(path string) (*Array, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := parse(f, size)
	if err != nil {
		return nil, err
	}
	a.path = path
	return a, nil
}

// parse reads the header from src, a file of the given size.
func parse(src io.ReaderAt, size int64) (*Array, error) {
	head, err := readHead(src, size)
	if err != nil {
		return nil, err
	}
	h, err := parseDescr(head)
	if err != nil {
		return nil, err
	}
	a := &Array{
		Shape: h.Descr.Shape, Type: h.Descr.Type, fortran: h.Descr.Fortran,
		offset: int64(len(head)),
	}
	if a.size, a.value, err = numbers(a.Type); err != nil {
		return nil, err
	}
	count := int64(1)
	for _, n := range a.Shape {
		if n < 1 || n > maxSlices {
			return nil, fmt.Errorf("its shape %v holds nothing that can be shown", a.Shape)
		}
		if count *= int64(n); count > 1<<40 {
			return nil, fmt.Errorf("its shape %v is larger than any file", a.Shape)
		}
	}
	if there := size - a.offset; there != count*int64(a.size) {
		return nil, fmt.Errorf("its shape %v needs %d bytes, it holds %d", a.Shape,
			count*int64(a.size), there)
	}
	return a, nil
}

// readHead returns the bytes of the file before the first number.
func readHead(src io.ReaderAt, size int64) ([]byte, error) {
	start := make([]byte, min(size, 12))
	if _, err := src.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, osfile.Plain(err)
	}
	if len(start) < 12 || string(start[:6]) != "\x93NUMPY" {
		return nil, errors.New("it is not an NPY file")
	}
	length := 10 + int64(binary.LittleEndian.Uint16(start[8:]))
	switch start[6] {
	case 1:
	case 2:
		length = 12 + int64(binary.LittleEndian.Uint32(start[8:]))
	default:
		return nil, fmt.Errorf("it has version %d of the NPY format; 1 and 2 can be read", start[6])
	}
	if length > maxHeader || length > size {
		return nil, errors.New("its NPY header is damaged")
	}
	head := make([]byte, length)
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, osfile.Plain(err)
	}
	return head, nil
}

// parseDescr parses a header with npyio, which panics on headers that NumPy would not write.
func parseDescr(head []byte) (h npy.Header, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("its NPY header is damaged")
		}
	}()
	r, err := npy.NewReader(bytes.NewReader(head))
	if err != nil {
		return h, errors.New("its NPY header is damaged")
	}
	return r.Header, nil
}

// numbers returns the size of a NumPy type in bytes and the function that reads one number.
func numbers(name string) (size int, value func(b []byte) float64, err error) {
	if len(name) < 3 {
		return 0, nil, fmt.Errorf("its numbers have the type %.16q, which cannot be read", name)
	}
	var o binary.ByteOrder = binary.LittleEndian
	if name[0] == '>' {
		o = binary.BigEndian
	}
	switch name[1:] {
	case "u1", "b1":
		return 1, func(b []byte) float64 { return float64(b[0]) }, nil
	case "i1":
		return 1, func(b []byte) float64 { return float64(int8(b[0])) }, nil
	case "u2":
		return 2, func(b []byte) float64 { return float64(o.Uint16(b)) }, nil
	case "i2":
		return 2, func(b []byte) float64 { return float64(int16(o.Uint16(b))) }, nil
	case "u4":
		return 4, func(b []byte) float64 { return float64(o.Uint32(b)) }, nil
	case "i4":
		return 4, func(b []byte) float64 { return float64(int32(o.Uint32(b))) }, nil
	case "i8":
		return 8, func(b []byte) float64 { return float64(int64(o.Uint64(b))) }, nil
	case "u8":
		return 8, func(b []byte) float64 { return float64(o.Uint64(b)) }, nil
	case "f4":
		return 4, func(b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }, nil
	case "f8":
		return 8, func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }, nil
	}
	return 0, nil, fmt.Errorf("its numbers have the type %.16q, which cannot be read; save it as "+
		"int16, uint8 or float32", name)
}

// Stack interprets the shape as slices, [n,h,w,c]. c is 1 for [n,h,w], and n is 1 as well for
// [h,w].
func (a *Array) Stack() (n, h, w, c int, err error) {
	n, c = 1, 1
	switch s := a.Shape; len(s) {
	case 2:
		h, w = s[0], s[1]
	case 3:
		n, h, w = s[0], s[1], s[2]
	case 4:
		n, h, w, c = s[0], s[1], s[2], s[3]
	default:
		return 0, 0, 0, 0, fmt.Errorf(
			"its shape %v is not that of a stack of slices; use [n,h,w], [n,h,w,1] or [h,w]", s,
		)
	}
	if h > largestSide || w > largestSide || c > maxChannels {
		return 0, 0, 0, 0, fmt.Errorf(
			"its shape %v is not that of a stack of slices; use [n,h,w], [n,h,w,1] or [h,w]",
			a.Shape,
		)
	}
	return n, h, w, c, nil
}

// Slice returns the numbers of slice z as [y,x,c]. It uses dst if that is long enough.
func (a *Array) Slice(z int, dst []float64) ([]float64, error) {
	n, h, w, c, err := a.Stack()
	if err != nil {
		return nil, err
	}
	if z < 0 || z >= n {
		return nil, fmt.Errorf("slice %d was asked for, it holds %d", z+1, n)
	}
	count := h * w * c
	if cap(dst) < count {
		dst = make([]float64, count)
	}
	dst = dst[:count]
	f, err := os.Open(a.path)
	if err != nil {
		return nil, osfile.Plain(err)
	}
	defer f.Close()
	if a.fortran {
		return dst, a.readFortran(f, z, dst, [4]int{n, h, w, c})
	}
	raw := make([]byte, count*a.size)
	if _, err := f.ReadAt(raw, a.offset+int64(z)*int64(len(raw))); err != nil {
		return nil, errors.New("it has become shorter since it was opened")
	}
	for i := range dst {
		dst[i] = a.value(raw[i*a.size:])
	}
	return dst, nil
}

// readFortran collects slice z where the first axis runs fastest. Number (z,y,x,c) is at z + n·(y +
// h·(x + w·c)), so it reads one plane of n·h numbers at a time.
func (a *Array) readFortran(f io.ReaderAt, z int, dst []float64, shape [4]int) error {
	n, h, w, c := shape[0], shape[1], shape[2], shape[3]
	raw := make([]byte, n*h*a.size)
	for plane := range w * c {
		if _, err := f.ReadAt(raw, a.offset+int64(plane)*int64(len(raw))); err != nil {
			return errors.New("it has become shorter since it was opened")
		}
		x, channel := plane%w, plane/w
		for y := range h {
			dst[(y*w+x)*c+channel] = a.value(raw[(z+n*y)*a.size:])
		}
	}
	return nil
}

// Name returns the file's name without its folder and extension.
func (a *Array) Name() string {
	base := filepath.Base(a.path)
	return base[:len(base)-len(filepath.Ext(base))]
}

// maxFloats bounds how many numbers Floats reads: 4 GB.
const maxFloats = 1 << 30

// Floats returns all numbers of the array in row-major order, whatever its shape.
func (a *Array) Floats() ([]float32, error) {
	count := 1
	for _, n := range a.Shape {
		count *= n
	}
	if count > maxFloats {
		return nil, fmt.Errorf("its %d numbers are more than can be read at once", count)
	}
	f, err := os.Open(a.path)
	if err != nil {
		return nil, osfile.Plain(err)
	}
	defer f.Close()
	numbers := make([]float32, count)
	strides := a.strides()
	raw := make([]byte, 1<<16*a.size)
	index := make([]int, len(a.Shape))
	at := 0 // where the file's next number goes
	for from := 0; from < count; from += 1 << 16 {
		n := min(1<<16, count-from)
		if _, err := f.ReadAt(raw[:n*a.size], a.offset+int64(from)*int64(a.size)); err != nil {
			return nil, errors.New("it has become shorter since it was opened")
		}
		for i := range n {
			numbers[at] = float32(a.value(raw[i*a.size:]))
			at += a.next(index, strides)
		}
	}
	return numbers, nil
}

// strides returns the distances between neighbours along each axis of a row-major array.
func (a *Array) strides() []int {
	strides, step := make([]int, len(a.Shape)), 1
	for i := len(a.Shape) - 1; i >= 0; i-- {
		strides[i] = step
		step *= a.Shape[i]
	}
	return strides
}

// next moves index to the next number of the file and returns how far that is.
func (a *Array) next(index, strides []int) int {
	if !a.fortran {
		return 1
	}
	moved := 0
	for axis := range index { // the first axis runs fastest
		index[axis]++
		moved += strides[axis]
		if index[axis] < a.Shape[axis] {
			return moved
		}
		moved -= index[axis] * strides[axis]
		index[axis] = 0
	}
	return moved
}
