package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/nifti"
	"glasswork/dataset/npy"
	"glasswork/dataset/series"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

// ours are what the values of a nameless label map mean in these tests.
func ours() annotation.Mapping {
	return annotation.Mapping{
		"value 1": annotation.As(classes.GroundGlass),
		"value 2": annotation.As(classes.Consolidation),
		"value 3": annotation.As(classes.LungsOther),
	}
}

// put opens a file and puts it onto a grid.
func put(
	t *testing.T, path string, m annotation.Mapping, grid volume.Geometry,
) (*annotation.Marked, error) {
	t.Helper()
	s, err := OpenSegmentation(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return annotation.Mark(t.Context(), s, m, grid)
}

// blocks is a label map of 6 × 8 × 10 voxels with a block of each class.
func blocks() *volume.LabelMap {
	l := volume.NewLabelMap(volume.NewGeometry([3]int{6, 8, 10}, [3]float64{5, 0.8, 0.7},
		volume.Point{-100, -50, 20}))
	for i := range l.Labels {
		z, y, x := i/80, i/10%8, i%10
		if z > 0 && y > 1 && x > 2 {
			l.Labels[i] = classes.LungsOther
		}
		if z > 1 && y > 3 && x > 4 {
			l.Labels[i] = classes.GroundGlass
		}
		if z > 3 && y > 5 && x > 6 {
			l.Labels[i] = classes.Consolidation
		}
	}
	return l
}

func saveNIfTI(t *testing.T, l *volume.LabelMap) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "labels.nii.gz")
	if err := nifti.WriteLabels(path, l); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestALabelMapOnTheSameGridIsExact(t *testing.T) {
	l := blocks()
	path := saveNIfTI(t, l)
	got, err := put(t, path, ours(), l.Geometry)
	if err != nil || len(got.Warnings) > 0 || !bytes.Equal(got.Labels.Labels, l.Labels) {
		t.Fatalf("warnings %q, %v; or labels differ", got.Warnings, err)
	}
	// The same voxels, read from right to left and from back to front.
	turned := l.Geometry
	far := l.ToMM(0, 7, 9)
	for r := range 3 {
		turned.Affine[r][0], turned.Affine[r][1], turned.Affine[r][3] = -turned.Affine[r][0],
			-turned.Affine[r][1], far[r]
	}
	got, err = put(t, path, ours(), turned)
	if err != nil || len(got.Warnings) > 0 {
		t.Fatalf("turned: warnings %q, %v", got.Warnings, err)
	}
	for i, c := range got.Labels.Labels {
		if z, y, x := i/80, i/10%8, i%10; c != l.Labels[z*80+(7-y)*10+9-x] {
			t.Fatalf("voxel %d,%d,%d is not where it was", z, y, x)
		}
	}
}

// A voxel of the study takes what lies at its centre, and the user hears of it.
func TestALabelMapOnAnotherGridIsPutByPosition(t *testing.T) {
	l := blocks()
	path := saveNIfTI(t, l)
	for name, c := range map[string]struct {
		grid volume.Geometry
		say  string
	}{
		"finer": {
			volume.NewGeometry([3]int{24, 17, 21}, [3]float64{1.25, 0.4, 0.35},
				volume.Point{-100.1, -50.1, 18}), "another grid",
		},
		"coarser": {
			volume.NewGeometry([3]int{6, 5, 6}, [3]float64{7, 1.6, 1.4}, volume.Point{
				-100, -50,
				20,
			}), "another grid",
		},
		"a part of it": {
			volume.NewGeometry([3]int{3, 5, 6}, [3]float64{5, 0.8, 0.7}, volume.Point{
				-100 + 2*0.7,
				-50 + 0.8, 25,
			}), "another region",
		},
		"more than it": {
			volume.NewGeometry([3]int{9, 12, 14}, [3]float64{5, 0.8, 0.7},
				volume.Point{-100 - 2*0.7, -50 - 0.8, 10}), "another region",
		},
		"the shifted one": {
			volume.NewGeometry([3]int{6, 8, 10}, [3]float64{5, 0.8, 0.7}, volume.Point{
				-99.7, -50,
				20,
			}), "another grid",
		},
	} {
		got, err := put(t, path, ours(), c.grid)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.ContainsFunc(got.Warnings, func(w string) bool {
			return strings.Contains(w,
				c.say)
		}) {
			t.Errorf("%s: warnings %q", name, got.Warnings)
		}
		if lost := slices.ContainsFunc(got.Warnings,
			func(w string) bool {
				return strings.Contains(
					w, "outside the study",
				)
			}); lost != (name == "a part of it") {
			t.Errorf("%s: warnings %q", name, got.Warnings)
		}
		n := c.grid.Size
		for i, class := range got.Labels.Labels {
			z, y, x := i/(n[1]*n[2]), i/n[2]%n[1], i%n[2]
			if want := nearestLabel(l, c.grid.ToMM(float64(z), float64(y),
				float64(x))); class != want {
				t.Fatalf("%s: voxel %d,%d,%d is %d, want %d", name, z, y, x, class, want)
			}
		}
	}
}

// nearestLabel is the label of the voxel whose centre is next to p, by trying all.
func nearestLabel(l *volume.LabelMap, p volume.Point) uint8 {
	at, _ := l.ToIndex(p)
	for i := range 3 {
		if at[i] < -0.5 || at[i] >= float64(l.Size[i])-0.5 {
			return 0
		}
	}
	z, y, x := int(at[0]+0.5), int(at[1]+0.5), int(at[2]+0.5)
	return l.Slice(z)[y*l.Size[2]+x]
}

func TestAnnotationOfAnotherStudyIsRefused(t *testing.T) {
	path := saveNIfTI(t, blocks())
	far := volume.NewGeometry([3]int{6, 8, 10}, [3]float64{5, 0.8, 0.7}, volume.Point{900, -50, 20})
	if _, err := put(t, path, ours(), far); err == nil ||
		!strings.Contains(err.Error(), "belongs to another one") {
		t.Errorf("far away: %v", err)
	}
	s := &annotation.Segmentation{Path: "x.dcm", SeriesUID: "1.2.3", FrameUID: "1.9"}
	for _, c := range []struct {
		series, frame string
		ok            bool
	}{
		{"1.2.3", "", true},
		{"1.2.3#2", "", true},
		{"1.2.34", "", false},
		{"1.2.34", "1.9", true},
		{"", "1.8", false},
	} {
		if err := annotation.Belongs(t.Context(), s, &series.Series{
			ID:       c.series,
			FrameUID: c.frame,
		}); (err == nil) != c.ok {
			t.Errorf("series %q, frame %q: %v", c.series, c.frame, err)
		}
	}
}

func TestAnArrayIsTakenSliceBySlice(t *testing.T) {
	l := blocks()
	for name, kind := range map[string]int{"classes": 1, "channels": 4} {
		path := filepath.Join(t.TempDir(), "masks.npy")
		var b bytes.Buffer
		shape := []int{6, 8, 10}
		if kind == 4 {
			shape = append(shape, 4)
		}
		if err := npy.WriteHeader(&b, "|u1", shape...); err != nil {
			t.Fatal(err)
		}
		for _, c := range l.Labels {
			if kind == 1 {
				b.WriteByte(c)
				continue
			}
			for _, class := range classes.KaggleChannels() {
				hot := byte(0)
				if class == c {
					hot = 1
				}
				b.WriteByte(hot)
			}
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		m := annotation.Mapping{}
		if kind == 1 {
			m = ours()
		}
		got, err := put(t, path, m, l.Geometry)
		if err != nil || !bytes.Equal(got.Labels.Labels, l.Labels) {
			t.Errorf("%s: %v", name, err)
		}
		other := l.Geometry
		other.Size[0]++
		if _, err := put(t, path, m, other); err == nil ||
			!strings.Contains(err.Error(), "does not fit") {
			t.Errorf("%s of another size: %v", name, err)
		}
	}
}

func TestWhatIsNoAnnotationIsRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ct := filepath.Join(dir, "ct.nii.gz")
	if err := nifti.WriteCT(ct, fixture.Ramp(3, 40, 40)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "nothing.nii"): "does not exist",
		dir:                               "is a folder; choose the one file",
		write("a.nii", ""):                "is empty",
		write("notes.txt", "hello"):       "not annotation",
		ct:                                "more than 255 different values",
	} {
		_, err := OpenSegmentation(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// TotalSegmentator's masks: names from the header, and a mask on a larger grid.
func TestRealMasks(t *testing.T) {
	data := shared.Data(t, "ct-nifti-totalseg")
	s, err := OpenSegmentation(t.Context(), filepath.Join(data, "example_seg.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	liver := annotation.Select(s.Segments, "liver")
	if len(s.Segments) != 41 || len(liver) != 1 || liver[0].Number != 5 {
		t.Errorf("%d segments, liver %+v", len(s.Segments), liver)
	}
	if c := annotation.Guess(annotation.Select(s.Segments, "lung_lower_lobe_left")[0],
		s.Segments); c != annotation.As(classes.LungsOther) {
		t.Errorf("a lobe is guessed as %q", c)
	}
	ct, _, err := Open(t.Context(), filepath.Join(data, "pulmonary", "ct_cropped.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(ct)
	heart, err := put(t, filepath.Join(data, "pulmonary", "heart.nii.gz"),
		annotation.Mapping{"name heart": annotation.As(classes.Consolidation)}, ct[0].Geometry)
	if err != nil || len(heart.Warnings) != 1 || !strings.Contains(heart.Warnings[0],
		"another region") {
		t.Errorf("warnings %q, %v", heart.Warnings, err)
	}
	mask, err := nifti.ReadMask(t.Context(), filepath.Join(data, "pulmonary", "heart.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range heart.Labels.Labels {
		n := heart.Labels.Size
		z, y, x := i/(n[1]*n[2]), i/n[2]%n[1], i%n[2]
		if want := nearestLabel(mask, ct[0].Geometry.ToMM(float64(z), float64(y),
			float64(x))); (class != 0) != (want != 0) {
			t.Fatalf("voxel %d,%d,%d is %d, the mask says %d", z, y, x, class, want)
		}
	}
}
