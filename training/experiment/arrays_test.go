package experiment

import (
	"encoding/binary"
	"io"
	"math"
	"path/filepath"
	"testing"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/dataset/npy"
	"glasswork/dataset/shared"
)

// writeArray writes an array as NumPy does.
func writeArray(t *testing.T, path string, values []float32, shape ...int) {
	t.Helper()
	err := atomicfile.WriteFile(path, func(w io.Writer) error {
		if err := npy.WriteHeader(w, "<f4", shape...); err != nil {
			return err
		}
		return binary.Write(w, binary.LittleEndian, values)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// kaggleArrays writes arrays as the study's are laid out: slices of side × side with four
// squares, one of each channel.
func kaggleArrays(t *testing.T, medseg, radiopedia, side int) string {
	t.Helper()
	dir := t.TempDir()
	for name, n := range map[string]int{"medseg": medseg, "radiopedia": radiopedia} {
		images, masks := make([]float32, 0, n*side*side), make([]float32, 0, n*side*side*4)
		for z := range n {
			for i := range side * side {
				channel := 2*(i/side*2/side) + i%side*2/side
				images = append(images, float32(channel*300)-1000+float32(z%7)/4)
				pixel := [4]float32{}
				pixel[channel] = 1
				masks = append(masks, pixel[:]...)
			}
		}
		writeArray(t, filepath.Join(dir, "images_"+name+".npy"), images, n, side, side, 1)
		writeArray(t, filepath.Join(dir, "masks_"+name+".npy"), masks, n, side, side, 4)
	}
	return dir
}

// The study's arrays: channels become classes, values keep their fractions and are scaled
// by the least and the greatest of all slices.
func TestPrepare(t *testing.T) {
	d, err := OpenData(t.Context(), []string{kaggleArrays(t, 3, 5, 64)}, nil)
	if err != nil || d.Pool.Len() != 8 || d.Arrays {
		t.Fatalf("%+v, %v", d, err)
	}
	a, err := prepare(t.Context(), d.Pool, 32)
	if err != nil {
		t.Fatal(err)
	}
	corners := map[int]classes.Class{
		0: classes.GroundGlass, 31: classes.Consolidation, 31 * 32: classes.LungsOther,
		32*32 - 1: classes.Background,
	}
	for at, class := range corners {
		if got := a.labels(5)[at]; got != class {
			t.Errorf("pixel %d is %d, want %d", at, got, class)
		}
	}
	low, high := float32(1), float32(0)
	for _, v := range a.x {
		low, high = min(low, v), max(high, v)
	}
	if low != 0 || high != 1 {
		t.Errorf("values from %g to %g", low, high)
	}
	// Slice 0 and slice 1 of an array are 0.25 apart, of about 900 (and bicubic overshoot).
	if step := float64(a.image(1)[0] - a.image(0)[0]); math.Abs(step-0.25/1000) > 0.05/1000 {
		t.Errorf("a step of a quarter became %g", step)
	}
}

// On an edge the resized channels are equal: the first in the study's order counts.
func TestEqualChannels(t *testing.T) {
	side := 8
	masks := make([]float32, 0, side*side*4)
	for i := range side * side {
		pixel := [4]float32{3: 1} // background
		if i%side >= side/2+1 {   // the edge lies in the middle of a pixel after halving
			pixel = [4]float32{1: 1}
		}
		masks = append(masks, pixel[:]...)
	}
	dir := t.TempDir()
	writeArray(t, filepath.Join(dir, "images.npy"), make([]float32, side*side), 1, side, side, 1)
	writeArray(t, filepath.Join(dir, "masks.npy"), masks, 1, side, side, 4)
	d, err := OpenData(t.Context(), []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(t.Context(), d.Pool, 4); err == nil {
		t.Error("empty images are scaled")
	}
	a := &arrays{n: 1, size: 4, y: make([]uint8, 16)}
	r, err := example.ReadRaw(t.Context(), d.Pool, 0)
	if err != nil {
		t.Fatal(err)
	}
	classify(a.labels(0), r, 4)
	if got := a.labels(0)[2]; got != classes.Consolidation {
		t.Errorf("the pixel on the edge is %d, want consolidation, whose channel comes before "+
			"background's", got)
	}
}

// With the study's arrays, and with them only, its numbers stand beside ours.
func TestTheStudysArraysAreKnown(t *testing.T) {
	d, err := OpenData(t.Context(), []string{kaggleArrays(t, 100, 829, 2)}, nil)
	if err != nil || !d.Arrays {
		t.Fatalf("arrays: %v, %v", d.Arrays, err)
	}
	s, err := OpenSuite("augmentations")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Protocol{Published, Patient} {
		plan, err := NewPlan(s, p, Settings{}, 1, d)
		if err != nil || plan.Columns[3].Published == nil ||
			plan.Columns[3].Published.Epochs != 55 {
			t.Errorf("%s: %+v, %v", p, plan.Columns[3], err)
		}
		if n := len(plan.Split.Train); p == Published && n != 743 || p == Patient && n < 829+60 {
			t.Errorf("%s: %d slices train", p, n)
		}
	}
}

func TestOpenDataKeepsATestSet(t *testing.T) {
	dir := shared.Data(t, "medseg-2d")
	d, err := OpenData(t.Context(), []string{dir}, nil)
	if err != nil || d.Pool.Len() != 78 || d.TestFrom != 50 ||
		d.Names[1] != filepath.Join("medseg-2d", "test") {
		t.Errorf("%+v, %v", d, err)
	}
}
