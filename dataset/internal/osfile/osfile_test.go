package osfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenTellsTheSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("seven b"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, size, err := Open(path)
	if err != nil || size != 7 {
		t.Fatalf("Open = %d bytes, %v; want 7", size, err)
	}
	f.Close()
}

func TestErrorsDoNotRepeatThePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "patient-name", "f")
	_, _, err := Open(path)
	if !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "patient-name") {
		t.Fatalf("Open of a missing file = %v; want not exist, without the path", err)
	}
}
