package training

import (
	"math/rand/v2"
	"testing"

	"glasswork/dataset/volume"
)

// benchmarkSlice is a 512 × 512 slice with a body.
func benchmarkSlice() []int16 { return bodySlice(512, 512, frame512().Box) }

// frame512 frames most of a 512 × 512 slice.
func frame512() Frame {
	f := FrameOf(make([]int16, 512*512), 512, 512, true, DefaultSize)
	f.Box = f.Box.Inset(60)
	return NewFrame(f.Box, DefaultSize)
}

// One varied training sample from a slice of 512 × 512.
func BenchmarkSample(b *testing.B) {
	e, err := bands(1).At(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	e.W, e.H, e.HU, e.Labels = 512, 512, benchmarkSlice(), make([]uint8, 512*512)
	e.Spacing = [2]float64{0.8, 0.8}
	spec := Spec{Size: DefaultSize, Window: DefaultWindow}
	x, y := make([]float32, DefaultSize*DefaultSize), make([]uint8, DefaultSize*DefaultSize)
	for i := 0; b.Loop(); i++ {
		fillSample(x, y, e, spec, nil, rand.New(rand.NewPCG(uint64(i), 0)))
	}
}

// Input of a slice of 512 × 512 and its labels back: all of a prediction but the network.
func BenchmarkFillAndBack(b *testing.B) {
	hu := benchmarkSlice()
	x := make([]float32, DefaultSize*DefaultSize)
	probs := make([]float32, volume.NumClasses*len(x))
	labels := make([]uint8, len(hu))
	for b.Loop() {
		f := FrameOf(hu, 512, 512, false, DefaultSize)
		f.Fill(x, hu, 512, DefaultWindow)
		f.Back(probs, labels, 512)
	}
}
