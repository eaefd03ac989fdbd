package sampling

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/augment"
	"glasswork/training/internal/fake"
)

const (
	ggo   = classes.GroundGlass
	solid = classes.Consolidation
)

// Names follow the mean over the lesion around a pixel; what is no lesion has no say.
func TestDensityNames(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const w, h = 23, 17
	hu, labels := make([]int16, w*h), make([]uint8, w*h)
	for i := range hu {
		hu[i], labels[i] = int16(rng.IntN(1000)-900), []uint8{
			classes.Background, ggo, solid, classes.LungsOther, classes.Ignored,
		}[rng.IntN(5)]
	}
	got := densityNames(hu, labels, w)
	for y := range h {
		for x := range w {
			want := labels[y*w+x]
			if want == ggo || want == solid {
				sum, n := 0, 0
				for v := max(y-densityReach, 0); v <= min(y+densityReach, h-1); v++ {
					for u := max(x-densityReach, 0); u <= min(x+densityReach, w-1); u++ {
						if c := labels[v*w+u]; c == ggo || c == solid {
							sum, n = sum+int(hu[v*w+u]), n+1
						}
					}
				}
				if want = ggo; float64(sum)/float64(n) > densityBorder {
					want = solid
				}
			}
			if got[y*w+x] != want {
				t.Fatalf("pixel (%d, %d) became class %d, want %d", x, y, got[y*w+x], want)
			}
		}
	}
}

// Pictures in any window get the same names; CT and pictures with one lesion class keep theirs.
func TestNameByDensity(t *testing.T) {
	truth := fake.Chest() // 100 columns: haze in rows 55 to 59, tissue from row 60 on
	labels := make([]uint8, len(truth))
	for i := 5500; i < 5900; i++ {
		labels[i] = solid // haze
	}
	for i := 6500; i < 7000; i++ {
		labels[i] = ggo // tissue
	}
	both := classes.Known{true, true, true, false}
	one := classes.Known{true, true, false, false}
	tests := map[string]struct {
		e       example.Example
		renamed bool
	}{
		"picture": {
			example.Example{HU: fake.Picture(truth, -400, 1400), Known: both}, true,
		},
		"lung window": {
			example.Example{HU: fake.Picture(truth, -600, 1500), Known: both}, true,
		},
		"one class": {
			example.Example{HU: fake.Picture(truth, -400, 1400), Known: one}, false,
		},
		"CT": {example.Example{
			HU: fake.Picture(truth, -400, 1400), Known: both, Spacing: [2]float64{1, 1},
		}, false},
		"as the network has it": {
			example.Example{Scaled: make([]float32, len(truth)), Known: both}, false,
		},
	}
	for name, test := range tests {
		e := test.e
		e.W, e.H, e.Labels = 100, 100, labels
		before := slices.Clone(labels)
		got, err := NameByDensity(oneExample{e}).At(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		haze, tissue := solid, ggo
		if test.renamed {
			haze, tissue = ggo, solid
		}
		if got.Labels[5750] != haze || got.Labels[6750] != tissue ||
			got.Labels[2000] != classes.Background {
			t.Errorf("%s: haze is of class %d, tissue of %d, lung of %d", name, got.Labels[5750],
				got.Labels[6750], got.Labels[2000])
		}
		if !slices.Equal(labels, before) {
			t.Fatalf("%s: the example's own labels were changed", name)
		}
	}
}

// A network that sees levelled pictures is to see density: contrast varies less.
func TestUsualAugment(t *testing.T) {
	picture, ct := example.Example{}, example.Example{Spacing: [2]float64{1, 1}}
	for _, c := range []struct {
		e     example.Example
		level bool
		want  augment.Chain
	}{
		{picture, false, augment.Picture()},
		{picture, true, augment.Levelled()},
		{ct, false, augment.CT()},
		{ct, true, augment.CT()},
	} {
		if got := UsualAugment(c.e, c.level); got.String() != c.want.String() {
			t.Errorf("spacing %v, levelled %v: %s, want %s", c.e.Spacing, c.level, got, c.want)
		}
	}
}

// oneExample is a dataset of one slice.
type oneExample struct{ e example.Example }

func (o oneExample) Len() int                                         { return 1 }
func (o oneExample) At(context.Context, int) (example.Example, error) { return o.e, nil }
func (o oneExample) Key(int) (patient, caseID string, z int) {
	return o.e.Patient, o.e.Case, o.e.Z
}
