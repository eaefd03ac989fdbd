package pytorch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/x448/float16"
)

// element is a kind of number in a storage, little-endian.
type element struct {
	name  string
	width int
	get   func(b []byte) float32
}

var (
	float32s = &element{
		"float32", 4, func(b []byte) float32 {
			return math.Float32frombits(binary.LittleEndian.Uint32(b))
		},
	}
	float64s = &element{
		"float64", 8, func(b []byte) float32 {
			return float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		},
	}
	float16s = &element{
		"float16", 2, func(b []byte) float32 {
			return float16.Frombits(binary.LittleEndian.Uint16(b)).Float32()
		},
	}
	bfloat16s = &element{
		"bfloat16", 2, func(b []byte) float32 {
			return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
		},
	}
	int64s = &element{
		"int64", 8, func(b []byte) float32 { return float32(int64(binary.LittleEndian.Uint64(b))) },
	}
	int32s = &element{
		"int32", 4, func(b []byte) float32 { return float32(int32(binary.LittleEndian.Uint32(b))) },
	}
	int16s = &element{
		"int16", 2, func(b []byte) float32 { return float32(int16(binary.LittleEndian.Uint16(b))) },
	}
	int8s  = &element{"int8", 1, func(b []byte) float32 { return float32(int8(b[0])) }}
	uint8s = &element{"uint8", 1, func(b []byte) float32 { return float32(b[0]) }}
)

// storage is an array of numbers that one or more tensors view. Its bytes may become known
// only after the pickle has been read.
type storage struct {
	element *element
	key     string
	size    int64 // elements
	data    []byte
	// Where it is a part of another, as old files have it: that one and the first element.
	base  *storage
	start int64
}

// Tensor is one array of a file: a view of a storage.
type Tensor struct {
	// Shape is the size along each dimension.
	Shape []int64

	strides []int64
	offset  int64 // of the first element
	storage *storage
}

// maxElements bounds a tensor: 2³¹ of them are 8 GB.
const maxElements = 1 << 31

var errTensor = errors.New("a tensor's size, strides and place do not fit together")

// buildTensor takes (storage, offset, size, stride, …).
func buildTensor(arguments tuple) (any, error) {
	if len(arguments) < 4 {
		return nil, errGarbled
	}
	s, ok1 := arguments[0].(*storage)
	offset, ok2 := arguments[1].(int64)
	shape, ok3 := integers(arguments[2])
	strides, ok4 := integers(arguments[3])
	if !ok1 || !ok2 || !ok3 || !ok4 || len(shape) != len(strides) {
		return nil, errGarbled
	}
	t := &Tensor{Shape: shape, strides: strides, offset: offset, storage: s}
	return t, t.check()
}

// check checks that every element lies in the storage.
func (t *Tensor) check() error {
	last, n := t.offset, int64(1)
	for i, d := range t.Shape {
		if d < 0 || d > maxElements || t.strides[i] < 0 || t.strides[i] > maxElements {
			return errTensor
		}
		if n *= d; n > maxElements {
			return errTensor
		}
		if last += (d - 1) * t.strides[i]; last > maxElements {
			return errTensor
		}
	}
	if t.offset < 0 || n > 0 && last >= t.storage.size {
		return errTensor
	}
	return nil
}

func integers(value any) ([]int64, bool) {
	var items []any
	switch v := value.(type) {
	case tuple:
		items = v
	case *list:
		items = v.items
	default:
		return nil, false
	}
	numbers := make([]int64, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok {
			return nil, false
		}
		numbers[i] = n
	}
	return numbers, true
}

// Kind is the name of the elements' type, such as "float32".
func (t *Tensor) Kind() string { return t.storage.element.name }

// Read writes the values, row-major, into dst, which has as many elements as Shape says.
func (t *Tensor) Read(dst []float32) {
	if len(dst) == 0 {
		return
	}
	e, data := t.storage.element, t.storage.data
	index := make([]int64, len(t.Shape))
	at := t.offset
	for i := range dst {
		dst[i] = e.get(data[at*int64(e.width):])
		for d := len(index) - 1; d >= 0; d-- {
			index[d]++
			at += t.strides[d]
			if index[d] < t.Shape[d] {
				break
			}
			at -= index[d] * t.strides[d]
			index[d] = 0
		}
	}
}

// newStorage takes the parts of a persistent ID that both formats have:
// ('storage', type, key, place, elements).
func newStorage(id tuple) (*storage, error) {
	if len(id) < 5 || id[0] != "storage" {
		return nil, errGarbled
	}
	kind, ok1 := id[1].(global)
	key, ok2 := id[2].(string)
	size, ok3 := id[4].(int64)
	e := storageTypes[kind]
	if !ok1 || !ok2 || !ok3 || e == nil || size < 0 || size > maxElements {
		return nil, errGarbled
	}
	return &storage{element: e, key: key, size: size}, nil
}

// fill gives the storage its bytes.
func (s *storage) fill(data []byte) error {
	if int64(len(data)) < s.size*int64(s.element.width) {
		return fmt.Errorf("the file is cut: the numbers of storage %.40q are not all there", s.key)
	}
	s.data = data
	return nil
}
