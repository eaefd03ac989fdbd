package session

import (
	"context"
	"fmt"
	"os"
	"sync"

	"glasswork/dataset"
	"glasswork/dataset/project"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// findSeries returns the series of a study of the project: the sample, the files it came
// from, or the project's own copy of the voxels.
func findSeries(
	ctx context.Context, p *project.Project, study project.Study,
) (*series.Series, error) {
	if sample := dataset.Sample(); sample.ID == study.SeriesID {
		return sample, nil
	}
	all, _, err := dataset.Open(ctx, study.Source)
	var match *series.Series
	for _, candidate := range all {
		if match == nil && candidate.ID == study.SeriesID &&
			candidate.Geometry.SameGrid(study.Geometry) {
			match = candidate
		} else {
			_ = candidate.Close() // only looked at
		}
	}
	switch {
	case match != nil:
		return match, nil
	case study.HasVoxels:
		return storedSeries(p, study), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	return nil, fmt.Errorf("it is no longer in %s; open it once more from where it is now",
		study.Source)
}

// storedSeries reads a study from the project's own copy.
func storedSeries(p *project.Project, study project.Study) *series.Series {
	return &series.Series{
		ID: study.SeriesID, Format: "project", Path: study.Source, Description: study.Description,
		Geometry: study.Geometry, Calibrated: study.Calibrated, Measurable: study.Measurable,
		Warnings: []string{
			"The files this study came from are gone; what you see is the project's copy.",
		},
		Source: &storedSource{read: sync.OnceValues(func() (*volume.Volume, error) {
			return p.Voxels(context.Background(), study.ID)
		})},
	}
}

// storedSource is a volume that is read whole when its first slice is asked for.
type storedSource struct {
	read func() (*volume.Volume, error)
}

// ReadSlice fills hu ([y,x]) with slice z.
func (s *storedSource) ReadSlice(_ context.Context, z int, hu []int16) error {
	v, err := s.read()
	if err != nil {
		return err
	}
	copy(hu, v.Slice(z))
	return nil
}

func (s *storedSource) Close() error { return nil }

// exists reports whether a path is still there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
