package sampling

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"

	"glasswork/training/augment"
	"glasswork/training/internal/fake"
	"glasswork/training/network"
)

// plain are pictures of one class each: the first ground glass, the others consolidation.
// Ground glass is known everywhere, consolidation in its own pictures only.
type plain int

func (p plain) Len() int { return int(p) }

func (p plain) Key(i int) (patient, caseID string, z int) { return fmt.Sprint(i), fmt.Sprint(i), 0 }

func (p plain) At(_ context.Context, i int) (example.Example, error) {
	e := example.Example{Case: fmt.Sprint(i), Patient: fmt.Sprint(i), W: 32, H: 32}
	class, hu := uint8(classes.GroundGlass), int16(-500)
	e.Known = [classes.Count]bool{true, true, i > 0, true}
	if i > 0 {
		class, hu = classes.Consolidation, 0
	}
	e.Labels, e.HU = slices.Repeat([]uint8{class}, 32*32), slices.Repeat([]int16{hu}, 32*32)
	return e, nil
}

// A mixed sample has one rectangle of the other picture, in image and mask alike, and
// knows what both know.
func TestMixedSamples(t *testing.T) {
	s, err := New(Options{Sources: []Source{{"plain", plain(2), 1}}, Augment: augment.Chain{}, Mix: 1, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	spec := network.Spec{Size: 32, Window: network.DefaultWindow}
	crossed := 0
	for range 40 {
		draws := s.next(1)
		b, err := s.batch(t.Context(), draws, spec)
		if err != nil {
			t.Fatal(err)
		}
		own := uint8(classes.GroundGlass)
		if draws[0].index == 1 {
			own = classes.Consolidation
		}
		pasted := 0
		for i, class := range b.Y {
			if dense := b.X[i] > 0.8; dense != (class == classes.Consolidation) {
				t.Fatalf("pixel %d has class %d and value %g", i, class, b.X[i])
			}
			if class != own {
				pasted++
			}
		}
		same := draws[0].patches[0].index == draws[0].index
		if same != (pasted == 0) || pasted > 24*24 || !same && pasted < 8*8 {
			t.Errorf("%d pixels of 1024 come from picture %d", pasted, draws[0].patches[0].index)
		}
		if both := draws[0].index == 1 && same; b.Known[0][classes.Consolidation] != both {
			t.Errorf("consolidation known: %v", b.Known[0][classes.Consolidation])
		}
		if !same {
			crossed++
		}
	}
	if crossed < 8 || crossed > 32 {
		t.Errorf("%d of 40 samples are mixed with the other of two pictures", crossed)
	}
}

func TestSharesOfPatchedSamplesAreProbabilities(t *testing.T) {
	for _, p := range []float64{-0.1, 1.5} {
		sources := []Source{{Name: "bands", Examples: fake.Bands(12), Weight: 1}}
		for name, o := range map[string]Options{"mixed": {Sources: sources, Mix: p}, "pasted": {Sources: sources, Paste: p}} {
			if _, err := New(o); err == nil {
				t.Errorf("%s: a share of %g was accepted", name, p)
			}
		}
	}
}

// Every place of the square can be pasted over.
func TestPastedRectanglesReachEverywhere(t *testing.T) {
	const size = 16
	rng := rand.New(rand.NewPCG(1, 2))
	reached := make([]uint8, size*size)
	for range 400 {
		pasteRectangle(square{make([]float32, size*size), reached, size}, square{make([]float32, size*size), slices.Repeat([]uint8{1}, size*size), size}, network.DefaultWindow, rng)
	}
	if i := slices.Index(reached, 0); i >= 0 {
		t.Errorf("pixel %d was never reached", i)
	}
}
