package anatomy

import (
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/phantom"
	"glasswork/dataset/volume"
)

// chestOf is the space for lungs in a volume.
func chestOf(t testing.TB, v *volume.Volume) *Chest {
	t.Helper()
	c, err := FindChest(v.Geometry, func(z int) ([]int16, error) { return v.Slice(z), nil })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cut is how much of a class of labels the chest takes away.
func cut(c *Chest, labels *volume.LabelMap) (lesion, lung float64) {
	var before, after [classes.Count]float64
	for z := range labels.Size[0] {
		own := labels.Clone()
		c.Limit(z, own.Slice(z), labels.Size[2])
		for i, class := range labels.Slice(z) {
			before[class]++
			if own.Slice(z)[i] == class {
				after[class]++
			}
		}
	}
	lesions := before[classes.GroundGlass] + before[classes.Consolidation]
	left := after[classes.GroundGlass] + after[classes.Consolidation]
	kept := after[classes.LungsOther] / max(before[classes.LungsOther], 1)
	return 1 - left/max(lesions, 1), 1 - kept
}

func TestNoLesionOfAPhantomIsCut(t *testing.T) {
	for seed := range uint64(6) {
		p, err := phantom.Generate(t.Context(),
			phantom.Options{Seed: 40 + seed, Slices: 40, Size: 160})
		if err != nil {
			t.Fatal(err)
		}
		lesion, lung := cut(chestOf(t, p.CT), p.Labels)
		if lesion > 0.001 || lung > 0.001 {
			t.Errorf("seed %d: %.2f %% of the lesions and %.2f %% of the lungs are cut", 40+seed,
				100*lesion, 100*lung)
		}
	}
}

// A lung without any air keeps its place, as the other one shows where it is.
func TestAWhiteLungKeepsItsPlace(t *testing.T) {
	p, err := phantom.Generate(t.Context(), phantom.Options{
		Seed: 7, Slices: 40, Size: 160, Healthy: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	n, w := p.CT.SliceVoxels(), p.CT.Size[2]
	for i, class := range p.Labels.Labels {
		if class != classes.Background && i%n%w < w/2 {
			p.CT.HU[i], p.Labels.Labels[i] = 40, classes.Consolidation
		}
	}
	if lesion, _ := cut(chestOf(t, p.CT), p.Labels); lesion > 0.05 {
		t.Errorf("%.1f %% of a wholly consolidated lung are cut", 100*lesion)
	}
}

// ball sets the voxels within radius mm of a place, which is given in parts of the volume.
func ball(v *volume.Volume, at [3]float64, radius float64, hu int16) {
	spacing := v.Spacing()
	for i := range v.HU {
		n, w := v.SliceVoxels(), v.Size[2]
		sum := 0.0
		for axis, k := range [3]int{i / n, i % n / w, i % w} {
			d := (float64(k) - at[axis]*float64(v.Size[axis])) * spacing[axis]
			sum += d * d
		}
		if sum < radius*radius {
			v.HU[i] = hu
		}
	}
}

// block is a body of soft tissue, 60 slices of 3 mm and 128 × 128 pixels of 3 mm.
func block() *volume.Volume {
	v := volume.New(volume.NewGeometry([3]int{60, 128, 128}, [3]float64{3, 3, 3}, volume.Point{}))
	for i := range v.HU {
		v.HU[i] = 40
		if x, y := i%128, i%(128*128)/128; x < 8 || x >= 120 || y < 20 || y >= 108 {
			v.HU[i] = -1000
		}
	}
	return v
}

func TestGasIsNoLung(t *testing.T) {
	v := block()
	ball(v, [3]float64{0.7, 0.5, 0.3}, 50, -850)
	ball(v, [3]float64{0.7, 0.5, 0.7}, 50, -850)
	ball(v, [3]float64{0.12, 0.35, 0.6}, 20, -1000) // stomach
	c := chestOf(t, v)
	for _, test := range []struct {
		name    string
		z, y, x int
		want    bool
	}{
		{"right lung", 42, 64, 38, true},
		{"left lung", 42, 64, 90, true},
		{"between the lungs", 42, 64, 64, true},
		{"chest wall", 42, 26, 64, false},
		{"arm", 42, 64, 10, false},
		{"stomach", 7, 45, 77, false},
	} {
		labels := make([]uint8, 128*128)
		labels[test.y*128+test.x] = classes.Consolidation
		if lesions := c.Limit(test.z, labels, 128); (lesions == 0) != test.want {
			t.Errorf("%s: kept %v", test.name, lesions == 0)
		}
	}
}

func TestNoChest(t *testing.T) {
	v := block()
	ball(v, [3]float64{0.5, 0.5, 0.5}, 30, -1000)
	c := chestOf(t, v)
	labels := []uint8{0, 1, 2, 3}
	if c.Found() || c.Limit(30, labels, 2) != 2 || [4]uint8(labels) != [4]uint8{} {
		t.Errorf("an abdomen with gas has lungs: %v, %v", c.Found(), labels)
	}
}

func BenchmarkFindChest(b *testing.B) {
	v := volume.New(volume.NewGeometry(
		[3]int{100, 512, 512}, [3]float64{1.5, 0.7, 0.7}, volume.Point{}))
	for b.Loop() {
		chestOf(b, v)
	}
}
