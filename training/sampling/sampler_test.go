package sampling

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"glasswork/training/augment"
	"glasswork/training/internal/fake"
	"glasswork/training/network"
)

// In order, samples come pass after pass, and the last batch of a pass is smaller.
func TestSamplesInOrder(t *testing.T) {
	o := Options{Sources: []Source{{"a", fake.Bands(5), 1}}, InOrder: true}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]int
	for range 5 {
		var at []int
		for _, d := range s.next(2) {
			at = append(at, d.index)
		}
		got = append(got, at)
	}
	want := [][]int{{0, 1}, {2, 3}, {4}, {0, 1}, {2, 3}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("batches %v, want %v", got, want)
	}
	o.Sources = append(o.Sources, Source{"b", fake.Bands(2), 1})
	if _, err := New(o); err == nil {
		t.Error("two sources have an order")
	}
}

func TestVaryIsFixedByItsSeed(t *testing.T) {
	e, err := fake.Bands(1).At(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	chain := augment.CT()
	a, err := Vary(e, chain, 32, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Vary(e, chain, 32, 1, 3)
	other, _ := Vary(e, chain, 32, 2, 3)
	if len(a) != 3 || !slices.Equal(a[2].HU, b[2].HU) || slices.Equal(a[2].HU, other[2].HU) ||
		slices.Equal(a[0].HU, a[1].HU) {
		t.Error("samples are not fixed by their seed")
	}
	if same, err := Vary(e, augment.Chain{}, 48, 1, 1); err != nil ||
		!slices.Equal(same[0].Labels, e.Labels) {
		t.Errorf("E changes the labels: %v", err)
	}
}

// The image and its mask go the same way, whatever is drawn.
func TestAugmentMovesImageAndMaskTogether(t *testing.T) {
	e, err := fake.Bands(1).At(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	const size = 96
	x, y := make([]float32, size*size), make([]uint8, size*size)
	spec := network.Spec{Size: size, Window: network.DefaultWindow}
	for _, text := range []string{
		"E", "A{1}[0.08,0.35]H{0.5}T{1}", "C1", "V{0.5}G{1}[0.37]", "Z{1}[0.02,0.08]",
		"S{1}G{1}Z{1}A{1}H{1}",
	} {
		chain, err := augment.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		chain = slices.DeleteFunc(chain, func(t augment.Transform) bool { return t.Letter == 'B' })
		for seed := range uint64(20) {
			fill(x, y, e, spec, chain, rand.New(rand.NewPCG(seed, 0)))
			wrong := 0
			for i, class := range y {
				inside := x[i] > 0
				hu := float64(x[i])*network.DefaultWindow.Width - 1350
				if inside && math.Abs(hu-float64(fake.BandHU[class])) > 120 {
					wrong++
				}
			}
			if wrong > size*size/5 { // edges of bands are blended
				t.Fatalf("%s, seed %d: %d of %d pixels do not fit their label", text, seed, wrong,
					size*size)
			}
		}
	}
}

// The same seed gives the same batches on any number of workers.
func TestFeederOrder(t *testing.T) {
	o := Options{Sources: []Source{{"a", fake.Bands(5), 1}, {"b", fake.Bands(9), 2}}, Seed: 3}
	var err error
	if o.Augment, err = augment.Parse("S{0.5}(G{1}|Z{1}){0.5}N{0.5}W{1}"); err != nil {
		t.Fatal(err)
	}
	spec := network.Spec{Size: 32, Window: network.DefaultWindow}
	var want []network.Batch
	for _, workers := range []int{1, 4} {
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		f := Feed(t.Context(), s, spec, 3, workers)
		for i := range 6 {
			b, err := f.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if workers == 1 {
				want = append(want, b)
			} else if !reflect.DeepEqual(b, want[i]) {
				t.Errorf("batch %d differs on %d workers", i, workers)
			}
		}
		f.Close()
	}
	if reflect.DeepEqual(want[0], want[1]) {
		t.Error("two batches are the same")
	}
}

func TestSamplerWeights(t *testing.T) {
	s, err := New(Options{
		Sources: []Source{{"a", fake.Bands(5), 1}, {"b", fake.Bands(9), 3}}, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	var from [2]int
	seen := map[int]int{}
	for _, d := range s.next(4000) {
		from[d.source]++
		if d.source == 0 {
			seen[d.index]++
		}
	}
	if from[0] < 850 || from[0] > 1150 {
		t.Errorf("%d of 4000 samples from a source of weight 1 in 4", from[0])
	}
	for i := range 5 {
		if n := seen[i]; n < from[0]/5-1 || n > from[0]/5+1 {
			t.Errorf("example %d was drawn %d times of %d", i, n, from[0])
		}
	}
}
