package dicom

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasswork/dataset/dicom/codec/codectest"
	"glasswork/dataset/volume"
)

func TestMain(m *testing.M) { os.Exit(codectest.Main(m)) }

// shared is a folder of the collected files, or skips the test.
func shared(t testing.TB, folder string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", folder)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not here", path)
	}
	return path
}

// readOne reads the only series of a file or folder.
func readOne(t testing.TB, paths ...string) *volume.Volume {
	t.Helper()
	r, err := Scan(t.Context(), paths[0], paths)
	if err != nil || len(r.Series) != 1 {
		t.Fatalf("%s: %d series, %q, %v", paths[0], len(r.Series), r.Skipped, err)
	}
	defer r.Series[0].Source.Close()
	v, err := r.Series[0].Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// worst is the largest difference of two volumes in HU.
func worst(t testing.TB, a, b *volume.Volume) int {
	t.Helper()
	if len(a.HU) != len(b.HU) {
		t.Fatalf("%d voxels and %d", len(a.HU), len(b.HU))
	}
	largest := 0
	for i, v := range a.HU {
		largest = max(largest, int(v)-int(b.HU[i]), int(b.HU[i])-int(v))
	}
	return largest
}

// One slice in every transfer syntax. The lossy JPEG files were rescaled to 8 or 12 bits before they
// were compressed: their bounds are a step of that and what the compression changed.
func TestOneSliceInEverySyntax(t *testing.T) {
	folder := shared(t, "dicom-syntaxes/ctimage")
	want := readOne(t, filepath.Join(folder, "CTImage.dcm"))
	for name, allowed := range map[string]int{
		"LittleEndianImplicit": 0, "LittleEndianExplicit": 0, "BigEndianExplicit": 0, "DeflatedExplicit": 0, "RLELossless": 0,
		"JPEGProcess14Transfer": 0, "JPEGProcess14SV1": 0, "JPEGLSLossless": 0, "JPEGLSLossy": 1,
		"JPEG2000LosslessOnly": 0, "JPEG2000Transfer": 5,
		"JPEGProcess1Transfer": 64, "JPEGProcess2_4": 36, "JPEGProcess6_8": 36, "JPEGProcess10_12": 36,
	} {
		found, err := filepath.Glob(filepath.Join(folder, "CTImage.dcm_"+name+"*"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v, %v", name, found, err)
		}
		if got := worst(t, readOne(t, found[0]), want); got > allowed {
			t.Errorf("%s differs by up to %d HU, allowed are %d", strings.TrimPrefix(filepath.Base(found[0]), "CTImage.dcm_"), got, allowed)
		}
	}
}
