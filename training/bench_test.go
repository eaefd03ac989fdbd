package training

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"glasswork/dataset/volume"
	"glasswork/training/augment"
)

// benchmarkSlice is a 512 × 512 slice with a body.
func benchmarkSlice() []int16 { return bodySlice(512, 512, frame512().Box) }

// frame512 frames most of a 512 × 512 slice.
func frame512() Frame {
	f := FrameOf(make([]int16, 512*512), 512, 512, true, DefaultSize)
	f.Box = f.Box.Inset(60)
	return NewFrame(f.Box, DefaultSize)
}

// Varied training samples from slices of 512 × 512, by one worker. Processor time is
// counted too, which other programs on the machine do not change.
func BenchmarkSample(b *testing.B) {
	e, err := bands(1).At(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	e.W, e.H, e.HU, e.Labels = 512, 512, benchmarkSlice(), make([]uint8, 512*512)
	e.Spacing = [2]float64{0.8, 0.8}
	spec := Spec{Size: DefaultSize, Window: DefaultWindow}
	x, y := make([]float32, DefaultSize*DefaultSize), make([]uint8, DefaultSize*DefaultSize)
	for _, text := range []string{"E", "C3", "G{1}", "Z{1}", "CT", "PICTURE"} {
		chain, err := augment.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			before := processorTime(b)
			for i := 0; b.Loop(); i++ {
				fillSample(x, y, e, spec, chain, rand.New(rand.NewPCG(uint64(i), 0)))
			}
			spent := processorTime(b) - before
			b.ReportMetric(float64(b.N)/spent.Seconds(), "slices/cpu-s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
