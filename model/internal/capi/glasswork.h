// Functions of the backend (libtch.so) for which gotch has no Go: what glasswork.cpp of
// cmd/gotch-setup adds to gotch's C interface, and two of gotch's own.
//
// A function that fails returns NULL where it returns a pointer, and leaves its message as
// the thread's last error, which gotch's get_and_reset_last_err returns.

#ifndef GLASSWORK_H
#define GLASSWORK_H

#include <stddef.h>

typedef void *tensor;
typedef void *module;

int at_get_num_threads();
void at_set_num_threads(int n_threads);

const char *gw_torch_version();
void gw_keep_memory();
void gw_autocast(int mode);
tensor gw_channels_last(tensor x);
tensor gw_upsample(tensor x, double factor, int bilinear);
tensor gw_interleave(tensor y, tensor z);
module gw_module_load(const char *data, size_t size, int device);
void gw_trace_start(tensor x);
char *gw_trace_end(tensor y, size_t *size);

#endif
