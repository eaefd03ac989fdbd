package experiment

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"

	"glasswork/training/network"
)

const (
	// maxSamples is how many slices a page of examples shows.
	maxSamples = 4
	// sampleSide bounds their side in pixels: a page has no room for more.
	sampleSide = 256
)

// samples keeps the predictions ([y,x] each, in the order of the examples) of the slices with
// the most pixels of each lesion, from different cases if there are enough. The choice depends
// on the reference alone, so that all runs show the same slices.
func samples(ctx context.Context, test example.Set, predicted [][]uint8) ([]Sample, error) {
	areas := make([][classes.Labels]int, test.Len())
	for i := range areas {
		e, err := test.At(ctx, i)
		if err != nil {
			return nil, err
		}
		for _, c := range e.Labels {
			if c < classes.Labels {
				areas[i][c]++
			}
		}
	}
	var all []Sample
	for _, i := range mostLesion(test, areas) {
		e, err := test.At(ctx, i)
		if err != nil {
			return nil, err
		}
		all = append(all, sample(e, predicted[i]))
	}
	return all, nil
}

// mostLesion picks the slices to show: alternately the one with the most consolidation and the
// one with the most ground glass, or lung where there is neither.
func mostLesion(test example.Set, areas [][classes.Labels]int) []int {
	var picked []int
	shown := map[string]bool{}
	for _, again := range []bool{false, true} { // cases that are shown already come last
		for turn := 0; len(picked) < maxSamples && turn < 2*len(areas); turn++ {
			order := [2]classes.Class{classes.Consolidation, classes.GroundGlass}
			if turn%2 == 1 {
				order[0], order[1] = order[1], order[0]
			}
			best := -1
			for i := range areas {
				_, name, _ := test.Key(i)
				if slices.Contains(picked, i) || shown[name] && !again {
					continue
				}
				if best < 0 || more(areas[i], areas[best], order) {
					best = i
				}
			}
			if best < 0 {
				break
			}
			_, name, _ := test.Key(best)
			shown[name] = true
			picked = append(picked, best)
		}
	}
	return picked
}

func more(a, b [classes.Labels]int, order [2]classes.Class) bool {
	return cmp.Or(
		cmp.Compare(a[order[0]], b[order[0]]), cmp.Compare(a[order[1]], b[order[1]]),
		cmp.Compare(a[classes.LungsOther], b[classes.LungsOther]),
	) > 0
}

// sample is a slice and its prediction, made smaller by a whole factor where it is large.
func sample(e example.Example, predicted []uint8) Sample {
	step := (max(e.W, e.H) + sampleSide - 1) / sampleSide
	s := Sample{Name: e.Case, W: e.W / step, H: e.H / step}
	if e.Z > 0 {
		s.Name = fmt.Sprintf("%s, slice %d", e.Case, e.Z+1)
	}
	low, gain := network.DefaultWindow.Center-network.DefaultWindow.Width/2,
		255/network.DefaultWindow.Width
	for y := range s.H {
		for x := range s.W {
			i := y*step*e.W + x*step
			var v float64
			if e.Scaled != nil {
				v = float64(e.Scaled[i]) * 255
			} else {
				v = (float64(e.HU[i]) - low) * gain
			}
			s.Grey = append(s.Grey, byte(min(max(v, 0), 255)))
			s.Reference = append(s.Reference, known(e, e.Labels[i]))
			s.Predicted = append(s.Predicted, known(e, predicted[i]))
		}
	}
	return s
}

// known is a label as scores see it: a class that was not annotated is background.
func known(e example.Example, label uint8) uint8 {
	if label < classes.Labels && e.Known[label] {
		return label
	}
	return classes.Background
}
