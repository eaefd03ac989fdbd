// Package torch is a thin, checked layer over gotch's C interface to libtorch: no
// call ends the process, every tensor has one owner who drops it, and an error is
// one sentence. It holds what segmentation networks need and nothing else.
//
// Gradient mode, the last error and the thread count belong to the OS thread, so one
// goroutine that is locked to its thread must make all calls on a set of tensors.
package torch

// #include <stdlib.h>
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/sugarme/gotch/libtch"

	"glasswork/model/internal/capi"
	"glasswork/training/network"
)

// Element kinds, as libtorch numbers them.
const (
	kindUint8    = 0
	kindInt64    = 4
	kindFloat32  = 6
	kindBFloat16 = 15
	kindAsIs     = -1
)

// live counts the tensors that were made and not yet dropped.
var live atomic.Int64

// Live is how many tensors of this process have not been dropped: tests hold it flat.
func Live() int64 { return live.Load() }

// Tensor is a handle of a libtorch tensor. A Scope makes it and drops it.
type Tensor struct{ c libtch.Ctensor }

func newTensor(c libtch.Ctensor) *Tensor {
	live.Add(1)
	return &Tensor{c}
}

// Drop frees the handle; libtorch frees the memory when the last handle and the
// gradient graph let go of it. Dropping twice or nil is harmless.
func (t *Tensor) Drop() {
	if t == nil || t.c == nil {
		return
	}
	libtch.AtFree(t.c)
	t.c = nil
	live.Add(-1)
}

// Floats is the tensor's own memory, row-major; valid until the tensor is dropped. The
// tensor must be a contiguous float32 tensor on the processor.
func (t *Tensor) Floats() ([]float32, error) {
	if t == nil || t.c == nil {
		return nil, errors.New("the tensor was dropped")
	}
	if libtch.AtScalarType(t.c) != kindFloat32 || !libtch.AtIsContiguous(t.c) {
		return nil, errors.New("the tensor is not a contiguous float32 tensor")
	}
	n := 1
	for _, d := range t.Shape() {
		n *= int(d)
	}
	p := (*float32)(libtch.AtDataPtr(t.c))
	if err := lastError(); err != nil {
		return nil, err
	}
	return unsafe.Slice(p, n), nil
}

// Shape is the tensor's size along each dimension.
func (t *Tensor) Shape() []int64 {
	shape := make([]int64, libtch.AtDim(t.c))
	if len(shape) > 0 {
		libtch.AtShape(t.c, unsafe.Pointer(&shape[0]))
	}
	return shape
}

// lastError is this OS thread's last libtorch error, cut to its first line.
func lastError() error {
	p := unsafe.Pointer(libtch.GetAndResetLastErr())
	if p == nil {
		return nil
	}
	defer C.free(p)
	message := firstLine(C.GoString((*C.char)(p)))
	for _, sign := range []string{"can't allocate memory", "not enough memory", "out of memory"} {
		if strings.Contains(message, sign) {
			return fmt.Errorf("%w (libtorch: %s)", network.ErrMemory, message)
		}
	}
	return fmt.Errorf("libtorch: %s", message)
}

// firstLine is what an error says before it says where; of one in a TorchScript program
// that is its last line.
func firstLine(message string) string {
	if _, cause, ok := strings.Cut(message, "\nRuntimeError: "); ok {
		message = cause
	}
	message, _, _ = strings.Cut(message, "\n")
	return message
}

// SetThreads sets how many threads operations started on this OS thread use.
func SetThreads(n int) { capi.SetNumThreads(n) }

// Threads is how many threads operations started on this OS thread use.
func Threads() int { return capi.NumThreads() }

// KeepMemory lets the process keep the memory that tensors gave back for the next ones.
// A network allocates the same hundreds of megabytes at every step; getting them from the
// system anew each time took a third of a step's processor time.
func KeepMemory() { capi.KeepMemory() }

// Version is the libtorch that the backend in use was compiled for.
func Version() string { return capi.TorchVersion() }

// SetGradients switches the recording of gradients for this OS thread.
func SetGradients(on bool) error {
	v := 0
	if on {
		v = 1
	}
	libtch.AtGradSetEnabled(v)
	return lastError()
}
