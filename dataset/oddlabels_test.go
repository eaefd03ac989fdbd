package dataset

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"glasswork/dataset/shared"
)

// Every file of the collections of damaged and rare files is annotation that can be read, or
// is refused with a sentence that names it, quickly and without taking memory.
func TestOddFilesAsAnnotation(t *testing.T) {
	for _, collection := range []string{
		"nifti-odd", "dicom-fuzz", "dicom-seg",
		"ct-nifti-totalseg",
	} {
		err := filepath.WalkDir(shared.Data(t, collection), func(path string, d os.DirEntry,
			err error,
		) error {
			if err == nil && d.Type().IsRegular() {
				checkOddLabels(t, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func checkOddLabels(t *testing.T, path string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := shared.Processor()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, err := OpenSegmentation(ctx, path)
	runtime.ReadMemStats(&after)
	if took := shared.Processor() - start; took > 2*time.Second &&
		after.TotalAlloc-before.TotalAlloc < 64<<20 {
		t.Errorf("%s took %v", path, took)
	}
	info, statErr := os.Stat(path)
	if statErr != nil {
		t.Fatal(statErr)
	}
	// A label map's voxels are unpacked, twice at most while memory grows, and indexed.
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(64<<20+200*info.Size()); got > most {
		t.Errorf("%s allocated %d bytes, it has %d", path, got, info.Size())
	}
	checkSentence(t, path, err)
	if err != nil && !strings.Contains(err.Error(), filepath.Base(path)) {
		t.Errorf("%s is not named in %q", path, err)
	}
	if err == nil {
		for _, w := range s.Warnings {
			checkSentence(t, path, errorString(w))
		}
	}
}

// errorString is a sentence as an error.
type errorString string

func (e errorString) Error() string { return string(e) }
