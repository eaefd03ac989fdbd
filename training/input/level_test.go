package input

import (
	"slices"
	"testing"

	"glasswork/training/internal/fake"
	"glasswork/training/network"
)

// The same slice looks the same whatever window it was exported in.
func TestLevelledPictures(t *testing.T) {
	want := Levelled(fake.Picture(fake.Chest(), -400, 1400))
	for _, window := range [][2]float64{{-600, 1500}, {-500, 1500}, {-350, 1300}} {
		got := Levelled(fake.Picture(fake.Chest(), window[0], window[1]))
		for i := 500; i < len(got); i += 7 {
			if d := int(got[i]) - int(want[i]); d < -25 || d > 25 {
				t.Fatalf("window %v: pixel %d has %d HU, %d in the usual one", window, i, got[i],
					want[i])
			}
		}
	}
	slices.Sort(want)
	if lung, tissue := want[600], want[8500]; lung < levelDark-15 || lung > levelDark+15 ||
		tissue < levelBright-25 || tissue > levelBright+25 {
		t.Errorf("the darkest lung has %d HU, soft tissue %d", lung, tissue)
	}
}

// Pictures that show no lung beside tissue are left alone.
func TestPicturesThatCannotBeLevelled(t *testing.T) {
	for name, hu := range map[string][]int16{
		"black": slices.Repeat([]int16{-1100}, 100),
		"white": slices.Repeat([]int16{300}, 100),
		"grey":  slices.Repeat([]int16{-200}, 100),
		"empty": {},
	} {
		if got := Levelled(hu); !slices.Equal(got, hu) {
			t.Errorf("%s: changed to %d", name, got[0])
		}
	}
}

// Slices in HU are calibrated: levelling is for pictures.
func TestCalibratedSlicesAreNotLevelled(t *testing.T) {
	hu := fake.Picture(fake.Chest(), -350, 1300)
	plain := Slice{HU: hu, W: 100, H: 100}
	picture := plain
	picture.Whole = true
	f, _ := plain.Frame(64)
	f = newFrame(f.Box, 64)
	for _, c := range []struct {
		slice   Slice
		changes bool
	}{{plain, false}, {picture, true}} {
		with, without := c.slice.plane(f, network.DefaultWindow, true),
			c.slice.plane(f, network.DefaultWindow, false)
		if slices.Equal(with.values, without.values) == c.changes {
			t.Errorf("picture %v: levelling changes values: %v", c.slice.Whole, !c.changes)
		}
	}
}
