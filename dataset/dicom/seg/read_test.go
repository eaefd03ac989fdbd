package seg

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/annotation"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/shared"
)

// readFile reads the segmentation in a file.
func readFile(ctx context.Context, path string) (*annotation.Segmentation, error) {
	o, err := object.Open(path)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return Read(ctx, path, o)
}

// read reads a segmentation and fails the test if it cannot be read.
func read(t testing.TB, path string) (*annotation.Segmentation, *frames) {
	t.Helper()
	s, err := readFile(t.Context(), path)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	return s, s.Rasteriser.(*frames)
}

// lines describes a segmentation as testdata/frames.py does.
func (f *frames) lines() []string {
	var out []string
	for i := range f.list {
		fr := &f.list[i]
		numbers := []int{fr.segment}
		if f.kind == ofLabels {
			numbers = append([]int{f.background}, f.numbers...)
		}
		for _, n := range numbers {
			drawn, mask, sum := f.shows(fr, n), make([]byte, f.pixelCount()), 0
			for i := range mask {
				if drawn(i) {
					mask[i] = 1
					sum++
				}
			}
			where := ""
			if fr.placed {
				where = fmt.Sprintf("%.4f %.4f %.4f", fr.position[0], fr.position[1],
					fr.position[2])
			}
			out = append(out, fmt.Sprintf("%d %s %x %d", n, where, sha256.Sum256(mask), sum))
		}
	}
	for i, line := range out { // the first 16 characters of the digest, as the script prints them
		parts := strings.Fields(line)
		parts[len(parts)-2] = parts[len(parts)-2][:16]
		out[i] = strings.Join(parts, " ")
	}
	return out
}

// pydicom runs testdata/frames.py. It skips the test if there is no pydicom.
func pydicom(t testing.TB, path string) []string {
	t.Helper()
	out, err := exec.Command("/usr/bin/python3", "testdata/frames.py", path).CombinedOutput()
	var exit *exec.ExitError
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) ||
		errors.As(err, &exit) && exit.ExitCode() == 42 {
		t.Skip("python3 with pydicom is not installed")
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", filepath.Base(path), err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	return lines
}

func TestForeignFilesReadAsPydicomReadsThem(t *testing.T) {
	for _, c := range []struct {
		file     string
		segments int
		first    string
	}{
		{"dicom-seg/dcmqi/liver.dcm", 1, "Liver"},
		{"dicom-seg/dcmqi/partial_overlaps.dcm", 5, "GREEN"},
		{"dicom-seg/dcmqi/24x38x3/seg/label.seg", 1, "Liver"},
		{"dicom-seg/dcmqi/sparse-labelmap-noppv.dcm", 1, "Liver"},
		{"dicom-seg/highdicom/seg_image_ct_binary.dcm", 1, "first segment"},
		{"dicom-seg/highdicom/seg_image_ct_binary_overlap.dcm", 2, "first segment"},
		{"dicom-seg/highdicom/seg_image_ct_true_fractional.dcm", 1, "first segment"},
		{"dicom-seg/highdicom/seg_image_sm_control_labelmap.dcm", 20, "RGB(37, 231, 253)"},
		{"dicom-syntaxes/pydicom-data/liver.dcm", 1, "Liver"},
		{"dicom-syntaxes/pydicom-data/liver_nonbyte_aligned.dcm", 1, "Liver"},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			path := shared.Data(t, c.file)
			s, f := read(t, path)
			if len(s.Segments) != c.segments || s.Segments[0].Label != c.first {
				t.Errorf("segments %+v", s.Segments)
			}
			if got, want := f.lines(), pydicom(t, path); !slices.Equal(got, want) {
				t.Errorf("read\n%s\npydicom\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if len(s.Warnings) > 0 {
				t.Errorf("warnings %q", s.Warnings)
			}
		})
	}
}

func TestCompressedFilesHoldTheSameVoxels(t *testing.T) {
	for plain, packed := range map[string][]string{
		"liver":                 {"liver_deflate", "liver_j2k"},
		"liver_nonbyte_aligned": {"liver_nonbyte_aligned_rle", "liver_nonbyte_aligned_j2k"},
	} {
		_, want := read(t, shared.Data(t, "dicom-syntaxes/pydicom-data/"+plain+".dcm"))
		for _, name := range packed {
			_, got := read(t, shared.Data(t, "dicom-syntaxes/pydicom-data/"+name+".dcm"))
			if !slices.Equal(got.lines(), want.lines()) {
				t.Errorf("%s differs from %s", name, plain)
			}
		}
	}
}
