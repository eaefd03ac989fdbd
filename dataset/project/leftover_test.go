package project

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLeftoversOfKilledJobsAreSwept: what a killed program left goes at the next opening, but not
// while somebody has the project open, and nothing else goes.
func TestLeftoversOfKilledJobsAreSwept(t *testing.T) {
	dir := t.TempDir()
	full(t, dir)
	write := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	there := func(path string) bool { _, err := os.Stat(path); return err == nil }
	left := []string{
		write(".candidate-123/candidate.safetensors"), write(".glasswork-77.tmp"),
		write("models/.abc.safetensors.12345678.tmp"), write("blobs/ab/.abcd.gz.12345678.tmp"),
	}
	kept := []string{
		write("notes.txt"), write("mine.tmp"), write("my folder/.x.tmp"),
		write("models/other.safetensors"),
	}
	p, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if there(path) {
			t.Errorf("%s is still there", path)
		}
	}
	work, done, err := p.WorkFolder()
	if err != nil {
		t.Fatal(err)
	}
	q := open(t, dir) // a second window while a job works
	if !there(work) {
		t.Error("what a running job makes is removed")
	}
	if q.Close(); !there(work) {
		t.Error("what a running job makes is removed when the other window closes")
	}
	done()
	if there(work) {
		t.Error("a job's folder stays")
	}
	p.Close()
	for _, path := range kept {
		if !there(path) {
			t.Errorf("%s was removed", path)
		}
	}
	if err := readAll(t.Context(), dir); err != nil {
		t.Error(err)
	}
}
