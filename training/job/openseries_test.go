package job

import (
	"testing"

	"glasswork/dataset/dicom"
	"glasswork/dataset/volume"
)

// A tilted series is there twice: as it was acquired, which is taken unless the other is named.
func TestOpenSeriesTakesTheAcquiredOne(t *testing.T) {
	tilted := volume.New(volume.NewGeometry([3]int{5, 30, 20}, [3]float64{5, 0.7, 0.7},
		volume.Point{}))
	tilted.Affine[1][2] = 1.5
	dir := t.TempDir()
	if err := dicom.Write(t.Context(), dir, tilted, dicom.Info{Description: "HEAD"}); err != nil {
		t.Fatal(err)
	}
	acquired, err := OpenSeries(t.Context(), dir, "")
	if err != nil || acquired.Resampled {
		t.Fatalf("without a name: %v, %v", acquired, err)
	}
	defer acquired.Close()
	straight, err := OpenSeries(t.Context(), dir, acquired.ID+"#straight")
	if err != nil || !straight.Resampled {
		t.Fatalf("by its name: %v, %v", straight, err)
	}
	if err := straight.Close(); err != nil {
		t.Error(err)
	}
}
