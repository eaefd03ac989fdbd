package sampling

import (
	"image"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"glasswork/training/augment"
	"glasswork/training/internal/fake"
	"glasswork/training/network"
)

// Varied training samples from slices of 512 × 512, by one worker. Processor time is
// counted too, which other programs on the machine do not change.
func BenchmarkSample(b *testing.B) {
	e, err := fake.Bands(1).At(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	e.W, e.H, e.HU, e.Labels = 512, 512, fake.BodySlice(512, 512, image.Rect(60, 60, 452, 452)),
		make([]uint8, 512*512)
	e.Spacing = [2]float64{0.8, 0.8}
	spec := network.Spec{Size: network.DefaultSize, Window: network.DefaultWindow}
	x, y := make([]float32, network.DefaultSize*network.DefaultSize),
		make([]uint8, network.DefaultSize*network.DefaultSize)
	for _, text := range []string{"E", "C3", "G{1}", "Z{1}", "CT", "PICTURE"} {
		chain, err := augment.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			before := processorTime(b)
			for i := 0; b.Loop(); i++ {
				fill(x, y, e, spec, chain, rand.New(rand.NewPCG(uint64(i), 0)))
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
