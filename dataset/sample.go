package dataset

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"glasswork/dataset/phantom"
	"glasswork/dataset/series"
)

// Sample is the embedded sample study: a synthetic chest CT that is made slice by
// slice as it is read (Format "phantom"). Close has nothing to release.
func Sample() *series.Series {
	o := phantom.Sample()
	g := phantom.New(o)
	return &series.Series{
		ID:     fmt.Sprintf("glasswork-sample-%d-%d", o.Seed, o.Slices),
		Format: "phantom", Path: "sample", Description: "Sample: synthetic chest CT",
		Modality:  "CT",
		PatientID: "sample", PatientName: "Sample",
		Geometry: g.Geometry(), Thickness: g.Geometry().Spacing()[0],
		Calibrated: true, Measurable: true,
		Warnings: []string{"This study is computed, it shows no patient."},
		Source: &phantomSource{generator: g, cores: make(chan struct{},
			max(1, runtime.GOMAXPROCS(0)-1))},
	}
}

// phantomSource makes the slices of a phantom.
type phantomSource struct {
	generator *phantom.Generator
	labels    sync.Pool // *[]uint8, the labels that the generator makes as well
	// cores bounds how many slices are computed at once: the window needs a core to stay smooth.
	cores chan struct{}
}

// ReadSlice fills hu ([y,x]) with slice z.
func (s *phantomSource) ReadSlice(ctx context.Context, z int, hu []int16) error {
	g := s.generator.Geometry()
	if z < 0 || z >= g.Size[0] || len(hu) != g.SliceVoxels() {
		return fmt.Errorf("slice %d was asked for, the phantom has %d", z+1, g.Size[0])
	}
	select {
	case s.cores <- struct{}{}:
		defer func() { <-s.cores }()
	case <-ctx.Done():
		return ctx.Err()
	}
	labels, _ := s.labels.Get().(*[]uint8)
	if labels == nil {
		made := make([]uint8, g.SliceVoxels())
		labels = &made
	}
	s.generator.Slice(z, hu, *labels)
	s.labels.Put(labels)
	return nil
}

func (s *phantomSource) Close() error { return nil }
