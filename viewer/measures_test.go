package viewer

import (
	"math"
	"math/rand/v2"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

func TestMeasures(t *testing.T) {
	l := volume.NewLabelMap(volume.NewGeometry([3]int{2, 10, 10}, [3]float64{5, 2, 1},
		volume.Point{}))
	for i := range 10 {
		l.Labels[i] = classes.GroundGlass
	}
	for i := 100; i < 105; i++ {
		l.Labels[i] = classes.Consolidation
	}
	for i := 150; i < 185; i++ {
		l.Labels[i] = classes.LungsOther
	}
	l.Labels[199] = 77 // not a class, so background
	m := NewMeasures(l)
	tests := []struct {
		name      string
		got, want float64
	}{
		{"ground glass", m.ML(classes.GroundGlass), 0.1},
		{"consolidation", m.ML(classes.Consolidation), 0.05},
		{"whole lung", m.ML(classes.LungsOther), 0.5},
		{"ground glass of lung", m.PercentOfLung(classes.GroundGlass), 20},
		{"consolidation of lung", m.PercentOfLung(classes.Consolidation), 10},
		{"area on slice 1", m.AreaMM2(0, classes.GroundGlass), 20},
		{"area on slice 2", m.AreaMM2(1, classes.Consolidation), 10},
		{"slices", float64(m.Slices()), 2},
	}
	for _, tt := range tests {
		if math.Abs(tt.got-tt.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestShareOfNoLung(t *testing.T) {
	m := NewMeasures(volume.NewLabelMap(axial(4, 4, 1, 1)))
	if p := m.PercentOfLung(classes.GroundGlass); !math.IsNaN(p) {
		t.Errorf("the share of no lung is %v", p)
	}
}

func TestShearedGridsAreMeasuredRight(t *testing.T) {
	l := canvas(1, 1, "g")
	l.Affine[1][2] = 3 // gantry tilt: slices shifted along y
	if m := NewMeasures(l); math.Abs(m.ML(classes.GroundGlass)-0.005) > 1e-12 ||
		m.AreaMM2(0, classes.GroundGlass) != 1 {
		t.Errorf("%v ml, %v mm²", m.ML(classes.GroundGlass), m.AreaMM2(0, classes.GroundGlass))
	}
}

// TestMeasuresFollowPatches compares with counting everything again.
func TestMeasuresFollowPatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	l := volume.NewLabelMap(volume.NewGeometry([3]int{3, 33, 29}, [3]float64{5, 1, 1},
		volume.Point{}))
	m := NewMeasures(l)
	var h History[volume.Patch]
	for n := range 300 {
		if n%3 == 2 {
			if p, ok := h.Undo(); ok {
				if err := p.Inverse().Apply(l); err != nil {
					t.Fatal(err)
				}
				m.Update(p.Inverse())
			}
		} else {
			s := NewStroke(l, nil, rng.IntN(3), StrokeOptions{
				Class: uint8(1 + rng.IntN(3)),
				Tip:   Tip{6}, Erase: rng.IntN(4) == 0,
			})
			s.To(rng.Float64()*29, rng.Float64()*33)
			s.To(rng.Float64()*29, rng.Float64()*33)
			if p, ok := s.End(); ok {
				h.Do(p)
				m.Update(p)
			}
		}
		fresh := NewMeasures(l)
		if m.total != fresh.total {
			t.Fatalf("step %d: %v, counted %v", n, m.total, fresh.total)
		}
		for z := range fresh.counts {
			if m.counts[z] != fresh.counts[z] {
				t.Fatalf("step %d, slice %d: %v, counted %v", n, z, m.counts[z], fresh.counts[z])
			}
		}
	}
}

func BenchmarkMeasures(b *testing.B) {
	l := volume.NewLabelMap(volume.NewGeometry([3]int{16, 512, 512}, [3]float64{5, 1, 1},
		volume.Point{}))
	_, labels := scene(512, 512)
	for z := range 16 {
		copy(l.Slice(z), labels)
	}
	b.Run("16 slices", func(b *testing.B) {
		for b.Loop() {
			NewMeasures(l)
		}
	})
	m := NewMeasures(l)
	s := NewStroke(l, nil, 0, StrokeOptions{Class: 1, Tip: Tip{8}})
	s.To(10, 10)
	p, _ := s.End()
	b.Run("stroke", func(b *testing.B) {
		for b.Loop() {
			m.Update(p)
		}
	})
}
