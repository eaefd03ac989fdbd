//go:build unix

package project

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPipesAndDevicesAreNotRead puts a pipe, a device and a folder where the project's files are.
func TestPipesAndDevicesAreNotRead(t *testing.T) {
	for _, file := range []string{
		"blobs/*/*", "blobs/*/*.gz", "models/*", databaseName, databaseName + "-wal",
	} {
		for name, put := range map[string]func(path string) error{
			"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
			"device": func(path string) error { return os.Symlink("/dev/zero", path) },
			"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		} {
			t.Run(name+" for "+file, func(t *testing.T) {
				dir := t.TempDir()
				full(t, dir)
				paths, err := filepath.Glob(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				if len(paths) == 0 {
					paths = []string{filepath.Join(dir, file)}
				}
				for _, path := range paths {
					if err := os.RemoveAll(path); err != nil {
						t.Fatal(err)
					}
					if err := put(path); err != nil {
						t.Fatal(err)
					}
				}
				done := make(chan error, 1)
				go func() { done <- readAllAndUse(t, dir) }()
				select {
				case err := <-done:
					if err == nil {
						t.Error("believed")
					}
				case <-time.After(20 * time.Second):
					t.Fatal("it takes for ever")
				}
			})
		}
	}
}

// readAllAndUse is readAll, and takes the current model into use once more.
func readAllAndUse(t *testing.T, dir string) error {
	if err := readAll(t.Context(), dir); err != nil {
		return err
	}
	p, err := Open(t.Context(), dir)
	if err != nil {
		return err
	}
	defer p.Close()
	m, err := p.CurrentModel(t.Context())
	if err != nil {
		return err
	}
	return p.UseModel(t.Context(), m.ID)
}
