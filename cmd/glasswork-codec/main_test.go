package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A packaged Glasswork starts where neither library is installed: OpenJPEG is in the
// program, CharLS is looked for in lib beside it first, where make build puts it.
func TestTheLibrariesComeWithTheProgram(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "glasswork-codec")
	run(t, "go", "build", "-o", program, ".")
	library := strings.TrimSpace(run(t, "sh", "-c", "$(go env CC) -print-file-name=libcharls.so.2"))
	if err := os.Mkdir(filepath.Join(dir, "lib"), 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, "cp", "-L", library, filepath.Join(dir, "lib"))
	charls := false
	for line := range strings.Lines(run(t, "ldd", program)) {
		if strings.Contains(line, "openjp") {
			t.Errorf("the program needs a library that it should hold: %s", line)
		}
		charls = charls || strings.Contains(line, "=> "+filepath.Join(dir, "lib", "libcharls.so.2"))
	}
	if !charls {
		t.Error("the program does not take CharLS from the folder beside it")
	}
}

// run returns what a command says.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}
