package torch

// #include <malloc.h>
//
// static void gw_return_large(void) {
// #ifdef __GLIBC__
//   mallopt(M_MMAP_THRESHOLD, 16 << 20);
// #endif
// }
import "C"

import (
	"cmp"
	"os"
	"strings"

	"github.com/sugarme/gotch/libtch"
	"golang.org/x/sys/cpu"

	"glasswork/model/internal/capi"
)

// Device is where tensors live: CPU, or the number of a CUDA device from 0 on.
type Device int32

// CPU is the processor, as libtorch numbers it.
const CPU Device = -1

// GPUs is how many CUDA devices this libtorch sees.
func GPUs() int {
	if !libtch.AtcCudaIsAvailable() {
		return 0
	}
	return int(libtch.AtcCudaDeviceCount())
}

// Autocast lets this OS thread's operations on d compute in 16 bits where that is precise
// enough, as PyTorch's autocast does: half precision on CUDA, bfloat16 on the processor.
func Autocast(d Device) {
	if d == CPU {
		capi.Autocast(capi.AutocastCPU)
		return
	}
	capi.Autocast(capi.AutocastCUDA)
}

// AutocastOff goes back to float32.
func AutocastOff() { capi.Autocast(capi.AutocastOff) }

// NativeBFloat16 says whether the processor multiplies bfloat16 by itself, with AMX or with
// AVX512_BF16, and oneDNN may let it.
func NativeBFloat16() bool {
	limit := cmp.Or(os.Getenv("ONEDNN_MAX_CPU_ISA"), os.Getenv("DNNL_MAX_CPU_ISA"), "DEFAULT")
	return nativeBFloat16(limit, cpu.X86.HasAMXBF16 && cpu.X86.HasAMXTile, cpu.X86.HasAVX512BF16)
}

// nativeBFloat16 is the same for a limit of oneDNN's and a processor that has AMX or AVX512_BF16.
func nativeBFloat16(limit string, amx, avx512 bool) bool {
	switch strings.ToUpper(limit) {
	case "DEFAULT", "ALL", "AVX512_CORE_AMX":
		return amx || avx512
	case "AVX512_CORE_BF16", "AVX512_CORE_FP16":
		return avx512
	}
	return false
}

// ChannelsLast is a copy of x [n,c,h,w] in which a pixel's channels lie side by side;
// what is computed of it is laid out likewise.
func (s *Scope) ChannelsLast(x *Tensor) *Tensor {
	if s.stop(x) {
		return nil
	}
	return s.own("layout", capi.ChannelsLast(x.c))
}

// Float32 is x in full precision.
func (s *Scope) Float32(x *Tensor) *Tensor {
	return s.unary("conversion", x, func(c *libtch.Ctensor) {
		libtch.AtgTotype(c, x.c, kindFloat32)
	})
}

// ReturnLarge makes the process return pieces of memory of 16 MB and more to the system as
// soon as their tensor is dropped, in spite of KeepMemory. Keeping them fragments the heap,
// which made the peak of training a fifth higher.
func ReturnLarge() { C.gw_return_large() }

// NewScopeOn returns an empty scope whose new tensors live on d.
func NewScopeOn(d Device) *Scope {
	s := NewScope()
	s.device = d
	return s
}

// place moves a new tensor to the scope's device.
func (s *Scope) place(x *Tensor) *Tensor {
	if s.device == CPU || s.stop(x) {
		return x
	}
	y := s.unary("copy to the GPU", x, func(c *libtch.Ctensor) {
		libtch.AtgTo(c, x.c, int32(s.device))
	})
	s.Drop(x)
	return y
}

// Host is x as contiguous float32 on the processor: x itself or a copy.
func (s *Scope) Host(x *Tensor) *Tensor {
	if s.device == CPU {
		return s.Contiguous(x)
	}
	exact := s.Float32(x)
	near := s.unary("copy from the GPU", exact, func(c *libtch.Ctensor) {
		libtch.AtgTo(c, exact.c, int32(CPU))
	})
	s.Drop(exact)
	y := s.Contiguous(near)
	s.Drop(near)
	return y
}

// Copy writes src's values into dst, which may live elsewhere.
func (s *Scope) Copy(dst, src *Tensor) {
	if s.stop(dst, src) {
		return
	}
	libtch.AtCopy_(dst.c, src.c)
	if err := lastError(); err != nil {
		s.Fail(err)
	}
}
