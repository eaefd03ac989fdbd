package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeLibtorch creates the files by which a libtorch is recognised.
func fakeLibtorch(t *testing.T, cuda bool) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"include/torch/csrc/api/include/torch/version.h": "#define TORCH_VERSION_MAJOR 2\n" +
			"#define TORCH_VERSION_MINOR 1\n#define TORCH_VERSION_PATCH 0\n",
		"lib/libtorch_cpu.so": "",
		"share/cmake/Torch/TorchConfig.cmake": "if(TRUE)\n" +
			"  set(TORCH_CXX_FLAGS \"-D_GLIBCXX_USE_CXX11_ABI=0\")\nendif()\n",
	}
	if cuda {
		files["lib/libtorch_cuda.so"] = ""
	}
	for name, text := range files {
		if err := writeIfNew(filepath.Join(dir, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindLibtorch(t *testing.T) {
	for _, cuda := range []bool{false, true} {
		dir := fakeLibtorch(t, cuda)
		got, err := findLibtorch(dir)
		if err != nil {
			t.Fatal(err)
		}
		want := libtorch{
			Include: filepath.Join(dir, "include"), Lib: filepath.Join(dir, "lib"),
			Version: "2.1.0", CUDA: cuda, Flags: "-D_GLIBCXX_USE_CXX11_ABI=0",
		}
		if got != want {
			t.Errorf("findLibtorch = %+v, want %+v", got, want)
		}
		if linked := slices.Contains(got.LinkFlags(), "-ltorch_cuda"); linked != cuda {
			t.Errorf("CUDA %v, yet linked to libtorch_cuda: %v", cuda, linked)
		}
		if want := map[bool]string{false: "cpu", true: "cuda"}[cuda]; got.Kind() != want {
			t.Errorf("Kind = %s, want %s", got.Kind(), want)
		}
	}
}

func TestFindLibtorchRefusesOtherFolders(t *testing.T) {
	dir := fakeLibtorch(t, false)
	if err := os.Remove(filepath.Join(dir, "lib/libtorch_cpu.so")); err != nil {
		t.Fatal(err)
	}
	_, err := findLibtorch(dir)
	if err == nil || !strings.Contains(err.Error(), "does not hold a libtorch") {
		t.Errorf("findLibtorch on an incomplete folder: %v", err)
	}
}

func TestParseVersion(t *testing.T) {
	if _, err := parseVersion("#define TORCH_VERSION_MAJOR 2\n"); err == nil {
		t.Error("a header without minor and patch was accepted")
	}
}
