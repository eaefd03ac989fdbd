package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestWriteWorkspace(t *testing.T) {
	gotch, root := t.TempDir(), t.TempDir()
	for _, name := range []string{
		"go.mod", "LICENSE", "README.md", "ts/tensor.go", "ts/tensor_test.go",
		"example/mnist/main.go", "gen/gen.ml",
		"libtch/lib.go", "libtch/torch_api.h", "libtch/torch_api.cpp", "libtch/" + generatedFile,
	} {
		if err := writeIfNew(filepath.Join(gotch, name), []byte("// "+name+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeWorkspace(root, gotch, "cpu"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		".gotch/go.mod": true, ".gotch/LICENSE": true, ".gotch/ts/tensor.go": true,
		".gotch/libtch/torch_api.h": true, "go.work": true,
		".gotch/ts/tensor_test.go": false, ".gotch/example/mnist/main.go": false,
		".gotch/libtch/torch_api.cpp":    false,
		".gotch/libtch/" + generatedFile: false,
	} {
		if _, err := os.Stat(filepath.Join(root, name)); (err == nil) != want {
			t.Errorf("%s: there is %v, want %v", name, err == nil, want)
		}
	}
	lib, err := os.ReadFile(filepath.Join(root, ".gotch/libtch/lib.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(lib), "backend/cpu -ltch") {
		t.Errorf("lib.go does not link the backend:\n%s", lib)
	}
	testNothingIsWrittenTwice(t, root, gotch)
}

// The backend must define what Go calls. The compiler sees only one of the two.
func TestAdditionsAreDeclaredAsTheyAreDefined(t *testing.T) {
	header, err := os.ReadFile("../../model/internal/capi/glasswork.h")
	if err != nil {
		t.Fatal(err)
	}
	declared, defined := map[string]bool{}, 0
	for _, m := range regexp.MustCompile(`(?m)^(.*\bgw_\w+\(.*\));$`).FindAllSubmatch(header, -1) {
		declared[string(m[1])] = true
	}
	definition := regexp.MustCompile(`(?m)^extern "C" (.*\bgw_\w+\(.*\)) \{`)
	for _, m := range definition.FindAllSubmatch(additions, -1) {
		defined++
		if !declared[string(m[1])] {
			t.Errorf("glasswork.cpp defines %s, glasswork.h declares it not or otherwise", m[1])
		}
	}
	if defined == 0 || defined != len(declared) {
		t.Errorf("%d functions are defined, %d declared", defined, len(declared))
	}
}

func testNothingIsWrittenTwice(t *testing.T, root, gotch string) {
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	path := filepath.Join(root, ".gotch/ts/tensor.go")
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	if err := writeWorkspace(root, gotch, "cpu"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || !info.ModTime().Equal(past) {
		t.Errorf("an unchanged file was written again: %v, %v", info.ModTime(), err)
	}
}
