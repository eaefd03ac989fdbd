package anatomy

import (
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/phantom"
)

// On a healthy phantom the thresholded lungs are the exact ones but for their hilum.
func TestThresholdLungs(t *testing.T) {
	p, err := phantom.Generate(t.Context(), phantom.Options{
		Seed: 5, Slices: 24, Size: 192, Healthy: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	reference := ThresholdLungs(p.CT)
	dice, lesion := LungCheck(reference, reference, p.Labels.Labels)
	if dice < 0.95 || lesion != 0 {
		t.Errorf("Dice %.3f and %.3f called lesion of a healthy phantom", dice, lesion)
	}
	t.Logf("Dice %.4f", dice)
}

func TestLungCheck(t *testing.T) {
	reference := []bool{true, true, true, true, false, false}
	labels := []uint8{
		classes.LungsOther, classes.GroundGlass, classes.Background, classes.LungsOther,
		classes.LungsOther, classes.Background,
	}
	healthy := []bool{false, true, true, false, false, false}
	if dice, lesion := LungCheck(reference, healthy, labels); dice != 0.75 || lesion != 0.5 {
		t.Errorf("Dice %g and lesion %g, want 0.75 and 0.5", dice, lesion)
	}
}

func TestCloseHoles(t *testing.T) {
	const w = 12
	mask := make([]bool, w*w)
	for i := range mask {
		x, y := i%w, i/w
		mask[i] = x >= 2 && x < 10 && y >= 2 && y < 10 && !(x == 5 && y == 5) && !(x == 9 && y == 6)
	}
	closeHoles(mask, w, w, 1)
	for i, m := range mask {
		x, y := i%w, i/w
		if want := x >= 2 && x < 10 && y >= 2 && y < 10; m != want {
			t.Errorf("pixel %d, %d is %v", x, y, m)
		}
	}
}
