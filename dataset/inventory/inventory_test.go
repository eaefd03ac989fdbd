package inventory

import (
	"path/filepath"
	"testing"

	"glasswork/dataset/nifti"
	"glasswork/dataset/volume"
)

func TestAnInventorySaysWhatIsThereAndHowItLies(t *testing.T) {
	g := volume.NewGeometry([3]int{2, 3, 4}, [3]float64{5, 0.7, 0.7}, volume.Point{1, 2, 3})
	v := volume.New(g)
	v.HU[5], v.HU[7] = -1000, 700
	path := filepath.Join(t.TempDir(), "ct.nii.gz")
	if err := nifti.WriteCT(path, v); err != nil {
		t.Fatal(err)
	}
	found, err := Of(t.Context(), path)
	if err != nil || len(found.Series) != 1 || found.Skipped == nil {
		t.Fatalf("%+v, %v", found, err)
	}
	s := found.Series[0]
	if s.Orientation != "LPS" || s.HURange != [2]int16{-1000, 700} || s.Size != g.Size {
		t.Errorf("described as %+v", s)
	}
	if _, err := Of(t.Context(), filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("a path that is not there has an inventory")
	}
}
