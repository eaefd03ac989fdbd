package volume

import (
	"bytes"
	"image"
	"testing"

	"glasswork/dataset/classes"
)

func TestDiffApplyRevert(t *testing.T) {
	l := NewLabelMap(NewGeometry([3]int{3, 6, 5}, [3]float64{1, 1, 1}, Point{}))
	before := append([]uint8(nil), l.Slice(1)...)
	after := append([]uint8(nil), before...)
	after[1*5+2], after[3*5+4] = classes.GroundGlass, classes.Consolidation

	p, ok := Diff(1, 5, before, after)
	if !ok || p.Box != image.Rect(2, 1, 5, 4) {
		t.Fatalf("Diff = %v, %v; want the box (2,1)-(5,4)", p.Box, ok)
	}
	if err := p.Apply(l); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(l.Slice(1), after) {
		t.Errorf("after Apply: %v, want %v", l.Slice(1), after)
	}
	if !bytes.Equal(l.Slice(0), before) || !bytes.Equal(l.Slice(2), before) {
		t.Error("Apply changed another slice")
	}
	if err := p.Inverse().Apply(l); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(l.Slice(1), before) {
		t.Errorf("after the inverse: %v, want %v", l.Slice(1), before)
	}
	if _, ok := Diff(1, 5, before, before); ok {
		t.Error("Diff of equal slices is a patch")
	}
}

func TestPatchRefusesWhatDoesNotFit(t *testing.T) {
	l := NewLabelMap(NewGeometry([3]int{3, 6, 5}, [3]float64{1, 1, 1}, Point{}))
	four := make([]uint8, 4)
	for name, p := range map[string]Patch{
		"slice before the first": {Z: -1, Box: image.Rect(0, 0, 2, 2), Old: four, New: four},
		"slice after the last":   {Z: 3, Box: image.Rect(0, 0, 2, 2), Old: four, New: four},
		"box past the edge":      {Z: 0, Box: image.Rect(4, 0, 6, 2), Old: four, New: four},
		"empty box":              {Z: 0},
		"short array":            {Z: 0, Box: image.Rect(0, 0, 2, 2), Old: four, New: four[:3]},
	} {
		if p.Apply(l) == nil {
			t.Errorf("%s: applied", name)
		}
	}
}

func TestLabelMapValidate(t *testing.T) {
	l := NewLabelMap(NewGeometry([3]int{1, 2, 2}, [3]float64{1, 1, 1}, Point{}))
	if err := l.Validate(); err != nil {
		t.Fatal(err)
	}
	l.Labels[3] = classes.Labels
	if l.Validate() == nil {
		t.Error("a label that is no class was accepted")
	}
	if n := l.Counts(0); n != [classes.Labels]int{4, 0, 0, 0} {
		t.Errorf("Counts = %v", n)
	}
}
