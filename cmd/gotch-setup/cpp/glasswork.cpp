// What Glasswork needs of libtorch and gotch's C interface does not have. It is compiled
// at the end of gotch's torch_api.cpp, whose last error and device_of_int it uses.
// model/internal/capi declares the same functions for Go.

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <malloc.h>
#include <sstream>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/passes/fixup_trace_scope_blocks.h>
#include <torch/csrc/jit/passes/normalize_ops.h>
#include <torch/version.h>

// GUARD is gotch's PROTECT for code with commas in it: an exception becomes the thread's
// last error.
#define GUARD(...)                                                             \
  try {                                                                        \
    __VA_ARGS__                                                                \
  } catch (const std::exception &e) {                                          \
    torch_last_err = strdup(e.what());                                         \
  }

extern "C" const char *gw_torch_version() { return TORCH_VERSION; }

extern "C" void gw_keep_memory() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 0x7fffffff);
#endif
}

// gw_module_load reads a TorchScript module from memory.
extern "C" module gw_module_load(const char *data, size_t size, int device) {
  GUARD(
    std::istringstream stream(std::string(data, size));
    return new torch::jit::script::Module(torch::jit::load(stream, device_of_int(device)));
  )
  return nullptr;
}

// gw_upsample enlarges by a factor, which a trace keeps as a factor and not as a size.
extern "C" tensor gw_upsample(tensor x, double factor, int bilinear) {
  GUARD(
    std::vector<double> factors = {factor, factor};
    return new torch::Tensor(bilinear ? at::upsample_bilinear2d(*x, c10::nullopt, true, factors)
                                      : at::upsample_nearest2d(*x, c10::nullopt, factors));
  )
  return nullptr;
}

// gw_trace_start records what is computed of x from now on, on this thread.
extern "C" void gw_trace_start(tensor x) {
  GUARD(
    auto state = std::make_shared<torch::jit::tracer::TracingState>();
    state->graph->addInput("self");
    auto input = state->graph->addInput("x");
    input->setType(c10::TensorType::get());
    state->setValue(*x, input);
    torch::jit::tracer::setTracingState(state);
  )
}

// gw_trace_end ends the recording; with y it makes a TorchScript module whose forward
// computes y of x, and gives its bytes, which the caller frees.
extern "C" char *gw_trace_end(tensor y, size_t *size) {
  GUARD(
    auto state = torch::jit::tracer::getTracingState();
    if (state == nullptr) throw std::runtime_error("nothing is being traced");
    if (y != nullptr) state->graph->registerOutput(state->getOutput(*y, 0));
    torch::jit::tracer::setTracingState(nullptr);
    if (y == nullptr) return nullptr;
    torch::jit::script::Module m("__torch__.Glasswork");
    m.register_attribute("training", c10::BoolType::get(), false);
    state->graph->inputs().at(0)->setType(m._ivalue()->type());
    torch::jit::FixupTraceScopeBlocks(state->graph, &m);
    torch::jit::NormalizeOps(state->graph);
    auto f = m._ivalue()->compilation_unit()->create_function(c10::QualifiedName(*m.type()->name(), "forward"), state->graph);
    m.type()->addMethod(f);
    std::ostringstream stream;
    m.save(stream);
    std::string bytes = stream.str();
    char *copy = (char *)malloc(bytes.size());
    if (copy == nullptr) throw std::bad_alloc();
    memcpy(copy, bytes.data(), bytes.size());
    *size = bytes.size();
    return copy;
  )
  return nullptr;
}

// interleave_row writes dst[2j] = max(0, old + left[j]) and dst[2j+1] = max(0, old + right[j]),
// where old is what dst holds, or 0.
__attribute__((optimize("O3"))) static void interleave_row(float *__restrict dst, const float *__restrict left,
                                                            const float *__restrict right, int64_t w, bool add) {
  if (add) {
    for (int64_t j = 0; j < w; j++) {
      const float p = dst[2 * j] + left[j], q = dst[2 * j + 1] + right[j];
      dst[2 * j] = p > 0 ? p : 0;
      dst[2 * j + 1] = q > 0 ? q : 0;
    }
    return;
  }
  for (int64_t j = 0; j < w; j++) {
    dst[2 * j] = left[j] > 0 ? left[j] : 0;
    dst[2 * j + 1] = right[j] > 0 ? right[j] : 0;
  }
}

// gw_interleave makes y [n,c,2h,2w] of z [n,4c,h+1,w+1]: pixel (2i+a, 2j+b) is pixel
// (i+a, j+b) of the channels from (2a+b)c on, added to what y holds if there is a y, and
// rectified. All are contiguous float32 on the processor.
extern "C" tensor gw_interleave(tensor y, tensor z) {
  GUARD(
    int64_t n = z->size(0);
    int64_t c = z->size(1) / 4;
    int64_t h = z->size(2) - 1;
    int64_t w = z->size(3) - 1;
    bool add = y != nullptr;
    torch::Tensor made = add ? *y : at::empty({n, c, 2 * h, 2 * w}, z->options());
    torch::Tensor from = z->contiguous();
    if (!made.is_contiguous() || made.sizes() != at::IntArrayRef({n, c, 2 * h, 2 * w}))
      throw std::runtime_error("tensors that are interleaved do not fit");
    float *out = made.data_ptr<float>();
    const float *in = from.data_ptr<float>();
    const int64_t plane = (h + 1) * (w + 1);
    at::parallel_for(0, n * c, 1, [&](int64_t first, int64_t end) {
      for (int64_t p = first; p < end; p++) {
        const float *base = in + (p / c * 4 * c + p % c) * plane;
        for (int64_t row = 0; row < 2 * h; row++) {
          const int64_t a = row & 1;
          const float *left = base + 2 * a * c * plane + ((row >> 1) + a) * (w + 1);
          interleave_row(out + (p * 2 * h + row) * 2 * w, left, left + c * plane + 1, w, add);
        }
      }
    });
    return new torch::Tensor(made);
  )
  return nullptr;
}

// gw_autocast sets this thread's mixed precision: 0 is none, 1 half precision on CUDA, 2
// bfloat16 on the processor.
extern "C" void gw_autocast(int mode) {
  GUARD(
    at::autocast::set_enabled(mode == 1);
    at::autocast::set_cpu_enabled(mode == 2);
    if (mode == 2) at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    if (mode == 0) at::autocast::clear_cache();
  )
}

// gw_channels_last copies x [n,c,h,w] so that a pixel's channels lie side by side.
extern "C" tensor gw_channels_last(tensor x) {
  GUARD(
    auto y = at::empty(x->sizes(), x->options().memory_format(at::MemoryFormat::ChannelsLast));
    return new torch::Tensor(y.copy_(*x));
  )
  return nullptr;
}
