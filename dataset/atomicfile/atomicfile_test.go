package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteFileKeepsTheOldContentWhenWritingFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := WriteFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w,
			"old")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("disk full")
	err := WriteFile(path, func(w io.Writer) error { io.WriteString(w, "half"); return broken })
	if !errors.Is(err, broken) {
		t.Fatalf("error = %v, want %v", err, broken)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("content = %q, want the old one", got)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files left in the folder, want 1", len(left))
	}
}

func TestWriteFileNamesThePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "f")
	if err := WriteFile(path, func(io.Writer) error { return nil }); !errors.Is(err,
		os.ErrNotExist) {
		t.Fatalf("error = %v, want not exist", err)
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"f":         "",
		"missing/f": "its folder does not exist",
		".":         "it is a folder",
	} {
		err := Check(filepath.Join(dir, name))
		if want == "" && err != nil || want != "" &&
			(err == nil || !strings.Contains(err.Error(), want) ||
				strings.Contains(err.Error(), ".tmp")) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%d files left in the folder", len(left))
	}
}
