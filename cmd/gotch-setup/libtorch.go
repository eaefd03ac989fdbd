package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// libtorch is one installed libtorch.
type libtorch struct {
	Include string // folder that holds torch/script.h
	Lib     string // folder that holds libtorch_cpu.so
	Version string // as in torch/version.h, e.g. 1.13.1
	CUDA    bool   // whether it was built with CUDA
	Flags   string // compiler flags that its CMake package asks for, e.g. the old C++ ABI
	System  bool   // in a place that the linker and the loader search anyway
}

// Kind returns the name of the backend folder: cpu or cuda.
func (t libtorch) Kind() string {
	if t.CUDA {
		return "cuda"
	}
	return "cpu"
}

// IncludeFlags returns the compiler's -I options.
func (t libtorch) IncludeFlags() []string {
	return []string{"-I" + t.Include, "-I" + filepath.Join(t.Include, apiInclude)}
}

// LinkFlags returns the flags that link a shared library to all of this libtorch. Without
// --no-as-needed the linker drops the parts that only register their kernels.
func (t libtorch) LinkFlags() []string {
	flags := []string{"-Wl,--no-as-needed", "-L" + t.Lib, "-ltorch", "-ltorch_cpu", "-lc10"}
	if t.CUDA {
		flags = append(flags, "-ltorch_cuda", "-lc10_cuda")
	}
	if !t.System {
		flags = append(flags, "-Wl,-rpath,"+t.Lib)
	}
	return flags
}

const (
	apiInclude = "torch/csrc/api/include"

	noLibtorch = "no libtorch was found: on Debian or Ubuntu install libtorch-dev, " +
		"elsewhere unpack the official libtorch (C++, Linux) and set LIBTORCH to its folder"
)

// findLibtorch looks in dir, which is as unpacked from the official archive. If dir is empty, it
// looks where distributions install libtorch.
func findLibtorch(dir string) (libtorch, error) {
	if dir != "" {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return libtorch{}, err
		}
		t, err := libtorchAt(filepath.Join(dir, "include"), filepath.Join(dir, "lib"))
		if err != nil {
			return libtorch{}, fmt.Errorf("LIBTORCH=%s does not hold a libtorch: %w", dir, err)
		}
		t.Flags = cmakeFlags(filepath.Join(dir, "share/cmake/Torch/TorchConfig.cmake"))
		return t, nil
	}
	for _, prefix := range []string{"/usr", "/usr/local"} {
		libs, _ := filepath.Glob(filepath.Join(prefix, "lib", "*-linux-gnu"))
		for _, lib := range append(libs, filepath.Join(prefix, "lib64"),
			filepath.Join(prefix, "lib")) {
			if t, err := libtorchAt(filepath.Join(prefix, "include"), lib); err == nil {
				t.System = true
				return t, nil
			}
		}
	}
	return libtorch{}, errors.New(noLibtorch)
}

// libtorchAt checks that headers and libraries are in the given places.
func libtorchAt(include, lib string) (libtorch, error) {
	text, err := os.ReadFile(filepath.Join(include, apiInclude, "torch/version.h"))
	if err != nil {
		return libtorch{}, err
	}
	if _, err := os.Stat(filepath.Join(lib, "libtorch_cpu.so")); err != nil {
		return libtorch{}, err
	}
	version, err := parseVersion(string(text))
	if err != nil {
		return libtorch{}, err
	}
	_, err = os.Stat(filepath.Join(lib, "libtorch_cuda.so"))
	return libtorch{Include: include, Lib: lib, Version: version, CUDA: err == nil}, nil
}

var versionPart = regexp.MustCompile(`(?m)^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) (\d+)`)

// parseVersion reads torch/version.h.
func parseVersion(header string) (string, error) {
	var parts []string
	for _, m := range versionPart.FindAllStringSubmatch(header, -1) {
		parts = append(parts, m[2])
	}
	if len(parts) != 3 {
		return "", errors.New("torch/version.h does not state a version")
	}
	return strings.Join(parts, "."), nil
}

var torchFlags = regexp.MustCompile(`set\(TORCH_CXX_FLAGS "([^"]*)"\)`)

// cmakeFlags reads the C++ flags that a libtorch was built with and that its users need too. A
// libtorch without that file needs none.
func cmakeFlags(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if m := torchFlags.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}
