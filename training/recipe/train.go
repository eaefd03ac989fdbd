package recipe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/example"
	"glasswork/training"
	"glasswork/training/network"
	"glasswork/training/protocol"
	"glasswork/training/sampling"
)

// Show is told how training goes on.
type Show struct {
	Say  func(line string)
	Emit func(protocol.Event)
}

// Result is what was trained.
type Result struct {
	training.Result
	Path string // of the model
}

// Train trains a network as the recipe says and writes it to Out.
func (r Recipe) Train(ctx context.Context, nets network.Starter, show Show) (Result, error) {
	if err := r.Validate(); err != nil {
		return Result{}, err
	}
	if r.Batch == 0 {
		var err error
		if r.Batch, err = r.fitBatch(ctx, nets); err != nil {
			return Result{}, fmt.Errorf("no batch size fits: %w", err)
		}
		show.Say(fmt.Sprintf("%d samples a step", r.Batch))
	}
	o, err := r.options(ctx)
	if err != nil {
		return Result{}, err
	}
	if err := makeFolder(r.Out); err != nil {
		return Result{}, err
	}
	learner, err := r.learner(nets, &o)
	if err != nil {
		return Result{}, err
	}
	defer learner.Close()
	training.ReportTo(&o, "", show.Emit)
	done, err := training.Train(ctx, learner, o)
	if err != nil {
		return Result{}, err
	}
	o.Info.Half = r.Half
	path := filepath.Join(r.Out, training.ModelFile)
	return Result{done, path}, learner.Save(path, o.Info)
}

// largestBatch bounds the search for a batch size.
const largestBatch = 64

// fitter is a learner that finds by trying how many samples a step is best made on.
type fitter interface {
	FitBatch(ctx context.Context, side, limit int) (int, error)
}

func (r Recipe) fitBatch(ctx context.Context, nets network.Starter) (int, error) {
	l, err := nets.New(r.info().Spec, r.Seed)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	err = l.Configure(network.Method{Optimiser: r.Optimiser, Precision: r.Precision})
	if err != nil {
		return 0, err
	}
	f, ok := l.(fitter)
	if !ok {
		return 0, errors.New("this network cannot tell; name a batch size")
	}
	return f.FitBatch(ctx, r.Size, largestBatch)
}

// learner makes the network, or loads the one to start or to go on from.
func (r Recipe) learner(nets network.Starter, o *training.Options) (network.Learner, error) {
	path := r.Initial
	if o.Resume {
		last, err := training.LastCheckpoint(r.Out)
		if o.ResumeAt > 0 {
			last, err = training.CheckpointAt(r.Out, o.ResumeAt)
		}
		if err != nil {
			return nil, err
		}
		if last != "" {
			path = last
		}
	}
	if path == "" {
		return nets.New(o.Info.Spec, r.Seed)
	}
	l, info, err := nets.Start(path, o.Info.Spec, r.Seed)
	if err != nil {
		return nil, fmt.Errorf("cannot start from %s: %w", path, err)
	}
	size, level := o.Info.Size, o.Info.Level
	o.Info.Spec = info.Spec
	o.Info.Size, o.Info.Level = size, level || info.Level
	return l, nil
}

// makeFolder makes dir and sees that files can be written to it.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		reason := err // without the name of what the system was asked for
		if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
			reason = failed.Err
		}
		return fmt.Errorf("cannot make the folder %s: %w", dir, reason)
	}
	return atomicfile.Check(filepath.Join(dir, training.ModelFile))
}

// options opens the datasets and says how the loop is to run.
func (r Recipe) options(ctx context.Context) (training.Options, error) {
	o := training.Options{
		BatchSize: r.Batch, Seed: r.Seed, Workers: r.Workers,
		ValidateEvery: r.ValidateEvery, Patience: r.Patience, Info: r.info(),
		Dir: r.Out, CheckpointEvery: r.CheckpointEvery, Older: r.Keep - 1,
		Resume: r.Resume || r.ResumeAt > 0, ResumeAt: r.ResumeAt,
	}
	if err := r.fill(&o); err != nil {
		return o, err
	}
	total, err := r.open(ctx, &o)
	if err != nil {
		return o, err
	}
	o.Schedule.Steps = r.Steps
	if r.Steps == 0 {
		o.Schedule.Steps = r.Epochs * ((total + r.Batch - 1) / r.Batch)
	}
	warmUp(&o.Schedule)
	if o.ValidateEvery == 0 {
		o.ValidateEvery = max(o.Schedule.Steps/10, 1)
	}
	return o, nil
}

// cacheBytes bounds the memory in which decoded slices are kept.
const cacheBytes = 2 << 30

// open opens the datasets and returns how many slices there are to learn from.
func (r Recipe) open(ctx context.Context, o *training.Options) (total int, err error) {
	for i, path := range r.Data {
		e, err := example.Open(ctx, path)
		if err != nil {
			return 0, err
		}
		total += e.Len()
		src := sampling.Source{
			Name: path, Examples: sampling.Cache(e, cacheBytes/int64(len(r.Data))), Weight: 1,
		}
		if len(r.Weights) > 0 {
			src.Weight = r.Weights[i]
		}
		o.Sources = append(o.Sources, r.named(src)...)
	}
	for _, src := range r.Sources {
		total += src.Examples.Len()
		o.Sources = append(o.Sources, src)
	}
	for _, path := range r.Validation {
		e, err := example.Open(ctx, path)
		if err != nil {
			return 0, err
		}
		o.Validation = sampling.Join(o.Validation, sampling.Cache(e, cacheBytes/4))
	}
	return total, nil
}

// named divides a source between the names that its masks give lesions and those of their
// density.
func (r Recipe) named(src sampling.Source) []sampling.Source {
	dense := src
	dense.Examples = sampling.NameByDensity(src.Examples)
	src.Weight, dense.Weight = (1-r.DensityNames)*src.Weight, r.DensityNames*src.Weight
	switch r.DensityNames {
	case 0:
		return []sampling.Source{src}
	case 1:
		return []sampling.Source{dense}
	}
	return []sampling.Source{src, dense}
}
