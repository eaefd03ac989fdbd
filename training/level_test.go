package training

import (
	"math"
	"slices"
	"testing"

	"glasswork/dataset/volume"
)

// chest are HU of a made-up slice: lung with some vessels and lesions, soft tissue around
// it, and a black frame.
func chest() []float64 {
	hu := make([]float64, 0, 10000)
	for i := range 10000 {
		ripple := 20 * math.Sin(float64(i)*0.7)
		switch {
		case i < 500:
			hu = append(hu, -5000)
		case i < 5500:
			hu = append(hu, -850+ripple)
		case i < 6000:
			hu = append(hu, -500+10*ripple)
		default:
			hu = append(hu, 50+ripple)
		}
	}
	return hu
}

// seen is how a picture of hu in a window is read: grey values taken for the assumed window.
func seen(hu []float64, center, width float64) []int16 {
	slope, intercept := volume.AssumedScale()
	out := make([]int16, len(hu))
	for i, v := range hu {
		grey := math.Round(min(max((v-center+width/2)/width, 0), 1) * 255)
		out[i] = int16(math.Round(grey*slope + intercept))
	}
	return out
}

// The same slice looks the same whatever window it was exported in.
func TestLevelledPictures(t *testing.T) {
	want := levelled(seen(chest(), -400, 1400))
	for _, window := range [][2]float64{{-600, 1500}, {-500, 1500}, {-350, 1300}} {
		got := levelled(seen(chest(), window[0], window[1]))
		for i := 500; i < len(got); i += 7 {
			if d := int(got[i]) - int(want[i]); d < -25 || d > 25 {
				t.Fatalf("window %v: pixel %d has %d HU, %d in the usual one", window, i, got[i], want[i])
			}
		}
	}
	slices.Sort(want)
	if lung, tissue := want[600], want[8500]; lung < levelDark-15 || lung > levelDark+15 || tissue < levelBright-25 || tissue > levelBright+25 {
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
		if got := levelled(hu); !slices.Equal(got, hu) {
			t.Errorf("%s: changed to %d", name, got[0])
		}
	}
}

// Slices in HU are calibrated: levelling is for pictures.
func TestCalibratedSlicesAreNotLevelled(t *testing.T) {
	hu := seen(chest(), -350, 1300)
	plain := Slice{HU: hu, W: 100, H: 100}
	picture := plain
	picture.Whole = true
	f := NewFrame(plain.frame(64).Box, 64)
	for _, c := range []struct {
		slice   Slice
		changes bool
	}{{plain, false}, {picture, true}} {
		with, without := c.slice.plane(f, DefaultWindow, true), c.slice.plane(f, DefaultWindow, false)
		if slices.Equal(with.values, without.values) == c.changes {
			t.Errorf("picture %v: levelling changes values: %v", c.slice.Whole, !c.changes)
		}
	}
}
