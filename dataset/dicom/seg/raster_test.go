package seg

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/series"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

// opened opens a folder or file of the shared data that holds one series.
func opened(t *testing.T, pattern string) *series.Series {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shared.Data(t, filepath.Dir(pattern)),
		filepath.Base(pattern)))
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, err)
	}
	r, err := dicom.Scan(t.Context(), files[0], files)
	if err != nil || len(r.Series) != 1 {
		t.Fatalf("%s: %d series, %v, %q", pattern, len(r.Series), err, r.Skipped)
	}
	return r.Series[0]
}

func TestForeignFilesLieOnTheirCT(t *testing.T) {
	for _, c := range []struct{ ct, seg, sums string }{
		{"dicom-seg/dcmqi/ct-3slice/*.dcm", "dicom-seg/dcmqi/liver.dcm", "[[36233 35645 35220]]"},
		{
			"dicom-seg/dcmqi/ct-3slice/*.dcm", "dicom-syntaxes/pydicom-data/liver.dcm",
			"[[36233 35645 35220]]",
		},
		{"dicom-seg/dcmqi/ct-3slice/*.dcm", "dicom-seg/dcmqi/partial_overlaps.dcm", ""},
		{"dicom-seg/dcmqi/24x38x3/image/*.dcm", "dicom-seg/dcmqi/24x38x3/seg/label.seg", ""},
		{"dicom-seg/dcmqi/24x38x3/image/*.dcm", "dicom-seg/dcmqi/sparse-labelmap-noppv.dcm", ""},
	} {
		s := opened(t, c.ct)
		sg, f := read(t, shared.Data(t, c.seg))
		if match, why := Fits(sg, s); match != ByReference {
			t.Errorf("%s: %s", c.seg, why)
		}
		var sums [][]int
		for i, segment := range sg.Segments {
			mask := make([]uint8, s.Geometry.Voxels())
			warnings, err := sg.Rasterise(t.Context(), i, s.Geometry, mask)
			if err != nil || len(warnings) > 0 {
				t.Fatalf("%s: %v %q", c.seg, err, warnings)
			}
			sums = append(sums, slicesOf(s.Geometry, mask))
			if got, want := total(mask), drawnIn(f, segment.Number); got != want || want == 0 {
				t.Errorf("%s, %s: %d voxels, its frames have %d", c.seg, segment.Label, got, want)
			}
		}
		if got := fmt.Sprint(sums); c.sums != "" && got != c.sums {
			t.Errorf("%s: voxels by slice %s, want %s", c.seg, got, c.sums)
		}
	}
}

func slicesOf(g volume.Geometry, mask []uint8) []int {
	out := make([]int, g.Size[0])
	for z := range out {
		out[z] = total(mask[z*g.SliceVoxels() : (z+1)*g.SliceVoxels()])
	}
	return out
}

func total(mask []uint8) int { return bytes.Count(mask, []byte{1}) }

// drawnIn counts the pixels of a segment in all frames.
func drawnIn(f *frames, number int) int {
	n := 0
	for _, fr := range f.of(number) {
		drawn := f.shows(fr, number)
		for i := range f.pixelCount() {
			if drawn(i) {
				n++
			}
		}
	}
	return n
}

func TestAnotherFrameOfReferenceDoesNotFit(t *testing.T) {
	s := opened(t, "dicom-seg/dcmqi/24x38x3/image/*.dcm")
	sg, _ := read(t, shared.Data(t, "dicom-seg/dcmqi/liver.dcm"))
	if match, why := Fits(sg, s); match != NoMatch ||
		!strings.Contains(why, "another frame of reference") {
		t.Errorf("%v: %s", match, why)
	}
	sg.FrameUID = ""
	if match, why := Fits(sg, s); match != NoMatch || !strings.Contains(why, "lie outside") {
		t.Errorf("%v: %s", match, why)
	}
	sg, _ = read(t, shared.Data(t, "dicom-seg/dcmqi/24x38x3/seg/label.seg"))
	s.ID, s.Files = "1.2.3", nil // another series, whose files are not known
	if match, why := Fits(sg, s); match != ByGeometry {
		t.Errorf("%v: %s", match, why)
	}
}

// nearestLabel returns the class of the voxel of l whose centre is nearest to p. sure is false if
// two are about equally near.
func nearestLabel(l *volume.LabelMap, p volume.Point) (c uint8, sure bool) {
	index, _ := l.ToIndex(p)
	var at [3]int
	for axis := range 3 {
		whole := math.Round(index[axis])
		if math.Abs(math.Abs(index[axis]-whole)-0.5) < 0.01 {
			return 0, false
		}
		at[axis] = int(whole)
		if at[axis] < 0 || at[axis] >= l.Size[axis] {
			return classes.Background, true
		}
	}
	return l.Labels[(at[0]*l.Size[1]+at[1])*l.Size[2]+at[2]], true
}

func TestOtherGridsTakeTheNearestVoxel(t *testing.T) {
	for from, g := range grids() {
		if from == "tilted" {
			continue // the nearest voxel of a sheared grid is ambiguous
		}
		s := scanned(t, g, nil)
		a := toWrite(t, s, drawn(s.Geometry))
		sg, _ := read(t, write(t, a))
		finer := volume.NewGeometry([3]int{14, 12, 17}, [3]float64{0.9, 0.5, 0.6},
			volume.Point{-9.9, 20.1, 29.7})
		flipped := a.Labels.Geometry
		for r := range 3 {
			flipped.Affine[r][3] += flipped.Affine[r][0] * float64(flipped.Size[2]-1)
			flipped.Affine[r][0] *= -1
		}
		coarser := volume.NewGeometry([3]int{3, 4, 4}, [3]float64{4.1, 1.5, 1.7},
			volume.Point{-9.8, 20.2, 30.3})
		for name, grid := range map[string]volume.Geometry{
			"finer": finer, "flipped": flipped, "coarser": coarser,
		} {
			for i, segment := range sg.Segments {
				mask := make([]uint8, grid.Voxels())
				warnings, err := sg.Rasterise(t.Context(), i, grid, mask)
				if err != nil || len(warnings) == 0 || !strings.Contains(warnings[0], "resampled") {
					t.Fatalf("%s to %s: %v %q", from, name, err, warnings)
				}
				for k, m := range mask {
					p := grid.ToMM(float64(k/grid.SliceVoxels()),
						float64(k/grid.Size[2]%grid.Size[1]), float64(k%grid.Size[2]))
					want, sure := nearestLabel(a.Labels, p)
					if sure && (m == 1) != (int(want) == segment.Number) {
						t.Fatalf("%s to %s, segment %d: voxel %d is %d, the nearest is of class %d",
							from, name, segment.Number, k, m, want)
					}
				}
			}
		}
	}
}

func TestPartsOutsideAreToldOf(t *testing.T) {
	s := scanned(t, grids()["axial"], nil)
	a := toWrite(t, s, drawn(s.Geometry))
	sg, _ := read(t, write(t, a))
	fewer := s.Geometry
	fewer.Size[0] = 2
	mask := make([]uint8, fewer.Voxels())
	warnings, err := sg.Rasterise(t.Context(), 0, fewer, mask)
	if err != nil || len(warnings) != 1 || warnings[0] != "2 frames of seg.dcm with something "+
		"drawn on them lie outside the study and are left out." {
		t.Errorf("%v %q", err, warnings)
	}
	for i, m := range mask {
		if (m == 1) != (a.Labels.Labels[i] == classes.GroundGlass) {
			t.Fatalf("voxel %d is %d", i, m)
		}
	}
	smaller := s.Geometry
	smaller.Size[2] = 4
	warnings, err = sg.Rasterise(t.Context(), 0, smaller, make([]uint8, smaller.Voxels()))
	if err != nil || len(warnings) != 2 || !strings.Contains(warnings[1],
		"pixels of seg.dcm lie outside the study") {
		t.Errorf("%v %q", err, warnings)
	}
	if _, err := sg.Rasterise(t.Context(), 0, smaller, nil); err == nil {
		t.Error("a mask of another size was taken")
	}
}

// A tilted stack keeps its pixels in place, because each frame has its own position.
func TestTiltedStacksOntoStraightGrids(t *testing.T) {
	s := scanned(t, grids()["tilted"], nil)
	a := toWrite(t, s, drawn(s.Geometry))
	sg, f := read(t, write(t, a))
	straight := volume.NewGeometry([3]int{5, 16, 9}, [3]float64{2.5, 0.7, 0.8},
		volume.Point{-10, 20, 30})
	mask := make([]uint8, straight.Voxels())
	if _, err := sg.Rasterise(t.Context(), 0, straight, mask); err != nil {
		t.Fatal(err)
	}
	if got, want := total(mask), drawnIn(f, 1); got < want*9/10 || got > want*11/10 {
		t.Errorf("%d voxels, the frames have %d", got, want)
	}
	for z, n := range slicesOf(straight, mask) {
		if z != 2 && n == 0 {
			t.Errorf("slice %d is empty", z)
		}
	}
}

// Frames of an enhanced CT are referred to by their numbers.
func TestMultiFrameSources(t *testing.T) {
	path := shared.Data(t, "dicom-syntaxes/pydicom-data/eCT_Supplemental.dcm")
	o, err := object.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	images := imagesOf(o, path)
	if len(images) != o.Int(tag.NumberOfFrames, 0) || !images[0].placed || !images[0].oriented {
		t.Fatalf("%d images, the first %+v", len(images), images[0])
	}
	step := images[1].position.Sub(images[0].position)
	first, last := images[0].plane, len(images)
	g := volume.Geometry{Size: [3]int{last, images[0].rows, images[0].columns}}
	if step[2] < 0 {
		first, step = images[last-1].plane, step.Scale(-1)
	}
	for r := range 3 {
		g.Affine[r] = [4]float64{
			first.row[r] * first.spacing[1], first.column[r] * first.spacing[0], step[r],
			first.position[r],
		}
	}
	source, err := ReadSource(t.Context(), []string{path}, g)
	if err != nil {
		t.Fatal(err)
	}
	a := Annotation{Labels: drawn(g), Source: source}
	file := write(t, a)
	sg, f := read(t, file)
	if got := labelsOf(t, sg, g); !bytes.Equal(got.Labels, a.Labels.Labels) {
		t.Error("other voxels come back")
	}
	if f.list[0].of < 1 || f.list[0].instance != o.Text(tag.SOPInstanceUID) {
		t.Errorf("the first frame refers to frame %d of %q", f.list[0].of, f.list[0].instance)
	}
	verify(t, "multi-frame", file, false)
}
