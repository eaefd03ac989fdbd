package project

import (
	"bytes"
	"image"
	"testing"

	"glasswork/dataset/volume"
)

func TestPackedPatchesComeBack(t *testing.T) {
	p := open(t, t.TempDir())
	a := &Annotation{Labels: volume.NewLabelMap(volume.NewGeometry([3]int{2, 300, 400},
		[3]float64{1, 1, 1}, volume.Point{})), Slices: make([]SliceState, 2)}
	// one for all: large ones after small ones and the other way round
	u := &unpacker{slice: image.Rect(0, 0, 400, 300)}
	for i, box := range []image.Rectangle{
		image.Rect(0, 0, 1, 1), image.Rect(0, 0, 400, 300),
		image.Rect(399, 0, 400, 300), image.Rect(7, 8, 50, 60),
	} {
		want := noise(newRand(i), 1, box, a)
		if err := want.Apply(a.Labels); err != nil {
			t.Fatal(err)
		}
		packed := p.pack(&want)
		got, err := u.patch(1, box, packed)
		if err != nil || got.Z != 1 || got.Box != box || !bytes.Equal(got.Old, want.Old) ||
			!bytes.Equal(got.New, want.New) {
			t.Errorf("%v: came back as %v, %v", box, got.Box, err)
		}
		if _, err := u.patch(1, box, packed[:len(packed)/2]); err == nil {
			t.Errorf("%v: half a patch was read", box)
		}
	}
}

// FuzzPatch feeds the journal's reader what a damaged database could hold.
func FuzzPatch(f *testing.F) {
	p := open(f, f.TempDir())
	small := volume.Patch{
		Box: image.Rect(2, 3, 4, 5), Old: []byte{0, 1, 2, 3},
		New: []byte{3, 2, 1, 0},
	}
	f.Add(2, 3, 4, 5, p.pack(&small))
	f.Add(0, 0, 512, 512, []byte{})
	f.Add(-1<<40, 0, 1<<40, 1<<62, []byte("x"))
	f.Fuzz(func(t *testing.T, x0, y0, x1, y1 int, packed []byte) {
		got, err := (&unpacker{slice: image.Rect(0, 0, 512, 512)}).patch(0,
			image.Rectangle{Min: image.Pt(x0, y0), Max: image.Pt(x1, y1)}, packed)
		if err != nil {
			return
		}
		if n := got.Box.Dx() * got.Box.Dy(); len(got.Old) != n || len(got.New) != n || n <= 0 {
			t.Errorf("box %v holds %d and %d labels", got.Box, len(got.Old), len(got.New))
		}
		// What was read is written and read back the same.
		again, err := (&unpacker{slice: image.Rect(0, 0, 512, 512)}).patch(0, got.Box, p.pack(got))
		if err != nil || !bytes.Equal(again.Old, got.Old) || !bytes.Equal(again.New, got.New) {
			t.Errorf("second reading differs: %v", err)
		}
	})
}
