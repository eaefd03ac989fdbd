package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADemoReplacesOnlyItsOwn(t *testing.T) {
	for _, name := range []string{"project/project.db", "dicom/a.dcm", "export/x", "slice-1.png"} {
		d := &Demo{Out: t.TempDir()}
		path := filepath.Join(d.Out, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := d.prepare(t.Context()); err == nil ||
			!strings.Contains(err.Error(), "no demo has made") {
			t.Errorf("%s: %v", name, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
			t.Errorf("%s holds %q now, %v", name, b, err)
		}
	}
	d := &Demo{Out: filepath.Join(t.TempDir(), "new")}
	for range 2 {
		if err := d.prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := d.project.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
