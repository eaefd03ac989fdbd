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

const (
	lungValue = 0.3  // about -900 HU in the usual window
	hazeValue = 0.5  // about -600 HU
	softValue = 0.95 // about 75 HU
)

// chestSquare is air, and a chest of 4 ≤ y < 60: soft tissue, lung from column 8 to 40 with a
// vessel in rows 30 and 31, soft tissue again.
func chestSquare() square {
	s := square{make([]float32, 64*64), make([]uint8, 64*64), 64}
	for i := range s.x {
		x, y := i%64, i/64
		switch {
		case y < 4 || y >= 60:
		case x >= 8 && x < 40 && y != 30 && y != 31:
			s.x[i] = lungValue
		default:
			s.x[i] = softValue
		}
	}
	return s
}

// lesionSquare is a chest with lesions in some rows, whatever lies there.
func lesionSquare(value float32, class uint8, rows ...[2]int) square {
	s := chestSquare()
	for _, r := range rows {
		for i := r[0] * 64; i < r[1]*64; i++ {
			s.x[i], s.y[i] = value, class
		}
	}
	return s
}

// Lesions lie in aerated lung only; vessels show through, and lesions that were there stay.
func TestPasteLesions(t *testing.T) {
	from := lesionSquare(hazeValue, ggo, [2]int{0, 64})
	pasted := 0
	for seed := range uint64(8) { // in some the one lesion is left out
		before, onto := chestSquare(), chestSquare()
		for i := 20*64 + 10; i < 20*64+20; i++ {
			before.x[i], before.y[i] = 0.4, solid
			onto.x[i], onto.y[i] = 0.4, solid
		}
		pasteLesions(onto, from, network.DefaultWindow, rand.New(rand.NewPCG(seed, 1)))
		if slices.Equal(before.y, onto.y) {
			if !slices.Equal(before.x, onto.x) {
				t.Fatal("values changed without labels")
			}
			continue
		}
		pasted++
		for i := range onto.y {
			x, y := i%64, i/64
			inside := x >= 10 && x < 38 && y >= 6 && y < 58
			vessel := y == 30 || y == 31
			switch {
			case before.y[i] == solid:
				if onto.y[i] != solid {
					t.Fatalf("pixel (%d, %d): the lesion that was there became class %d", x, y,
						onto.y[i])
				}
			case inside && vessel:
				if onto.y[i] != classes.Background || onto.x[i] != softValue {
					t.Fatalf("pixel (%d, %d) of the vessel has class %d and value %g", x, y,
						onto.y[i], onto.x[i])
				}
			case inside && (y < 18 || y > 22):
				if onto.y[i] != ggo || onto.x[i] < hazeValue-1e-6 || onto.x[i] > hazeValue+1e-6 {
					t.Fatalf("pixel (%d, %d) of the lung has class %d and value %g", x, y,
						onto.y[i], onto.x[i])
				}
			case x < 6 || x >= 42 || y < 4 || y >= 60:
				if onto.y[i] != classes.Background || onto.x[i] != before.x[i] {
					t.Fatalf("pixel (%d, %d) outside the lung has class %d and value %g", x, y,
						onto.y[i], onto.x[i])
				}
			}
		}
	}
	if pasted < 3 || pasted == 8 {
		t.Errorf("the lesion was pasted %d times of 8", pasted)
	}
}

// Of several lesions all are pasted or any of them; what cannot be seen or is tiny is not.
func TestWhichLesionsArePasted(t *testing.T) {
	two := lesionSquare(hazeValue, solid, [2]int{8, 16}, [2]int{40, 48})
	seen := map[[2]bool]int{}
	for seed := range uint64(40) {
		onto := chestSquare()
		pasteLesions(onto, two, network.DefaultWindow, rand.New(rand.NewPCG(seed, 1)))
		seen[[2]bool{onto.y[12*64+20] == solid, onto.y[44*64+20] == solid}]++
	}
	if len(seen) != 4 || seen[[2]bool{true, true}] < 15 {
		t.Errorf("first and second lesion pasted: %v", seen)
	}
	tiny := chestSquare()
	tiny.x[20*64+20], tiny.y[20*64+20] = hazeValue, ggo
	for name, from := range map[string]square{
		"none": chestSquare(), "as dark as lung": lesionSquare(lungValue, ggo, [2]int{8, 40}),
		"tiny": tiny,
	} {
		for seed := range uint64(4) {
			onto := chestSquare()
			pasteLesions(onto, from, network.DefaultWindow, rand.New(rand.NewPCG(seed, 1)))
			if want := chestSquare(); !slices.Equal(onto.x, want.x) ||
				!slices.Equal(onto.y, want.y) {
				t.Errorf("%s: the sample was changed", name)
			}
		}
	}
}

// The other sample is turned and moved as the sample is, and both must know a class.
func TestPastedSamples(t *testing.T) {
	s, err := New(Options{
		Sources: []Source{{"plain", plain(2), 1}}, Augment: augment.Chain{}, Paste: 0.5, Seed: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	planned := 0
	for _, d := range s.next(400) {
		if d.paste == nil {
			continue
		}
		planned++
		if p := d.paste; p.seed != d.seed || p.source != d.source {
			t.Fatalf("sample %d of source %d takes lesions of sample %d of source %d", d.seed,
				d.source, p.seed, p.source)
		}
		b, err := s.batch(t.Context(), []draw{d},
			network.Spec{Size: 32, Window: network.DefaultWindow})
		if err != nil {
			t.Fatal(err)
		}
		if want := d.index == 1 && d.paste.index == 1; b.Known[0][solid] != want {
			t.Errorf("consolidation known: %v", b.Known[0][solid])
		}
	}
	if planned < 150 || planned > 250 {
		t.Errorf("%d of 400 samples take lesions, want about half", planned)
	}
}

// plain are pictures of one class each: the first ground glass, the others consolidation.
// Ground glass is known everywhere, consolidation in its own pictures only.
type plain int

func (p plain) Len() int { return int(p) }

func (p plain) Key(i int) (patient, caseID string, z int) { return fmt.Sprint(i), fmt.Sprint(i), 0 }

func (p plain) At(_ context.Context, i int) (example.Example, error) {
	e := example.Example{Case: fmt.Sprint(i), Patient: fmt.Sprint(i), W: 32, H: 32}
	class, hu := classes.GroundGlass, int16(-500)
	e.Known = classes.Known{true, true, i > 0, true}
	if i > 0 {
		class, hu = classes.Consolidation, 0
	}
	e.Labels, e.HU = slices.Repeat([]uint8{class}, 32*32), slices.Repeat([]int16{hu}, 32*32)
	return e, nil
}

func TestTheShareOfPastedSamplesIsAProbability(t *testing.T) {
	for _, p := range []float64{-0.1, 1.5} {
		sources := []Source{{Name: "bands", Examples: fake.Bands(12), Weight: 1}}
		if _, err := New(Options{Sources: sources, Paste: p}); err == nil {
			t.Errorf("a share of %g was accepted", p)
		}
	}
}
