package input

import (
	"image"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/training/internal/fake"
	"glasswork/training/network"
)

// Input of a slice of 512 × 512 and its labels back: all of a prediction but the network.
func BenchmarkFillAndBack(b *testing.B) {
	hu := fake.BodySlice(512, 512, image.Rect(60, 60, 452, 452))
	x := make([]float32, network.DefaultSize*network.DefaultSize)
	probs := make([]float32, classes.Count*len(x))
	labels := make([]uint8, len(hu))
	for b.Loop() {
		s := Slice{HU: hu, W: 512, H: 512}
		f, _ := s.Frame(network.DefaultSize)
		f.Fill(x, s, network.Spec{Window: network.DefaultWindow})
		f.Back(probs, labels, 512)
	}
}
