package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const gotchModule = "github.com/sugarme/gotch"

// libGo takes the place of gotch's libtch/lib.go, which names libraries and folders of
// its own. The first run path serves installed programs, the second "go test"; both are
// RUNPATHs, so LD_LIBRARY_PATH chooses another backend when a program starts. The
// functions are in the backend, but not in gotch's Go package.
const libGo = `package libtch

// #cgo CFLAGS: -I${SRCDIR} -O2 -Wno-unused-variable
// #cgo LDFLAGS: -L${SRCDIR}/../../backend/%[1]s -ltch
// #cgo LDFLAGS: -Wl,--enable-new-dtags -Wl,-rpath,$ORIGIN/../backend/%[1]s -Wl,-rpath,${SRCDIR}/../../backend/%[1]s
// #include "stdbool.h"
// #include "torch_api.h"
// const char *gw_torch_version();
// void gw_keep_memory();
// module gw_module_load(const char *, size_t, int);
// tensor gw_upsample(tensor, double, int);
// void gw_trace_start(tensor);
// char *gw_trace_end(tensor, size_t *);
// tensor gw_interleave(tensor, tensor);
// void gw_autocast(int);
// tensor gw_channels_last(tensor);
// #include <stdlib.h>
import "C"

import "unsafe"

// SetNumThreads sets how many threads operations started on this OS thread may use.
func SetNumThreads(n int) { C.at_set_num_threads(C.int(n)) }

// NumThreads is how many threads operations started on this OS thread may use.
func NumThreads() int { return int(C.at_get_num_threads()) }

// KeepMemory lets the process keep the memory that tensors gave back for the next ones.
func KeepMemory() { C.gw_keep_memory() }

// TorchVersion is the version of the libtorch that the backend in use was compiled for.
func TorchVersion() string { return C.GoString(C.gw_torch_version()) }

// ModuleLoad reads a TorchScript module from memory.
func ModuleLoad(data []byte, device int32) Cmodule {
	return C.gw_module_load((*C.char)(unsafe.Pointer(&data[0])), C.size_t(len(data)), C.int(device))
}

// ModuleForward calls a module with one tensor.
func ModuleForward(m Cmodule, x Ctensor) Ctensor { return C.atm_forward(m, &x, 1) }

// Upsample enlarges by a factor.
func Upsample(x Ctensor, factor float64, bilinear int32) Ctensor {
	return C.gw_upsample(x, C.double(factor), C.int(bilinear))
}

// TraceStart records what is computed of x.
func TraceStart(x Ctensor) { C.gw_trace_start(x) }

// TraceEnd ends the recording and gives a module that computes y, or nothing without y.
func TraceEnd(y Ctensor) []byte {
	var size C.size_t
	p := C.gw_trace_end(y, &size)
	if p == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(p))
	return C.GoBytes(unsafe.Pointer(p), C.int(size))
}

// Interleave makes one picture of the four parts of z, added to y if it is not nil, and rectifies.
func Interleave(y, z Ctensor) Ctensor { return C.gw_interleave(y, z) }

// Autocast sets mixed precision: 0 none, 1 on CUDA, 2 on the processor.
func Autocast(mode int32) { C.gw_autocast(C.int(mode)) }

// ChannelsLast copies x so that a pixel's channels lie side by side.
func ChannelsLast(x Ctensor) Ctensor { return C.gw_channels_last(x) }
`

// goWork puts the copy in the module's place without a word in go.mod.
const goWork = `go 1.26.0

use (
	.
	./.gotch
)
`

// moduleDir is where the module cache holds the gotch that go.mod names; it is
// downloaded if it is not there yet.
func moduleDir(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", gotchModule)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	output, err := cmd.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(output, &module); jsonErr == nil && module.Error != "" {
		return "", fmt.Errorf("gotch cannot be downloaded: %s", module.Error)
	}
	if err != nil {
		return "", fmt.Errorf("the go command could not find gotch: %w", err)
	}
	if module.Dir == "" {
		return "", errors.New("the go command did not say where gotch is")
	}
	return module.Dir, nil
}

// writeWorkspace makes root/.gotch and root/go.work. An unchanged file is not written
// again, so that Go's build cache stays valid.
func writeWorkspace(root, gotch, kind string) error {
	copyDir := filepath.Join(root, ".gotch")
	err := filepath.WalkDir(gotch, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(gotch, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if rel == "example" || rel == "gen" {
				return fs.SkipDir
			}
			return nil
		}
		if !wanted(filepath.ToSlash(rel)) {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if rel == filepath.Join("libtch", "lib.go") {
			data = fmt.Appendf(nil, libGo, kind)
		}
		return writeIfNew(filepath.Join(copyDir, rel), data)
	})
	if err != nil {
		return fmt.Errorf("gotch cannot be copied: %w", err)
	}
	return writeIfNew(filepath.Join(root, "go.work"), []byte(goWork))
}

// wanted says whether Go needs a file of gotch: its Go code, the two C headers that
// the Go code includes, go.mod and the licence.
func wanted(rel string) bool {
	switch rel {
	case "go.mod", "go.sum", "LICENSE", "libtch/torch_api.h", "libtch/torch_api_generated.h":
		return true
	}
	return strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, "_test.go")
}

func writeIfNew(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
