package dicom

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glasswork/dataset/volume"
)

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

// tool returns the path of a program that makes test files, or skips the test.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: make test-packages installs it", name)
	}
	return path
}

// runTool runs a program and fails the test if the program fails.
func runTool(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(tool(t, name), args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// pattern returns rows × columns of smooth shapes and noise that use all of bits.
func pattern(rows, columns, bits int, signed bool) []int {
	random := rand.New(rand.NewPCG(1, uint64(bits)))
	out := make([]int, rows*columns)
	for i := range out {
		y, x := i/columns, i%columns
		wave := 0.5 + 0.4*math.Sin(float64(x)/7)*math.Cos(float64(y)/5)
		v := int(wave*float64(int(1)<<bits)) + random.IntN(1<<bits/16+1)
		switch { // the ends of the range, in plains and next to each other
		case y < 3:
			v = (x / 2 % 2) * (1<<bits - 1)
		case y < 5:
			v = 0
		}
		out[i] = min(v, 1<<bits-1)
		if signed {
			out[i] -= 1 << (bits - 1)
		}
	}
	return out
}

// picture returns a slice with the pixels of pattern, without a rescale that could hide errors.
func picture(rows, columns, bits int, signed bool) file {
	allocated, sign := 16, uint16(0)
	pixels := pattern(rows, columns, bits, signed)
	data := words(pixels...)
	if bits == 8 {
		allocated, data = 8, nil
		for _, v := range pixels {
			data = append(data, byte(v))
		}
	}
	if signed {
		sign = 1
	}
	return slice(1).with(file{
		tagRows: uint16(rows), tagColumns: uint16(columns), tagBitsAllocated: uint16(allocated),
		tagBitsStored: uint16(bits),
		tagHighBit:    uint16(bits - 1), tagSigned: sign, tagIntercept: "0", tagPixelData: data,
	})
}

// packed returns a file whose pixels are in fragments, without an offset table.
func packed(f file, uid string, fragments ...[]byte) []byte {
	out := f.with(file{tagPixelData: nil}).encode(uid)
	out = append(out,
		"\xE0\x7F\x10\x00OB\x00\x00\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\x00\x00\x00\x00"...)
	for _, b := range fragments {
		if len(b)%2 == 1 {
			b = append(slices.Clone(b), 0)
		}
		out = append(out, "\xFE\xFF\x00\xE0"...)
		out = append(binary.LittleEndian.AppendUint32(out, uint32(len(b))), b...)
	}
	return append(out, "\xFE\xFF\xDD\xE0\x00\x00\x00\x00"...)
}

const (
	uidJ2K   = "1.2.840.10008.1.2.4.90"
	uidHTJ2K = "1.2.840.10008.1.2.4.201"
	uidRLE   = "1.2.840.10008.1.2.5"

	uidBaseline       = "1.2.840.10008.1.2.4.50"
	uidDeflatedFrames = "1.2.840.10008.1.2.8.1"
)

// jpeg2000 compresses values without loss by a tool. The codestream states bits and sign. If it is
// to be unsigned, negative values become two's complement of its bits.
func jpeg2000(t testing.TB, uid, ending string, columns, bits int, signed bool, values []int,
	args ...string,
) []byte {
	t.Helper()
	var raw []byte
	for _, v := range values {
		if !signed {
			v &= 1<<bits - 1
		}
		if raw = append(raw, byte(v)); bits > 8 {
			raw = append(raw, byte(v>>8))
		}
	}
	in, out := filepath.Join(t.TempDir(), "a.rawl"), filepath.Join(t.TempDir(), "a"+ending)
	program, sign := "opj_compress", map[bool]string{true: "s", false: "u"}[signed]
	args = append(args, "-F", fmt.Sprintf("%d,%d,1,%d,%s", columns, len(values)/columns, bits,
		sign))
	if uid == uidHTJ2K {
		program, in = "ojph_compress", strings.TrimSuffix(in, "l")
		args = []string{
			"-reversible", "true", "-num_comps", "1", "-dims", fmt.Sprintf("{%d,%d}", columns,
				len(values)/columns),
			"-bit_depth", strconv.Itoa(bits), "-signed", strconv.FormatBool(signed), "-downsamp",
			"{1,1}",
		}
	}
	save(t, in, raw)
	runTool(t, program, append([]string{"-i", in, "-o", out}, args...)...)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
