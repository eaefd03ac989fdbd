package example

import (
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/nifti"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

// pairs writes images of 4 × 3 pixels and masks with the labels given, 12 a mask.
func pairs(t *testing.T, images, masks string, labels map[string][]uint8) string {
	t.Helper()
	dir := t.TempDir()
	for name, l := range labels {
		fixture.Grey(t, filepath.Join(dir, images, name+".png"), 4, 3, 51)
		img := image.NewPaletted(image.Rect(0, 0, 4, 3), fixed())
		copy(img.Pix, l)
		fixture.Picture(t, filepath.Join(dir, masks, name+".png"), img)
	}
	return dir
}

func TestPicturePairs(t *testing.T) {
	infection := []uint8{0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	lungs := []uint8{0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1}
	for _, c := range []struct {
		images, masks string
		labels        map[string][]uint8
		known         classes.Known
	}{
		{
			"images", "masks",
			map[string][]uint8{"10": infection, "9": infection},
			classes.Knows(classes.GroundGlass, classes.Consolidation),
		},
		{
			"Imgs", "GT", map[string][]uint8{"10": infection, "9": lungs}, classes.All(),
		},
	} {
		dir := pairs(t, c.images, c.masks, c.labels)
		fixture.Grey(t, filepath.Join(dir, c.images, "unlabelled.png"), 4, 3, 0)
		e, err := Open(t.Context(), dir)
		if err != nil || e.Len() != 2 {
			t.Fatalf("%v, %v", e, err)
		}
		x, err := e.At(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if x.Case != "9" || x.W != 4 || x.H != 3 || x.HU[0] != -820 ||
			!slices.Equal(x.Labels, c.labels["9"]) || x.Known != c.known ||
			x.Spacing != [2]float64{} {
			t.Errorf("%s: %+v, want known %v", c.images, x, c.known)
		}
	}
}

func TestPicturePairsThatDoNotFit(t *testing.T) {
	labels := map[string][]uint8{"1": make([]uint8, 12)}
	orphan := pairs(t, "images", "masks", labels)
	if err := os.Remove(filepath.Join(orphan, "images", "1.png")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), orphan); err == nil ||
		!strings.Contains(err.Error(), "1.png has no image") {
		t.Errorf("a mask without image: %v", err)
	}
	misfit := pairs(t, "images", "masks", labels)
	fixture.Grey(t, filepath.Join(misfit, "images", "1.png"), 5, 3, 0)
	e, err := Open(t.Context(), misfit)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.At(t.Context(), 0); err == nil ||
		!strings.Contains(err.Error(), "1.png is 5 × 3, its mask is 4 × 3") {
		t.Errorf("a mask of another size: %v", err)
	}
}

func TestPhantomExamples(t *testing.T) {
	a, err := Open(t.Context(), "phantom:6@5")
	if err != nil || a.Len() != 6 {
		t.Fatalf("%v, %v", a, err)
	}
	b, err := Open(t.Context(), "phantom:6@5")
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(t.Context(), "phantom:6@6")
	if err != nil {
		t.Fatal(err)
	}
	patients := map[string]bool{}
	var group sync.WaitGroup
	for i := range a.Len() {
		patient, _, _ := a.Key(i)
		patients[patient] = true
		if p, _, _ := other.Key(i); patients[p] {
			t.Errorf("seeds 5 and 6 share patient %s", p)
		}
		group.Go(func() {
			x, err1 := a.At(t.Context(), i)
			y, err2 := b.At(t.Context(), i)
			if err := errors.Join(err1, err2); err != nil {
				t.Error(err)
				return
			}
			if !slices.Equal(x.HU, y.HU) || !slices.Equal(x.Labels, y.Labels) ||
				len(x.HU) != x.W*x.H || x.Spacing[0] == 0 {
				t.Errorf("slice %d is not the same twice", i)
			}
		})
	}
	group.Wait()
	if len(patients) != 2 {
		t.Errorf("6 slices from %d phantoms, want 2", len(patients))
	}
	for _, spec := range []string{
		"phantom:", "phantom:0", "phantom:x", "phantom:3@",
		"phantom:3@-1", "phantom:3@1@2",
	} {
		if _, err := Open(t.Context(), spec); (err == nil) != (spec == "phantom:3@") {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestOpenExamplesRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.npy")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file: "is a file", t.TempDir(): "holds neither", filepath.Join(t.TempDir(),
			"gone"): "cannot be opened",
	} {
		if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestMedSegSlices(t *testing.T) {
	e, err := Open(t.Context(), shared.Data(t, "medseg-2d", "train"))
	if err != nil || e.Len() != 50 {
		t.Fatalf("%v, %v", e, err)
	}
	var counts [classes.Count]int
	for i := range e.Len() {
		x, err := e.At(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if x.Known != classes.Knows(classes.GroundGlass, classes.Consolidation) {
			t.Fatalf("known classes %v; the lungs are not annotated", x.Known)
		}
		for _, c := range x.Labels {
			counts[c]++
		}
	}
	if want := [classes.Count]int{5807318, 560121, 326093, 0}; counts != want {
		t.Errorf("pixels per class %v, want %v", counts, want)
	}
}

// A slice of which a part is labelled "ignore" is there, with that part ignored.
func TestPartlyIgnoredSlices(t *testing.T) {
	g := volume.NewGeometry([3]int{2, 4, 4}, [3]float64{5, 1, 1}, volume.Point{})
	dir := t.TempDir()
	for _, name := range []string{"imagesTr", "labelsTr"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	labels := volume.NewLabelMap(g)
	for i := range labels.Labels {
		labels.Labels[i] = 3 // "ignore" in this dataset
	}
	copy(labels.Slice(1), []uint8{0, 1, 2, 3})
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "dataset.json"),
			[]byte(`{"labels":{"background":0,"GGO":1,"consolidation":2,"ignore":3}}`), 0o600),
		nifti.WriteCT(filepath.Join(dir, "imagesTr", "a_0000.nii.gz"), &volume.Volume{
			Geometry: g,
			HU:       make([]int16, g.Voxels()),
		}),
		nifti.WriteLabels(filepath.Join(dir, "labelsTr", "a.nii.gz"), labels))
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), dir)
	if err != nil || e.Len() != 1 {
		t.Fatalf("%v, want one slice: %v", e, err)
	}
	x, err := e.At(t.Context(), 0)
	if want := []uint8{0, 1, 2, classes.Ignored}; err != nil || x.Z != 1 ||
		!slices.Equal(x.Labels[:4], want) || x.Labels[15] != classes.Ignored {
		t.Errorf("slice %d has the labels %v, want %v … %d: %v", x.Z, x.Labels, want,
			classes.Ignored, err)
	}
}

// fixed is a picture's palette with as many entries as there are classes.
func fixed() color.Palette {
	return color.Palette{color.Black, color.White, color.White, color.White}
}
