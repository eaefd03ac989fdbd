package voxels

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/volume"
)

func TestALayerHoldsWholeNumbersAndWhereTheyLie(t *testing.T) {
	numbers := make([]byte, 24) // of 4 × 3 × 2 voxels
	numbers[5], numbers[6], numbers[18] = 9, 9, 4
	im := image(t, straight(), [3]int64{4, 3, 2}, Uint8, binary.LittleEndian, numbers)
	l, err := im.ReadLayer(t.Context())
	want := []Mark{
		{Value: 9, Voxels: 2, Min: [3]int{0, 1, 1}, Max: [3]int{0, 1, 2}},
		{Value: 4, Voxels: 1, Min: [3]int{1, 1, 2}, Max: [3]int{1, 1, 2}},
	}
	if err != nil || !slices.Equal(l.Marks, want) || l.Index[5] != 1 || l.Index[18] != 2 ||
		l.Index[0] != 0 {
		t.Errorf("%+v, %v", l, err)
	}
	im.Slope = 0.3
	if _, err := im.ReadLayer(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "the value 2.") {
		t.Errorf("fractions: %v", err)
	}
	many := make([]byte, 2*300)
	for i := range 300 {
		binary.LittleEndian.PutUint16(many[2*i:], uint16(i))
	}
	im = image(t, straight(), [3]int64{300, 1, 1}, Uint16, binary.LittleEndian, many)
	if _, err := im.ReadLayer(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "more than 255") {
		t.Errorf("300 values: %v", err)
	}
}

// marked returns a label map with one segment, the value 7, from the rows of one slice.
func marked(t *testing.T, g volume.Geometry, rows string) *Labels {
	t.Helper()
	layer := &Layer{Index: make([]uint8, g.Voxels())}
	layer.Marks = []Mark{{Value: 7, Min: g.Size}}
	at := 0
	for _, c := range strings.ReplaceAll(rows, " ", "") {
		if c == 'x' {
			layer.Index[at] = 1
			layer.Marks[0].grow(at/g.SliceVoxels(), at/g.Size[2]%g.Size[1], at%g.Size[2])
		}
		at++
	}
	return &Labels{
		Name: "a.nii", Geometry: g, Layers: []*Layer{layer}, Places: []Place{{Value: 7}},
		names: []string{"GGO"},
	}
}

func TestLabelsArePutByPosition(t *testing.T) {
	grid := func(w int, spacing, x float64) volume.Geometry {
		return volume.NewGeometry([3]int{1, 2, w}, [3]float64{1, 1, spacing}, volume.Point{x, 0, 0})
	}
	flipped := grid(4, 1, 0)
	flipped.Affine[0][0], flipped.Affine[0][3] = -1, 3
	for name, c := range map[string]struct {
		from       volume.Geometry
		rows, want string
		warning    string
	}{
		"the same grid": {grid(4, 1, 0), "x..x .x..", "x..x .x..", ""},
		"flipped":       {flipped, "xx.. ...x", "..xx x...", ""},
		"one voxel off": {
			grid(4, 1, 1), "xx.. ...x", ".xx. ....", "33 % of GGO in a.nii lies outside",
		},
		"another region": {grid(3, 1, 0), "xx. ..x", "xx.. ..x.", "covers another region"},
		"voxels half as big": {
			grid(8, 0.5, -0.25), "xxxx.... ......xx", "xx.. ...x", "off by half a voxel",
		},
	} {
		mask := make([]uint8, 8)
		warnings, err := marked(t, c.from, c.rows).Rasterise(t.Context(), 0, grid(4, 1, 0), mask)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := ""
		for i, m := range mask {
			if i == 4 {
				got += " "
			}
			got += string(".x"[m])
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if all := strings.Join(warnings, " "); (c.warning == "") != (all == "") ||
			!strings.Contains(all, c.warning) {
			t.Errorf("%s: warnings %q, want %q", name, all, c.warning)
		}
	}
	if _, err := marked(t, grid(4, 1, 0), "x").Rasterise(t.Context(), 1, grid(4, 1, 0),
		make([]uint8, 8)); err == nil {
		t.Error("a segment that is not there was put")
	}
}

func TestNamesOfSegments(t *testing.T) {
	layer := &Layer{Index: []uint8{1, 2}, Marks: []Mark{
		{Value: 5, Voxels: 1},
		{Value: 2, Voxels: 1},
	}}
	g := volume.NewGeometry([3]int{1, 1, 2}, [3]float64{10, 10, 10}, volume.Point{})
	s := Named("b/a.nii.gz", "NIfTI", g, layer, map[int]string{5: "GGO"})
	if len(s.Segments) != 2 || s.Segments[0].Number != 2 || s.Segments[0].Label != "" ||
		s.Segments[1].Label != "GGO" || s.Segments[1].ML != 1 {
		t.Errorf("%+v", s.Segments)
	}
	layer.Marks = layer.Marks[:1]
	if s := Named("b/Left Lung.NII.gz", "NIfTI", g, layer,
		nil); s.Segments[0].Label != "Left Lung" {
		t.Errorf("the only one is called %q", s.Segments[0].Label)
	}
	layer.Marks = nil
	if s := Named("a.nii", "NIfTI", g, layer, nil); len(s.Warnings) != 1 {
		t.Errorf("nothing marked: %q", s.Warnings)
	}
}

func TestHeadersNameFilesInTheirOwnFolderOnly(t *testing.T) {
	dir := t.TempDir()
	header := filepath.Join(dir, "a.nhdr")
	if err := os.WriteFile(filepath.Join(dir, "a.raw"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if got, err := Beside(header, []string{"a.raw"}); err != nil ||
		got[0] != filepath.Join(dir, "a.raw") {
		t.Errorf("%v, %v", got, err)
	}
	for _, name := range []string{"../a.raw", "/etc/hostname", "link", "b.raw", ""} {
		if _, err := Beside(header, []string{name}); err == nil {
			t.Errorf("%q is opened", name)
		}
	}
	if _, err := Beside(header, nil); err == nil {
		t.Error("no file is enough")
	}
}

func TestNumberedFiles(t *testing.T) {
	for pattern, want := range map[string]string{
		"s%03d.raw 8 10 1": "s008.raw s009.raw s010.raw",
		"s%d 3 1 -1":       "s3 s2 s1",
		"s%2d 9 9 1":       "s 9",
		"%d.z 0 5 3":       "0.z 3.z",
	} {
		got, err := Numbered(strings.SplitN(pattern, " ", 4))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %q, %v, want %q", pattern, got, err, want)
		}
	}
	for _, pattern := range []string{
		"s 1 2 1", "s%d 1 2", "s%d 1 2 0", "s%d 2 1 1",
		"s%d 0 99999 1", "s%d%d 1 2 1", "s%99d 1 2 1", "s%d a 2 1",
	} {
		if got, err := Numbered(strings.Fields(pattern)); err == nil {
			t.Errorf("%q: %q", pattern, got)
		}
	}
}
