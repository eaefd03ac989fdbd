package study

import (
	"encoding/binary"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// numbers is a picture of 7 columns and 5 rows.
func numbers() []float32 {
	a := make([]float32, 35)
	for i := range a {
		a[i] = float32(i*37%101 - 50)
	}
	return a
}

// What Pillow 9.4 makes of numbers().
func TestResizeIsPillows(t *testing.T) {
	want := []float32{
		-2.578845977783203, -9.198591232299805, -0.6988840103149414, -1.6732929944992065,
		-0.3551810085773468, 10.817235946655273, -2.1119110584259033, 7.357734203338623,
		-5.056389808654785,
	}
	got := Resize(numbers(), 7, 5, 3)
	for i, v := range want {
		if math.Abs(float64(got[i]-v)) > 1e-5 {
			t.Errorf("pixel %d is %g, Pillow says %g", i, got[i], v)
		}
	}
}

func TestResizeToTheSameSizeCopies(t *testing.T) {
	src := []float32{1, 2, 3, 4}
	got := Resize(src, 2, 2, 2)
	src[0] = 9
	if got[0] != 1 || got[3] != 4 {
		t.Errorf("got %v", got)
	}
}

// pillowResize reads w, h, size and float32 numbers, and writes float32 numbers.
const pillowResize = `
import sys, numpy
from PIL import Image
w, h, size = map(int, sys.argv[1:])
a = numpy.frombuffer(sys.stdin.buffer.read(), "<f4").reshape(h, w)
b = numpy.asarray(Image.fromarray(a, "F").resize((size, size)))
sys.stdout.buffer.write(b.astype("<f4").tobytes())
`

func TestResizeBesidePillow(t *testing.T) {
	if exec.Command("/usr/bin/python3", "-c", "import numpy, PIL").Run() != nil {
		t.Skip("python3 with numpy and Pillow is not installed")
	}
	for _, c := range []struct{ w, h, size int }{
		{512, 512, 256}, {153, 507, 256}, {100, 64, 128}, {64, 256, 256}, {31, 17, 96},
	} {
		src := make([]float32, c.w*c.h)
		for i := range src {
			src[i] = float32(int32(uint32(i)*2654435761)>>16) / 16 // −2048 … 2048
		}
		cmd := exec.Command("/usr/bin/python3", "-c", pillowResize, strconv.Itoa(c.w),
			strconv.Itoa(c.h), strconv.Itoa(c.size))
		var in strings.Builder
		_ = binary.Write(&in, binary.LittleEndian, src)
		cmd.Stdin = strings.NewReader(in.String())
		out, err := cmd.Output()
		if err != nil || len(out) != 4*c.size*c.size {
			t.Fatalf("Pillow wrote %d bytes: %v", len(out), err)
		}
		got, most := Resize(src, c.w, c.h, c.size), 0.0
		for i, v := range got {
			most = max(most,
				math.Abs(float64(v-math.Float32frombits(binary.LittleEndian.Uint32(out[4*i:])))))
		}
		t.Logf("%d × %d to %d: at most %.2g apart", c.w, c.h, c.size, most)
		if most > 1e-3 { // float32 has steps of 2.4e-4 at 2048
			t.Errorf("%d × %d to %d: %g apart from Pillow", c.w, c.h, c.size, most)
		}
	}
}
