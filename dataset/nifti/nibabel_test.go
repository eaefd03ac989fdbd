package nifti

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os/exec"
	"path/filepath"
	"testing"

	"glasswork/dataset/shared"
)

// nibabelCheck is a Python program that writes, for every file, the size of its volume in LPS order
// and its scaled voxels as float64.
const nibabelCheck = `
import sys
try:
    import nibabel, numpy
except ImportError:
    sys.exit(42)
for path in sys.argv[1:]:
    im = nibabel.load(path)
    if im.header['sform_code'] > 0 or im.header['qform_code'] > 0:
        im = nibabel.as_closest_canonical(im)
    a = numpy.asarray(im.dataobj, dtype='<f8')
    a = a.reshape(a.shape[:3] + (1,) * (3 - a.ndim))[::-1, ::-1, :]
    sys.stdout.buffer.write(numpy.array(a.shape, dtype='<f8').tobytes())
    sys.stdout.buffer.write(numpy.asfortranarray(a).tobytes('F'))
`

// Every NIfTI file in the collection of unusual files is read as nibabel reads it, or refused.
func TestNibabelAgreesOnOddFiles(t *testing.T) {
	root := shared.Data(t, "nifti-odd")
	var paths []string
	var images []*image
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !IsName(path) {
			return err
		}
		im, err := openImage(path)
		if err != nil {
			t.Logf("%s is refused: %v", path, err)
			return nil
		}
		paths, images = append(paths, path), append(images, im)
		return nil
	})
	if err != nil || len(images) < 15 {
		t.Fatalf("%d files were opened, %v", len(images), err)
	}
	out, err := exec.Command("/usr/bin/python3", append([]string{"-c", nibabelCheck},
		paths...)...).Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() != 42:
		t.Fatalf("what we open nibabel does not: %s", exit.Stderr)
	case err != nil:
		t.Skip("python3 with nibabel is not installed")
	}
	numbers := make([]float64, len(out)/8)
	if _, err := binary.Decode(out, binary.LittleEndian, numbers); err != nil {
		t.Fatal(err)
	}
	for i, im := range images {
		numbers = compare(t, paths[i], im, numbers)
	}
}

// compare compares an image with the first of the numbers and returns the rest.
func compare(t *testing.T, path string, im *image, numbers []float64) (rest []float64) {
	t.Helper()
	defer im.Close()
	n := im.Geometry.Size
	if number := numbers[:3]; number[0] != float64(n[2]) || number[1] != float64(n[1]) ||
		number[2] != float64(n[0]) {
		t.Fatalf("%s: size %v, nibabel says %v", path, n, number)
	}
	numbers = numbers[3:]
	wrong := 0
	for z := range n[0] {
		err := im.Each(t.Context(), z, func(i int, v float64) error {
			want := numbers[z*im.Geometry.SliceVoxels()+i]
			if v = v*im.Slope + im.Intercept; math.Abs(v-want) > 1e-6*math.Abs(want) {
				wrong++
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d of %d voxels differ from nibabel's", path, wrong, im.Geometry.Voxels())
	}
	return numbers[im.Geometry.Voxels():]
}
