package preview

import (
	"bytes"
	"testing"

	"glasswork/viewer"
)

func TestAPreviewShowsTheSameSamplesForTheSameSeed(t *testing.T) {
	e, err := Pick(t.Context(), "phantom:2@1", 0)
	if err != nil {
		t.Fatal(err)
	}
	wl, style := viewer.Presets()[0].WindowLevel, viewer.DefaultStyle()
	var pictures [3][]byte
	for i, seed := range []uint64{1, 1, 2} {
		picture, err := Draw(e, nil, 32, seed, wl, style)
		if err != nil || picture.Rect.Dx() < Columns*32 || picture.Rect.Dx() != picture.Rect.Dy() {
			t.Fatalf("%v, %v", picture.Rect, err)
		}
		pictures[i] = picture.Pix
	}
	if !bytes.Equal(pictures[0], pictures[1]) || bytes.Equal(pictures[0], pictures[2]) {
		t.Error("the seed does not fix the samples")
	}
	if _, err := Pick(t.Context(), "phantom:2@1", 3); err == nil {
		t.Error("a slice that does not exist is picked")
	}
}
