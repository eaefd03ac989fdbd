package project

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"image"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"glasswork/dataset/phantom"
	"glasswork/dataset/volume"
)

// roundStroke is what a brush of 12 voxels leaves that was drawn some way across a slice.
func roundStroke(r *rand.Rand, a *Annotation) volume.Patch {
	z, w := r.IntN(a.Labels.Size[0]), a.Labels.Size[2]
	after := bytes.Clone(a.Labels.Slice(z))
	x, y, class := 60+r.IntN(w-120), 60+r.IntN(w-120), uint8(1+r.IntN(2))
	for i := range 40 {
		cx, cy := x+i, y+i/2
		for dy := -6; dy <= 6; dy++ {
			for dx := -6; dx <= 6; dx++ {
				if dx*dx+dy*dy <= 36 {
					after[(cy+dy)*w+cx+dx] = class
				}
			}
		}
	}
	p, changed := volume.Diff(z, w, a.Labels.Slice(z), after)
	if !changed {
		return noise(r, z, image.Rect(x, y, x+8, y+8), a)
	}
	return p
}

// benchStudy is an empty study of 64 slices of 512 × 512.
func benchStudy(b *testing.B) (*Project, string, *Annotation) {
	b.Helper()
	p := open(b, b.TempDir())
	id := addStudy(b, p, testSeries("bench", "P", 64, 512, 512)).ID
	return p, id, annotated(b, p, id)
}

// reportTimes adds the median and the 99th percentile in milliseconds.
func reportTimes(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	ms := func(q float64) float64 { return times[int(q*float64(len(times)-1))].Seconds() * 1000 }
	b.ReportMetric(ms(0.5), "ms/median")
	b.ReportMetric(ms(0.99), "ms/p99")
}

// BenchmarkAppend is one stroke of about 50 × 32 voxels until it is durable.
func BenchmarkAppend(b *testing.B) {
	p, id, a := benchStudy(b)
	r := newRand(1)
	var times []time.Duration
	for b.Loop() {
		e := a.Stroke(roundStroke(r, a))
		start := time.Now()
		if err := p.Append(context.Background(), id, a, e); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	reportTimes(b, times)
}

// BenchmarkAppendProposal is a proposal for a whole slice with noise along its borders.
func BenchmarkAppendProposal(b *testing.B) {
	p, id, a := benchStudy(b)
	r := newRand(1)
	var times []time.Duration
	for b.Loop() {
		labels := make([]byte, 512*512)
		for y := 100; y < 420; y++ {
			for x := 80 + r.IntN(9); x < 430+r.IntN(9); x++ {
				labels[y*512+x] = uint8(1 + (x/97+y/71)%3)
			}
		}
		e, err := a.Proposal(r.IntN(64), labels, "m")
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if err := p.Append(context.Background(), id, a, e); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	reportTimes(b, times)
}

// strokes appends n strokes in few transactions.
func strokes(b *testing.B, p *Project, id string, a *Annotation, n int) {
	b.Helper()
	r := newRand(2)
	for done := 0; done < n; {
		var batch []Entry
		for range min(500, n-done) {
			e := a.Stroke(roundStroke(r, a))
			if err := a.Apply(e); err != nil {
				b.Fatal(err)
			}
			batch = append(batch, e)
		}
		if err := p.Append(context.Background(), id, a, batch...); err != nil {
			b.Fatal(err)
		}
		done += len(batch)
	}
}

// BenchmarkReplay reads a study with 5,000 strokes in its journal and no revision.
func BenchmarkReplay(b *testing.B) {
	p, id, a := benchStudy(b)
	strokes(b, p, id, a, 5000)
	for b.Loop() {
		annotated(b, p, id)
	}
}

// BenchmarkSave makes a revision after 100 strokes.
func BenchmarkSave(b *testing.B) {
	p, id, a := benchStudy(b)
	for b.Loop() {
		b.StopTimer()
		strokes(b, p, id, a, 100)
		b.StartTimer()
		if _, err := p.Save(context.Background(), id, "reader"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVoxels stores and reads 64 slices of 512 × 512.
func BenchmarkVoxels(b *testing.B) {
	p, id, _ := benchStudy(b)
	v := phantomVolume(b)
	b.Run("store", func(b *testing.B) {
		b.SetBytes(int64(2 * len(v.HU)))
		for b.Loop() {
			v.HU[0]++ // so that it is another blob every time
			if _, err := p.putBlob(context.Background(), huContent(v.HU), plain); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		if err := p.StoreVoxels(context.Background(), id, v); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(2 * len(v.HU)))
		for b.Loop() {
			if _, err := p.Voxels(context.Background(), id); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hash", func(b *testing.B) {
		raw := rawBytes(b, v)
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			sha256.Sum256(raw)
		}
	})
	for name, level := range map[string]int{
		"gzip-fastest": gzip.BestSpeed,
		"gzip-huffman": gzip.HuffmanOnly, "gzip-default": gzip.DefaultCompression,
	} {
		b.Run(name, func(b *testing.B) {
			raw := rawBytes(b, v)
			b.SetBytes(int64(len(raw)))
			var n counter
			for b.Loop() {
				n = 0
				z, _ := gzip.NewWriterLevel(&n, level)
				io.Copy(z, bytes.NewReader(raw))
				z.Close()
			}
			b.ReportMetric(float64(n)/float64(len(raw)), "of-raw")
		})
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// phantomVolume is 64 slices that compress as a chest CT does, on the study's grid.
func phantomVolume(b *testing.B) *volume.Volume {
	b.Helper()
	made, err := phantom.Generate(context.Background(), phantom.Options{Seed: 3, Slices: 64})
	if err != nil {
		b.Fatal(err)
	}
	return &volume.Volume{Geometry: testSeries("bench", "P", 64, 512, 512).Geometry, HU: made.CT.HU}
}

// rawBytes are the voxels as they are stored.
func rawBytes(b *testing.B, v *volume.Volume) []byte {
	b.Helper()
	var raw bytes.Buffer
	if err := huContent(v.HU)(b.Context(), &raw); err != nil {
		b.Fatal(err)
	}
	return raw.Bytes()
}
