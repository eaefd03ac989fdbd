package phantom

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"glasswork/dataset/classes"
)

// small returns options for a phantom that is made quickly.
func small(seed uint64) Options { return Options{Seed: seed, Slices: 12, Size: 96} }

func make1(t *testing.T, o Options) *Phantom {
	t.Helper()
	p, err := Generate(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSameSeedSameBytes(t *testing.T) {
	first, second := make1(t, small(3)), make1(t, small(3))
	if !slices.Equal(first.CT.HU, second.CT.HU) || !slices.Equal(first.Labels.Labels,
		second.Labels.Labels) {
		t.Fatal("two phantoms of one seed differ")
	}
}

func TestSliceAloneEqualsWhole(t *testing.T) {
	o := small(4)
	whole := make1(t, o)
	for _, z := range []int{11, 0, 5} {
		hu, labels := slice(New(o), z)
		if !slices.Equal(hu, whole.CT.Slice(z)) || !slices.Equal(labels, whole.Labels.Slice(z)) {
			t.Errorf("slice %d made alone differs from the whole phantom's", z)
		}
	}
}

func slice(g *Generator, z int) ([]int16, []uint8) {
	n := g.Geometry().SliceVoxels()
	hu, labels := make([]int16, n), make([]uint8, n)
	g.Slice(z, hu, labels)
	return hu, labels
}

func TestConcurrentSlices(t *testing.T) {
	o := small(5)
	whole := make1(t, o)
	g := New(o)
	var wg sync.WaitGroup
	for z := range o.Slices {
		wg.Go(func() {
			hu, labels := slice(g, z)
			if !slices.Equal(hu, whole.CT.Slice(z)) ||
				!slices.Equal(labels, whole.Labels.Slice(z)) {
				t.Errorf("slice %d made beside others differs", z)
			}
		})
	}
	wg.Wait()
}

func TestSeedsVary(t *testing.T) {
	seen := map[string]uint64{}
	for seed := range uint64(8) {
		g := New(small(seed))
		hu, _ := slice(g, 6)
		spacing := g.Geometry().Spacing()
		if at512 := spacing[1] * 96 / 512; at512 < 0.6 || at512 > 0.9 {
			t.Errorf("seed %d: pixels of %.2f mm at 512 are out of the clinical range", seed, at512)
		}
		key := fmt.Sprint(hu[40*96 : 56*96])
		if other, ok := seen[key]; ok {
			t.Errorf("seeds %d and %d look the same", seed, other)
		}
		seen[key] = seed
	}
}

func TestAnyNumberOfSlices(t *testing.T) {
	var litres []float64
	for _, n := range []int{1, 7, 96} {
		p := make1(t, Options{Seed: 6, Slices: n, Size: 64, Healthy: true})
		if err := p.Labels.Validate(); err != nil {
			t.Fatal(err)
		}
		if p.CT.Size != [3]int{n, 64, 64} || !p.CT.SameGrid(p.Labels.Geometry) {
			t.Fatalf("%d slices: CT is %v, labels %v", n, p.CT.Size, p.Labels.Size)
		}
		litres = append(litres, lungML(p)/1000)
	}
	if a, b := litres[1], litres[2]; a < 0.8*b || a > 1.2*b {
		t.Errorf("7 slices hold %.1f l of lung, 96 hold %.1f l: they should cover the same", a, b)
	}
	if l := litres[2]; l < 1.5 || l > 9 {
		t.Errorf("lungs of %.1f l", l)
	}
}

// counts returns how many voxels of a phantom have each class.
func counts(p *Phantom) (n [classes.Labels]int) {
	for z := range p.Labels.Size[0] {
		for class, k := range p.Labels.Counts(z) {
			n[class] += k
		}
	}
	return n
}

func lungML(p *Phantom) float64 {
	n := counts(p)
	return float64(n[1]+n[2]+n[3]) * p.CT.VoxelML()
}

func TestHealthyHasNoLesions(t *testing.T) {
	for seed := range uint64(4) {
		o := small(seed)
		sick := make1(t, o)
		o.Healthy = true
		healthy := make1(t, o)
		if n := counts(healthy); n[classes.GroundGlass]+n[classes.Consolidation] != 0 {
			t.Errorf("seed %d: a healthy phantom has lesions %v", seed, n)
		}
		// Disease changes labels only inside the lungs.
		for i, class := range sick.Labels.Labels {
			if (class == classes.Background) != (healthy.Labels.Labels[i] == classes.Background) {
				t.Fatalf("seed %d: a lesion lies outside the lungs", seed)
			}
		}
	}
}

func TestSample(t *testing.T) {
	o := Sample()
	o.Size = 64
	p := make1(t, o)
	if p.CT.Size[0] != 96 {
		t.Fatalf("the sample has %d slices", p.CT.Size[0])
	}
	n := counts(p)
	ml := func(class classes.Class) float64 { return float64(n[class]) * p.CT.VoxelML() }
	if v := ml(classes.GroundGlass); v < 60 || v > 1200 {
		t.Errorf("the sample's ground glass is %.0f ml", v)
	}
	if v := ml(classes.Consolidation); v < 20 || v > 600 {
		t.Errorf("the sample's consolidation is %.0f ml", v)
	}
}

func TestDensityOfClasses(t *testing.T) {
	ranges := [classes.Count][2]int16{
		classes.GroundGlass:   {-750, -300},
		classes.Consolidation: {-300, 100},
		classes.LungsOther:    {-960, -740},
	}
	for seed := range uint64(5) {
		o := small(seed)
		o.Kernel = Soft
		p := make1(t, o)
		for class := classes.GroundGlass; class < classes.Count; class++ {
			var hu []int16
			for i, c := range p.Labels.Labels {
				if c == class {
					hu = append(hu, p.CT.HU[i])
				}
			}
			if len(hu) < 100 {
				continue
			}
			slices.Sort(hu)
			if m := hu[len(hu)/2]; m < ranges[class][0] || m > ranges[class][1] {
				t.Errorf("seed %d: class %d has a median of %d HU", seed, class, m)
			}
		}
	}
}

func TestGenerateStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Generate(ctx, small(1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled generation returned %v", err)
	}
}

func BenchmarkSlice(b *testing.B) {
	for _, size := range []int{256, 512} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			g := New(Options{Seed: 1, Size: size})
			hu, labels := make([]int16, size*size), make([]uint8, size*size)
			for i := 0; b.Loop(); i++ {
				g.Slice(i*7%96, hu, labels)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		New(Options{Seed: uint64(i), Size: 256})
	}
}
