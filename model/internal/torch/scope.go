package torch

import (
	"fmt"
	"unsafe"

	"github.com/sugarme/gotch/libtch"
)

// Scope runs operations one after another and remembers the first error, after which
// operations do nothing and return nil: a network reads as a formula and checks once,
// with Err. It owns every tensor its operations return until Drop, Keep or Close.
type Scope struct {
	err    error
	live   map[*Tensor]struct{}
	device Device // of new tensors
}

// NewScope returns an empty scope.
func NewScope() *Scope { return &Scope{live: make(map[*Tensor]struct{}), device: CPU} }

// Err is the first error of the scope's operations.
func (s *Scope) Err() error { return s.err }

// Fail makes err the scope's error if it has none.
func (s *Scope) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Drop frees tensors early, which keeps the memory of a long computation low.
func (s *Scope) Drop(ts ...*Tensor) {
	for _, t := range ts {
		if t != nil {
			delete(s.live, t)
			t.Drop()
		}
	}
}

// Keep takes t out of the scope: the caller drops it.
func (s *Scope) Keep(t *Tensor) *Tensor {
	delete(s.live, t)
	return t
}

// Close frees what the scope still owns.
func (s *Scope) Close() {
	for t := range s.live {
		t.Drop()
	}
	clear(s.live)
}

// own takes over the tensor at c, unless the operation named op failed.
func (s *Scope) own(op string, c libtch.Ctensor) *Tensor {
	if err := lastError(); err != nil {
		s.Fail(fmt.Errorf("%s: %w", op, err))
		return nil
	}
	t := newTensor(c)
	s.live[t] = struct{}{}
	return t
}

// stop says whether an operation on these tensors must not run.
func (s *Scope) stop(ts ...*Tensor) bool {
	if s.err != nil {
		return true
	}
	for _, t := range ts {
		if t == nil || t.c == nil {
			s.Fail(fmt.Errorf("an operand was dropped before its use"))
			return true
		}
	}
	return false
}

// FromFloats copies x into a new tensor of the given shape.
func (s *Scope) FromFloats(x []float32, shape ...int64) *Tensor {
	return fromSlice(s, x, kindFloat32, shape)
}

// FromBytes copies x into a new uint8 tensor of the given shape.
func (s *Scope) FromBytes(x []uint8, shape ...int64) *Tensor {
	return fromSlice(s, x, kindUint8, shape)
}

func fromSlice[T float32 | uint8](s *Scope, x []T, kind int, shape []int64) *Tensor {
	if s.stop() {
		return nil
	}
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	if n != int64(len(x)) || n == 0 {
		s.Fail(fmt.Errorf("%d values do not fill the shape %v", len(x), shape))
		return nil
	}
	c := libtch.AtTensorOfData(unsafe.Pointer(&x[0]), shape, uint(len(shape)),
		uint(unsafe.Sizeof(x[0])), kind)
	return s.place(s.own("copy in", c))
}

// Zeros is a float32 tensor of zeros.
func (s *Scope) Zeros(shape ...int64) *Tensor {
	if s.stop() {
		return nil
	}
	var c libtch.Ctensor
	libtch.AtgZeros(&c, shape, len(shape), kindFloat32, int32(s.device))
	return s.own("zeros", c)
}

// CopyOut copies the float32 tensor t, row-major, into dst.
func (s *Scope) CopyOut(dst []float32, t *Tensor) {
	if s.stop(t) {
		return
	}
	c := s.Host(t)
	if s.err != nil {
		return
	}
	values, err := c.Floats()
	switch {
	case err != nil:
		s.Fail(err)
	case len(values) != len(dst):
		s.Fail(fmt.Errorf("%d values do not fit into %d", len(values), len(dst)))
	default:
		copy(dst, values)
	}
	s.Drop(c)
}

// Value is the only element of the float32 tensor t.
func (s *Scope) Value(t *Tensor) float64 {
	var v [1]float32
	s.CopyOut(v[:], t)
	return float64(v[0])
}

// Gradients are the derivatives of the scalar loss by each of the leaves, in their order.
// The graph behind loss is freed.
func (s *Scope) Gradients(loss *Tensor, leaves []*Tensor) []*Tensor {
	if s.stop(loss) || s.stop(leaves...) {
		return nil
	}
	inputs := make([]libtch.Ctensor, len(leaves))
	for i, t := range leaves {
		inputs[i] = t.c
	}
	outputs := make([]libtch.Ctensor, len(leaves))
	libtch.AtRunBackward(&loss.c, 1, &inputs[0], len(inputs), &outputs[0], 0, 0)
	if err := lastError(); err != nil {
		s.Fail(fmt.Errorf("gradients: %w", err))
		return nil
	}
	gradients := make([]*Tensor, len(outputs))
	for i, c := range outputs {
		gradients[i] = newTensor(c)
		s.live[gradients[i]] = struct{}{}
	}
	return gradients
}
