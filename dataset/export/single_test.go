package export

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"glasswork/dataset"
	"glasswork/dataset/annotation"
	"glasswork/dataset/example"
)

// A CT and its labels come back as they were, and their names need no question; where only
// reviewed slices are wanted the others say that they are not.
func TestExportedVolumesReopen(t *testing.T) {
	s := study("A0001", 5, 12, 16)
	for format, files := range map[string][2]string{"nifti": {
		"A0001_ct.nii.gz",
		"A0001_labels.nii.gz",
	}, "nrrd": {"A0001.nrrd", "A0001.seg.nrrd"}} {
		for _, only := range []bool{false, true} {
			dir := t.TempDir()
			if err := Write(t.Context(), dir, sequence(s), Options{
				Format:       format,
				OnlyReviewed: only,
			}); err != nil {
				t.Fatal(err)
			}
			all, _, err := dataset.Open(t.Context(), filepath.Join(dir, files[0]))
			if err != nil {
				t.Fatal(err)
			}
			v, err := all[0].Read(t.Context())
			err = errors.Join(err, all[0].Close())
			if err != nil || !v.SameGrid(s.CT.Geometry) || !slices.Equal(v.HU, s.CT.HU) {
				t.Errorf("%s: the CT differs, %v", format, err)
			}
			labels, err := dataset.OpenSegmentation(t.Context(), filepath.Join(dir, files[1]))
			if err != nil {
				t.Fatal(err)
			}
			got, err := annotation.Mark(t.Context(), labels, annotation.Mapping{}, s.CT.Geometry)
			if err != nil || len(got.Warnings) > 0 {
				t.Fatalf("%s: warnings %q, %v", format, got.Warnings, err)
			}
			for z, reviewed := range s.Reviewed {
				want := s.Labels.Slice(z)
				if only && !reviewed {
					want = make([]uint8, len(want))
				}
				if !bytes.Equal(got.Labels.Slice(z), want) {
					t.Errorf("%s, only reviewed %v: slice %d differs", format, only, z+1)
				}
			}
		}
	}
}

// Pairs of pictures are read back by our own reader: HU to a whole one inside the window,
// classes exactly.
func TestExportedPicturesReopen(t *testing.T) {
	s := study("A0001", 5, 12, 16)
	for _, only := range []bool{false, true} {
		dir := t.TempDir()
		if err := Write(t.Context(), dir, sequence(s), Options{
			Format:       "png",
			OnlyReviewed: only,
		}); err != nil {
			t.Fatal(err)
		}
		e, err := example.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{false: 5, true: 3}[only]; e.Len() != want {
			t.Errorf("%d pairs, want %d", e.Len(), want)
		}
		for i := range e.Len() {
			z := i
			if only {
				z++ // the first is not reviewed
			}
			x, err := e.At(t.Context(), i)
			if err != nil || !bytes.Equal(x.Labels, s.Labels.Slice(z)) {
				t.Fatalf("pair %d: labels differ, %v", i, err)
			}
			for at, hu := range s.CT.Slice(z) {
				if want := min(max(hu, -1100), 300); x.HU[at] != want {
					t.Fatalf("pair %d: %d HU became %d", i, hu, x.HU[at])
				}
			}
		}
		if b, err := os.ReadFile(filepath.Join(dir, "index.csv")); err != nil ||
			bytes.Count(b, []byte("\n")) != e.Len()+1 {
			t.Errorf("index.csv: %q, %v", b, err)
		}
	}
}

// A header extension does not keep others from reading the labels.
func TestNibabelReadsNamedLabels(t *testing.T) {
	s := study("A", 4, 6, 8)
	dir := t.TempDir()
	if err := Write(t.Context(), dir, sequence(s), Options{Format: "nifti"}); err != nil {
		t.Fatal(err)
	}
	const script = `
import sys
try:
    import nibabel, numpy
except ImportError:
    sys.exit(42)
im = nibabel.load(sys.argv[1])
e, = im.header.extensions
assert e.get_code() == 30 and b'>consolidation<' in e.get_content(), e.get_content()
sys.stdout.buffer.write(numpy.asfortranarray(im.dataobj).astype('u1').tobytes('F'))
`
	out, err := exec.Command("/usr/bin/python3", "-c", script,
		filepath.Join(dir, "A_labels.nii.gz")).Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() != 42:
		t.Fatalf("nibabel: %s", exit.Stderr)
	case err != nil:
		t.Skip("python3 with nibabel is not installed")
	}
	if !bytes.Equal(out, s.Labels.Labels) {
		t.Error("nibabel reads other labels")
	}
}

func TestEveryFormatHasAName(t *testing.T) {
	ids := map[string]bool{}
	for _, f := range Formats() {
		if f.Name == "" || ids[f.ID] {
			t.Errorf("format %+v", f)
		}
		ids[f.ID] = true
	}
}
