package dataset

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"glasswork/dataset/shared"
)

// TestMutants opens real files with a few bytes changed, as disks, networks and bad
// software change them. GLASSWORK_MUTANTS says how many of each file.
func TestMutants(t *testing.T) {
	count := 1
	if n, err := strconv.Atoi(os.Getenv("GLASSWORK_MUTANTS")); err == nil {
		count = n
	}
	var files []string
	for _, collection := range []string{"dicom-syntaxes", "dicom-fuzz/baseline", "nifti-odd"} {
		root := shared.Data(t, filepath.FromSlash(collection))
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && filepath.Dir(path) != filepath.Join(root,
				"TINY_ALPHA") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r, dir := rand.New(rand.NewPCG(1, uint64(count))), t.TempDir()
	for _, file := range files {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range count {
			path := filepath.Join(dir, strconv.Itoa(i)+"-"+filepath.Base(file))
			if err := os.WriteFile(path, mutant(r, whole), 0o600); err != nil {
				t.Fatal(err)
			}
			checkOdd(t, path)
			if t.Failed() {
				if kept := os.Getenv("GLASSWORK_MUTANT"); kept != "" {
					_ = os.Rename(path, kept)
				}
				t.FailNow()
			}
			_ = os.Remove(path)
		}
	}
}

// mutant changes one to four places of b, mostly near its beginning, where headers are.
func mutant(r *rand.Rand, b []byte) []byte {
	b = append([]byte{}, b...)
	for range 1 + r.IntN(4) {
		if len(b) < 8 {
			return b
		}
		reach := len(b)
		if r.IntN(4) > 0 {
			reach = min(reach, 6000)
		}
		at := r.IntN(reach)
		rest := b[at:]
		switch r.IntN(8) {
		case 0:
			rest[0] ^= 1 << r.IntN(8)
		case 1:
			rest[0] = byte(r.IntN(256))
		case 2: // a length without end, or close to it
			for i := range min(4, len(rest)) {
				rest[i] = 0xFF
			}
		case 3:
			for i := range min(1+r.IntN(8), len(rest)) {
				rest[i] = 0
			}
		case 4: // a length of some megabytes
			copy(rest, []byte{
				byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)),
				byte(r.IntN(3)),
			})
		case 5:
			b = b[:at]
		case 6: // a part twice
			n := min(1+r.IntN(64), len(rest))
			b = append(b[:at:at], append(append([]byte{}, rest[:n]...), rest...)...)
		case 7: // a part gone
			n := min(1+r.IntN(64), len(rest))
			b = append(b[:at:at], rest[n:]...)
		}
	}
	return b
}
