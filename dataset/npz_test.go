package dataset

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasswork/dataset/npy"
)

// saveNPZ writes arrays of bytes of the size of blocks, packed.
func saveNPZ(t *testing.T, arrays map[string][]byte) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range arrays {
		w, err := z.Create(name + ".npy")
		if err == nil {
			err = npy.WriteHeader(w, "|u1", 6, 8, 10)
		}
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "arrays.npz")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNPZHoldsSeriesAndLabels(t *testing.T) {
	l := blocks()
	path := saveNPZ(t, map[string][]byte{"labels": l.Labels})
	series, _, err := Open(t.Context(), path)
	if err != nil || len(series) != 1 || series[0].Geometry.Size != l.Size {
		t.Fatalf("%d series, %v", len(series), err)
	}
	closeAll(series)
	got, err := put(t, path, ours(), l.Geometry)
	if err != nil || !bytes.Equal(got.Labels.Labels, l.Labels) {
		t.Errorf("labels differ, %v", err)
	}
	two := saveNPZ(t, map[string][]byte{"a": l.Labels, "b": make([]byte, len(l.Labels))})
	if _, err := OpenSegmentation(t.Context(), two); err == nil ||
		!strings.Contains(err.Error(), "several label maps") {
		t.Errorf("two label maps: %v", err)
	}
}
