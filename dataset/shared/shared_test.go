package shared

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkout makes a folder with go.mod and a package in it, goes there, and returns where shared
// belongs.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	inside := filepath.Join(dir, "checkout", "some", "package")
	if err := os.MkdirAll(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "checkout", "go.mod"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inside)
	return filepath.Join(dir, "shared")
}

// probe stands for a test that asks for data; a panic ends it where a test would end.
type probe struct {
	testing.TB
	ended string
}

func (p *probe) Helper()               {}
func (p *probe) Name() string          { return "TestOfAProbe" }
func (p *probe) Skip(...any)           { p.ended = "skipped"; panic(p) }
func (p *probe) Fatal(...any)          { p.ended = "failed"; panic(p) }
func (p *probe) Fatalf(string, ...any) { p.ended = "failed"; panic(p) }

// ask asks for a folder of data and says how the test that asked ended.
func ask(name string) (path, ended string) {
	p := &probe{}
	defer func() {
		if recover() != nil {
			ended = p.ended
		}
	}()
	return Data(p, name), "given"
}

func TestWithoutTheFolderATestIsSkippedAndCounted(t *testing.T) {
	checkout(t)
	list := filepath.Join(t.TempDir(), "skips")
	t.Setenv(SkipsVariable, list)
	for range 2 {
		if _, ended := ask("series"); ended != "skipped" {
			t.Fatalf("the test was %s", ended)
		}
	}
	text, err := os.ReadFile(list)
	if err != nil || strings.Count(string(text), "TestOfAProbe\n") != 2 {
		t.Errorf("the list holds %q, %v", text, err)
	}
}

func TestWithTheFolderNothingMayBeMissing(t *testing.T) {
	here := filepath.Join(checkout(t), "data", "series")
	if err := os.MkdirAll(here, 0o755); err != nil {
		t.Fatal(err)
	}
	if path, ended := ask("series"); path != here {
		t.Errorf("the test was %s %q, want %q", ended, path, here)
	}
	if _, ended := ask("another"); ended != "failed" {
		t.Errorf("the test was %s", ended)
	}
}
