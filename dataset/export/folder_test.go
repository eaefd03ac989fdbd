package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// below lists what is below dir.
func below(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(dir, path)
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestExportsNeverMix exports twice into one folder, in every format that needs no DICOM source.
func TestExportsNeverMix(t *testing.T) {
	a, b, c := study("A", 4, 8, 8), study("B", 3, 8, 8), study("C", 5, 8, 8)
	for _, format := range []string{"nnunet", "kaggle", "nifti", "nrrd", "png", "csv"} {
		o := Options{Format: format, Key: []byte("one project")}
		alone := t.TempDir()
		if err := Write(t.Context(), filepath.Join(alone, "out"), sequence(c), o); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		dir := filepath.Join(t.TempDir(), "out")
		if err := Write(t.Context(), dir, sequence(a, b), o); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		before := below(t, dir)
		other := o
		other.Key = []byte("another project")
		err := Write(t.Context(), dir, sequence(c), other)
		if err == nil || !strings.Contains(err.Error(), "choose an empty or new folder") {
			t.Errorf("%s: another project's export: %v", format, err)
		}
		failing := func(yield func(Study, error) bool) {
			if yield(c, nil) {
				yield(Study{}, errors.New("the store is damaged"))
			}
		}
		if Write(t.Context(), dir, failing, o) == nil {
			t.Errorf("%s: a failing export succeeded", format)
		}
		if now := below(t, filepath.Dir(dir)); len(now) != len(before) {
			t.Errorf("%s: after failures %v, before %v", format, now, before)
		}
		if err := Write(t.Context(), dir, sequence(c), o); err != nil {
			t.Errorf("%s: the same project again: %v", format, err)
		}
		if now, want := below(t, dir), below(t, filepath.Join(alone, "out")); !slices.Equal(now,
			want) {
			t.Errorf("%s: the folder holds %v, want %v", format, now, want)
		}
	}
}

func TestExportIntoAUsedFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Write(t.Context(), dir, sequence(study("A", 3, 4, 4)), Options{Format: "png"})
	if err == nil || !strings.Contains(err.Error(), "choose an empty or new folder") {
		t.Errorf("%v", err)
	}
	if all := below(t, dir); !slices.Equal(all, []string{"thesis.txt"}) {
		t.Errorf("the folder holds %v", all)
	}
}

// TestAKilledExportLeavesTheFormer: what a killed export left is swept, and an export that it
// had put aside comes back.
func TestAKilledExportLeavesTheFormer(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	o := Options{Format: "png"}
	if err := Write(t.Context(), dir, sequence(study("A", 3, 4, 4)), o); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(parent, ".out"+stagingEnd+"999999999-1")
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, filepath.Join(left, "former")); err != nil {
		t.Fatal(err)
	}
	sweep(parent, ".out"+stagingEnd)
	if !exists(filepath.Join(dir, markName)) || exists(left) {
		t.Error("the former export is not back")
	}
	if err := Write(t.Context(), dir, sequence(study("B", 3, 4, 4)), o); err != nil {
		t.Error(err)
	}
}
