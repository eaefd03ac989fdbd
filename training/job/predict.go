package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"glasswork/dataset"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
	"glasswork/training/anatomy"
	"glasswork/training/inference"
	"glasswork/training/input"
	"glasswork/training/protocol"
)

// study is the slices to predict, which can be read in any order.
type study struct {
	geometry volume.Geometry
	whole    bool
	read     func(ctx context.Context, z int) ([]int16, error)
	close    func() error
	// chest is where lungs can lie; nil where that cannot be told.
	chest *anatomy.Chest
}

// predict runs a PredictJob.
func (j *Runner) predict(ctx context.Context, job protocol.PredictJob,
	emit emitFunc,
) (*protocol.Summary, error) {
	flips := inference.Flips(job.Flips)
	if err := flips.Validate(); err != nil {
		return nil, badJob(err)
	}
	emit.status(protocol.Status{Phase: protocol.PhaseLoading, Text: "Loading the model"})
	l, info, err := j.load(job.Model)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	s, err := openStudy(ctx, job)
	if err != nil {
		return nil, err
	}
	defer s.close()
	order := job.Slices
	if len(order) == 0 {
		order = make([]int, s.geometry.Size[0])
		for z := range order {
			order[z] = z
		}
	}
	summary := &protocol.PredictSummary{
		ModelName: info.Name, Slices: len(order), NoLung: s.chest != nil && !s.chest.Found(),
	}
	if summary.NoLung {
		summary.Slices = 0
		return &protocol.Summary{Predict: summary}, nil
	}
	report := progress(emit, protocol.PhasePredicting, "Proposing")
	read := func(i int) (input.Slice, error) {
		z := order[i]
		if z < 0 || z >= s.geometry.Size[0] {
			return input.Slice{}, fmt.Errorf("slice %d does not exist; the study has %d", z+1,
				s.geometry.Size[0])
		}
		hu, err := s.read(ctx, z)
		w, h := s.geometry.Size[2], s.geometry.Size[1]
		return input.Slice{HU: hu, W: w, H: h, Whole: s.whole}, err
	}
	done := func(i int, p inference.Prediction) error {
		if s.chest != nil && s.chest.Limit(order[i], p.Labels, s.geometry.Size[2]) > 0 {
			summary.Limited++
		}
		emit(protocol.Event{Type: protocol.TypeSlice, Slice: &protocol.Slice{
			Z: order[i], Labels: p.Labels, Uncertainty: p.Uncertainty,
		}})
		report(i+1, len(order))
		return nil
	}
	p := inference.New(l, info.Spec, inference.Options{Flips: flips})
	if err := p.Each(ctx, len(order), read, done); err != nil {
		return nil, err
	}
	return &protocol.Summary{Predict: summary}, nil
}

// chestMM is the least height in mm of a study in which lungs can be told from other gas.
const chestMM = 40

// findChest says where lungs can lie, unless the job does not ask. It needs HU, and a grid whose
// sizes are true.
func (s *study) findChest(
	ctx context.Context, job protocol.PredictJob, measurable bool,
) (err error) {
	g := s.geometry
	if job.Anywhere || !measurable || float64(g.Size[0])*g.Spacing()[0] < chestMM {
		return nil
	}
	s.chest, err = anatomy.FindChest(g, func(z int) ([]int16, error) { return s.read(ctx, z) })
	return err
}

// openStudy opens the project's copy of the voxels where there is one, else the path.
func openStudy(ctx context.Context, job protocol.PredictJob) (*study, error) {
	if job.Project != "" && job.Study != "" {
		s, err := openStored(ctx, job)
		if s != nil || err != nil {
			return s, err
		}
	}
	series, err := OpenSeries(ctx, job.Path, job.Series)
	if err != nil {
		return nil, err
	}
	s := &study{
		geometry: series.Geometry, whole: !series.Calibrated, close: series.Close,
		read: func(ctx context.Context, z int) ([]int16, error) {
			hu := make([]int16, series.Geometry.SliceVoxels())
			return hu, series.ReadSlice(ctx, z, hu)
		},
	}
	if err := s.findChest(ctx, job, series.Calibrated && series.Measurable); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openStored returns nil without an error if the project has not stored the voxels.
func openStored(ctx context.Context, job protocol.PredictJob) (*study, error) {
	p, err := OpenProject(ctx, job.Project)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	known, err := p.Study(ctx, job.Study)
	if err != nil {
		return nil, err
	}
	if !known.HasVoxels {
		return nil, nil
	}
	v, err := p.Voxels(ctx, job.Study)
	if err != nil {
		return nil, err
	}
	s := &study{
		geometry: v.Geometry, whole: !known.Calibrated, close: func() error { return nil },
		read: func(_ context.Context, z int) ([]int16, error) { return v.Slice(z), nil },
	}
	return s, s.findChest(ctx, job, known.Calibrated && known.Measurable)
}

// OpenSeries opens the series with the given ID at path, or the only one if id is empty,
// as it was acquired.
func OpenSeries(ctx context.Context, path, id string) (*series.Series, error) {
	if path == "" {
		return nil, fmt.Errorf("the job names neither a stored study nor a path")
	}
	if path == samplePath && !exists(path) {
		return dataset.Sample(), nil
	}
	all, _, err := dataset.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	acquired := slices.DeleteFunc(slices.Clone(all), func(s *series.Series) bool {
		return s.Resampled
	})
	var chosen *series.Series
	for _, s := range all {
		if chosen == nil && (id == s.ID || id == "" && len(acquired) == 1 && s == acquired[0]) {
			chosen = s
			continue
		}
		_ = s.Close()
	}
	switch {
	case chosen != nil:
		return chosen, nil
	case id == "":
		return nil, fmt.Errorf("%s holds %d series; name one with --series (glasswork-trainer "+
			"info lists them)", path, len(all))
	}
	return nil, fmt.Errorf("%s does not hold the series that was asked for", path)
}

// samplePath stands for the embedded sample study, which is not a file.
const samplePath = "sample"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
