package measure

import (
	"context"
	"math"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// sample is a volume of 2 slices with 4 voxels of 0.01 ml each.
func sample() (*volume.Volume, *volume.LabelMap) {
	g := volume.NewGeometry([3]int{2, 2, 2}, [3]float64{10, 1, 1}, volume.Point{})
	v, l := volume.New(g), volume.NewLabelMap(g)
	copy(v.HU, []int16{-600, -500, 40, -900, -32768, 32767, -850, -700})
	copy(l.Labels, []uint8{1, 1, 2, 3, 0, 0, 3, 77})
	return v, l
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 || math.IsNaN(a) && math.IsNaN(b) }

func TestMeasuresOfASample(t *testing.T) {
	v, l := sample()
	got, err := Of(context.Background(), v, l)
	if err != nil {
		t.Fatal(err)
	}
	want := []Region{
		{classes.GroundGlass, false, false, 2, 0.02, 40, -550, 50, -600, -500},
		{classes.Consolidation, false, false, 1, 0.01, 20, 40, 0, 40, 40},
		{classes.LungsOther, false, false, 2, 0.02, 40, -875, 25, -900, -850},
		{
			classes.Lesion, true, false, 3, 0.03, 60, -1060.0 / 3,
			math.Sqrt(611600.0/3 - 1060*1060.0/9), -600, 40,
		},
		{classes.LungsOther, false, true, 5, 0.05, 100, -562, math.Sqrt(112976), -900, 40},
	}
	for i, w := range want {
		g := got[i]
		if g.Class != w.Class || g.WholeLung != w.WholeLung ||
			g.AllLesions != w.AllLesions || g.Voxels != w.Voxels ||
			!near(g.ML, w.ML) || !near(g.Percent, w.Percent) ||
			!near(g.Mean, w.Mean) || math.Abs(g.SD-w.SD) > 1e-6 || g.Min != w.Min ||
			g.Max != w.Max {
			t.Errorf("%s: %+v, want %+v", w.Name(), g, w)
		}
	}
}

// A lesion of unspecified kind is a region of its own and counts as lesion and as lung.
func TestLesionsOfUntoldKindAreMeasured(t *testing.T) {
	v, l := sample()
	l.Labels[1] = classes.Lesion
	got, err := Of(context.Background(), v, l)
	if err != nil || len(got) != 6 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []struct {
		name   string
		voxels int
	}{
		{"ground glass", 1},
		{"consolidation", 1},
		{"normal lung", 2},
		{"unspecified lesion", 1},
		{"lesions", 3},
		{"lung", 5},
	} {
		if g := got[i]; g.Name() != want.name || g.Voxels != want.voxels {
			t.Errorf("%s: %d voxels, want %v", g.Name(), g.Voxels, want)
		}
	}
}

func TestNothingMarkedMeasuresNothing(t *testing.T) {
	v, l := sample()
	clear(l.Labels)
	got, err := Of(context.Background(), v, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got {
		if r.Voxels != 0 || r.ML != 0 || !math.IsNaN(r.Percent) || !math.IsNaN(r.Mean) ||
			!math.IsNaN(r.Max) {
			t.Errorf("%s of nothing: %+v", r.Name(), r)
		}
	}
}

func TestCSV(t *testing.T) {
	v, l := sample()
	regions, err := Of(context.Background(), v, l)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = WriteCSV(&out, []Study{
		{
			Name: "CT 1, chest", Measurable: true, Calibrated: true, Slices: 2, Reviewed: 1,
			Regions: regions[:2],
		},
		{Name: "picture", Slices: 1, Regions: regions[4:]},
	})
	want := strings.Join([]string{
		"study,region,voxels,volume [ml],share of lung [%],mean [HU],SD [HU],minimum " +
			"[HU],maximum [HU],reviewed slices,slices",
		`"CT 1, chest",ground glass,2,0.020,40.000,-550.00,50.00,-600,-500,1,2`,
		`"CT 1, chest",consolidation,1,0.010,20.000,40.00,0.00,40,40,1,2`,
		"picture,lung,5,,100.000,,,,,0,1",
		"",
	}, "\r\n")
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
}
