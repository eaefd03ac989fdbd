package model

import (
	"fmt"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/training/network"
)

// benchmarkBatch is noise of n images with all classes known.
func benchmarkBatch(n, side int) network.Batch {
	b := network.Batch{
		N: n, H: side, W: side, X: make([]float32, n*side*side), Y: make([]uint8, n*side*side),
	}
	for i, u := range splitMix("input", len(b.X)) {
		b.X[i], b.Y[i] = float32(u), uint8(4*u)
	}
	for range n {
		b.Known = append(b.Known, allKnown)
	}
	return b
}

func BenchmarkStep(b *testing.B) {
	for _, encoder := range []string{"resnet18", "resnet34"} {
		b.Run(encoder, func(b *testing.B) {
			l := benchmarkLearner(b, encoder)
			batch := benchmarkBatch(8, 256)
			if _, err := l.Step(b.Context(), batch, 1e-4); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := l.Step(b.Context(), batch, 1e-4); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*batch.N)/b.Elapsed().Seconds(), "slices/s")
		})
	}
}

func BenchmarkPredict(b *testing.B) {
	for _, encoder := range []string{"resnet18", "resnet34"} {
		for _, side := range []int{256, 512} {
			b.Run(fmt.Sprintf("%s/%d", encoder, side), func(b *testing.B) {
				l := benchmarkLearner(b, encoder)
				batch := benchmarkBatch(4, side)
				probs := make([]float32, classes.Count*len(batch.X))
				predict := func() {
					if err := l.Predict(b.Context(), batch.X, batch.N, side, side,
						probs); err != nil {
						b.Fatal(err)
					}
				}
				predict()
				for b.Loop() {
					predict()
				}
				b.ReportMetric(float64(b.N*batch.N)/b.Elapsed().Seconds(), "slices/s")
			})
		}
	}
}

func benchmarkLearner(b *testing.B, encoder string) network.Learner {
	b.Helper()
	l, err := Networks{}.New(network.Spec{
		Arch: "unet", Encoder: encoder, InChannels: 1, Classes: classes.Count,
	}, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l
}
