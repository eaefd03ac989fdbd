// Package capi calls the functions of the backend, libtch.so, for which gotch has no Go.
// Like gotch's package libtch it leaves errors as the OS thread's last error, and what it
// returns is dropped by the caller; package torch makes both safe.
//
// It is linked by the flags of gotch's copy, which cmd/gotch-setup writes: they say where
// the backend is.
package capi

// #include <stdlib.h>
// #include "glasswork.h"
import "C"

import (
	"unsafe"

	"github.com/sugarme/gotch/libtch"
)

// SetNumThreads sets how many threads operations started on this OS thread may use.
func SetNumThreads(n int) { C.at_set_num_threads(C.int(n)) }

// NumThreads is how many threads operations started on this OS thread may use.
func NumThreads() int { return int(C.at_get_num_threads()) }

// KeepMemory lets the process keep the memory that tensors gave back for the next ones.
func KeepMemory() { C.gw_keep_memory() }

// TorchVersion is the version of the libtorch that the backend in use was compiled for.
func TorchVersion() string { return C.GoString(C.gw_torch_version()) }

// Modes of Autocast.
const (
	AutocastOff  = iota
	AutocastCUDA // half precision
	AutocastCPU  // bfloat16
)

// Autocast sets the mixed precision of this OS thread.
func Autocast(mode int) { C.gw_autocast(C.int(mode)) }

// ChannelsLast copies x [n,c,h,w] so that a pixel's channels lie side by side.
func ChannelsLast(x libtch.Ctensor) libtch.Ctensor {
	return libtch.Ctensor(C.gw_channels_last(C.tensor(x)))
}

// Upsample enlarges x [n,c,h,w] by a factor: bilinearly with corners on corners, or by
// repeating pixels.
func Upsample(x libtch.Ctensor, factor float64, bilinear bool) libtch.Ctensor {
	var flag C.int
	if bilinear {
		flag = 1
	}
	return libtch.Ctensor(C.gw_upsample(C.tensor(x), C.double(factor), flag))
}

// Interleave makes y [n,c,2h,2w] of z [n,4c,h+1,w+1]: pixel (2i+a, 2j+b) is pixel (i+a, j+b)
// of the channels from (2a+b)·c on, added to what y holds if it is not nil, and rectified.
func Interleave(y, z libtch.Ctensor) libtch.Ctensor {
	return libtch.Ctensor(C.gw_interleave(C.tensor(y), C.tensor(z)))
}

// ModuleLoad reads a TorchScript module from memory, which is not empty, onto a device:
// the number of a CUDA device, or -1 for the processor.
func ModuleLoad(data []byte, device int32) libtch.Cmodule {
	p := (*C.char)(unsafe.Pointer(unsafe.SliceData(data)))
	return libtch.Cmodule(C.gw_module_load(p, C.size_t(len(data)), C.int(device)))
}

// TraceStart records what this OS thread computes of x from now on.
func TraceStart(x libtch.Ctensor) { C.gw_trace_start(C.tensor(x)) }

// TraceEnd ends the recording and returns a TorchScript file that computes y of x, or nil
// without y.
func TraceEnd(y libtch.Ctensor) []byte {
	var size C.size_t
	p := C.gw_trace_end(C.tensor(y), &size)
	if p == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(p))
	return C.GoBytes(unsafe.Pointer(p), C.int(size))
}
