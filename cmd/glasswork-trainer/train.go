package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/example"

	"glasswork/model"
	"glasswork/training"
	"glasswork/training/network"
	"glasswork/training/protocol"
	"glasswork/training/sampling"
	"glasswork/training/score"
)

// trainFlags are the flags of train.
type trainFlags struct {
	data, validation, teachers               []string
	teacherShare, densityNames               float64
	weights                                  []float64
	arch, encoder, out, initial, name        string
	size, epochs, steps, batch, workers      int
	validateEvery, checkpointEvery, patience int
	seed                                     uint64
	average                                  float64
	resume                                   string
	keep                                     int
	half, level                              bool
	windowCenter, windowWidth                float64
	method                                   methodFlags
}

func (a *app) trainCommand() *cobra.Command {
	var f trainFlags
	c := &cobra.Command{
		Use:   "train --data DIR [--data DIR…] --out DIR",
		Short: "Train a network on labelled datasets",
		Long: `Train a network on labelled datasets and write it to OUT/model.safetensors.

A dataset is a folder with images/ and masks/ (pictures), an nnU-Net raw folder, a folder
with the Kaggle arrays, or phantom:N@SEED for N synthetic slices. Samples come from all
datasets equally often unless --weight, given once for each --data, says otherwise.`,
		Example: `  glasswork-trainer train --data covid/train --data phantom:600@1 --arch unet --encoder resnet18 \
    --size 256 --epochs 20 --seed 1 --out runs/first`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.train(c.Context(), f) },
	}
	s := c.Flags()
	s.StringArrayVar(&f.data, "data", nil, "dataset to learn from; may be repeated")
	s.Float64SliceVar(&f.weights, "weight", nil, "how often samples come from each dataset, relative to the others")
	s.StringArrayVar(&f.validation, "val", nil, "dataset on which the best weights are chosen; may be repeated")
	s.StringVar(&f.arch, "arch", "unet", "architecture")
	s.StringVar(&f.encoder, "encoder", "resnet18", "encoder")
	s.IntVar(&f.size, "size", network.DefaultSize, "side of the network's input in pixels")
	s.IntVar(&f.epochs, "epochs", 20, "passes over as many samples as there are labelled slices")
	s.IntVar(&f.steps, "steps", 0, "optimiser steps, instead of epochs")
	s.IntVar(&f.batch, "batch", 8, "samples a step (0: found by trying what is fastest and fits)")
	s.Float64Var(&f.average, "average", 0, "decay of a moving average of the weights, such as 0.99 (0: none)")
	s.Uint64Var(&f.seed, "seed", 1, "fixes weights, order and augmentation")
	s.StringVar(&f.out, "out", "", "folder for the model and its checkpoints")
	s.StringVar(&f.initial, "init", "", "model file to start from instead of random weights: a checkpoint, a state_dict, or an encoder's weights alone")
	s.StringArrayVar(&f.teachers, "teacher", nil, "model file whose probabilities the network is taught beside the labels; several are averaged")
	s.Float64Var(&f.teacherShare, "teacher-share", 0.5, "how much the teachers count, against the labels")
	s.StringVar(&f.name, "name", "", "the model's name (default: the last part of --out)")
	s.IntVar(&f.validateEvery, "validate-every", 0, "steps between validations (0: ten times in a run)")
	s.IntVar(&f.checkpointEvery, "checkpoint-every", 200, "steps between checkpoints")
	s.IntVar(&f.patience, "patience", 0, "stop after so many validations without improvement of --stop-on (0: never)")
	s.IntVar(&f.workers, "workers", 2, "goroutines that prepare samples")
	s.IntVar(&f.keep, "keep-checkpoints", 1, "how many of the newest checkpoints stay (0: all)")
	s.StringVar(&f.resume, "resume", "", "go on from the last checkpoint in --out, or with --resume=STEP from that of a step")
	s.Lookup("resume").NoOptDefVal = resumeLast
	s.BoolVar(&f.half, "half", false, "store the weights as float16")
	s.Float64Var(&f.windowCenter, "window-center", network.DefaultWindow.Center, "centre in HU of what the network sees")
	s.Float64Var(&f.windowWidth, "window-width", network.DefaultWindow.Width, "width in HU of what the network sees")
	s.BoolVar(&f.level, "level", false, "bring pictures without HU to the usual grey values of lung and soft tissue before the network sees them")
	s.Float64Var(&f.densityNames, "density-names", 0, "share of the samples of pictures in which density says what is ground glass and what consolidation, not the mask")
	f.method.register(s)
	_ = c.MarkFlagRequired("data")
	_ = c.MarkFlagRequired("out")
	return c
}

// trainResult is the last line of train --json.
type trainResult struct {
	Type    string        `json:"type"`
	Model   string        `json:"model"`
	Steps   int           `json:"steps"`
	Best    int           `json:"best_step"`
	Loss    float64       `json:"loss"`
	Seconds float64       `json:"seconds"`
	Report  *score.Report `json:"report"`
}

func (a *app) train(ctx context.Context, f trainFlags) error {
	started := time.Now()
	if err := f.check(); err != nil {
		return err
	}
	if f.batch == 0 {
		var err error
		if f.batch, err = f.fitBatch(ctx, a.networks()); err != nil {
			return fmt.Errorf("no batch size fits: %w", err)
		}
		fmt.Fprintf(a.stderr, "%d samples a step\n", f.batch)
	}
	o, err := f.options(ctx)
	if err != nil {
		return err
	}
	if err := makeFolder(f.out); err != nil {
		return err
	}
	learner, err := f.learner(a.networks(), &o)
	if err != nil {
		return err
	}
	defer learner.Close()
	closeTeachers, err := f.teach(a.networks(), &o)
	if err != nil {
		return err
	}
	defer closeTeachers()
	show := a.reporter()
	defer show.close()
	training.ReportTo(&o, "", show.event)
	r, err := training.Train(ctx, learner, o)
	if err != nil {
		return err
	}
	o.Info.Half = f.half
	path, err := training.Final(f.out, learner, r, o.Info)
	if err != nil {
		return err
	}
	show.close()
	if a.json {
		return printJSON(a.stdout, trainResult{protocol.TypeSummary, path, r.Steps, r.BestStep, r.Loss, time.Since(started).Seconds(), r.Report})
	}
	fmt.Fprintf(a.stdout, "%s: %d steps in %s, weights of step %d\n", path, r.Steps, time.Since(started).Round(time.Second), r.BestStep)
	if r.Report != nil {
		printReport(a.stdout, *r.Report)
	}
	return nil
}

// largestBatch bounds the search for a batch size.
const largestBatch = 64

// fitBatch finds by trying how many samples a step is best made on.
func (f trainFlags) fitBatch(ctx context.Context, nets model.Networks) (int, error) {
	l, err := nets.New(f.info().Spec, f.seed)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	if err := l.(*model.Learner).Configure(network.Method{Optimiser: f.method.optimiser, Precision: f.method.precision}); err != nil {
		return 0, err
	}
	return l.(*model.Learner).FitBatch(ctx, f.size, largestBatch)
}

// learner makes the network, or loads the one to start or to go on from.
func (f trainFlags) learner(nets model.Networks, o *training.Options) (network.Learner, error) {
	path := f.initial
	if o.Resume {
		last, err := training.LastCheckpoint(f.out)
		if o.ResumeAt > 0 {
			last, err = training.CheckpointAt(f.out, o.ResumeAt)
		}
		if err != nil {
			return nil, err
		}
		if last != "" {
			path = last
		}
	}
	if path == "" {
		return nets.New(o.Info.Spec, f.seed)
	}
	l, info, err := nets.Start(path, o.Info.Spec, f.seed)
	if err != nil {
		return nil, fmt.Errorf("cannot start from %s: %w", path, err)
	}
	size, level := o.Info.Size, o.Info.Level
	o.Info.Spec = info.Spec
	o.Info.Size, o.Info.Level = size, level || info.Level
	return l, nil
}

// teach loads the teachers.
func (f trainFlags) teach(nets model.Networks, o *training.Options) (closeAll func(), err error) {
	closeAll = func() {
		for _, l := range o.Teachers {
			l.Close()
		}
	}
	for _, path := range f.teachers {
		l, info, err := nets.Load(path)
		if err == nil && info.Spec.Classes != o.Info.Spec.Classes {
			l.Close()
			err = fmt.Errorf("it tells %d classes apart, not %d", info.Spec.Classes, o.Info.Spec.Classes)
		}
		if err != nil {
			closeAll()
			return nil, fmt.Errorf("%s cannot teach: %w", path, err)
		}
		o.Teachers = append(o.Teachers, l)
	}
	return closeAll, nil
}

// check refuses values of flags that make no sense.
func (f trainFlags) check() error {
	switch {
	case f.size%32 != 0 || f.size < 32:
		return fmt.Errorf("--size %d is not a multiple of 32", f.size)
	case f.batch < 0 || f.epochs < 1 || f.workers < 1:
		return errors.New("--epochs and --workers must be at least 1, --batch at least 0")
	case f.steps < 0 || f.validateEvery < 0 || f.checkpointEvery < 0 || f.patience < 0:
		return errors.New("--steps, --validate-every, --checkpoint-every and --patience cannot be less than 0")
	case !(f.windowWidth > 0) || math.IsInf(f.windowWidth, 0) || math.IsNaN(f.windowCenter) || math.IsInf(f.windowCenter, 0):
		return errors.New("--window-center and --window-width must be in HU, the width greater than 0")
	case len(f.weights) > 0 && len(f.weights) != len(f.data):
		return fmt.Errorf("%d --weight for %d --data: give one for each or none", len(f.weights), len(f.data))
	case f.keep < 0:
		return errors.New("--keep-checkpoints cannot be less than 0")
	case !resumable(f.resume):
		return fmt.Errorf("--resume=%s is no step; write --resume for the last checkpoint, or --resume=400", f.resume)
	case !(f.teacherShare >= 0 && f.teacherShare <= 1):
		return errors.New("--teacher-share must be between 0 and 1")
	case !(f.densityNames >= 0 && f.densityNames <= 1):
		return errors.New("--density-names must be between 0 and 1")
	case f.out == "":
		return errors.New("--out names no folder")
	}
	return nil
}

// resumeLast is what --resume without a step stands for.
const resumeLast = "last"

// resumable says whether text is a value of --resume.
func resumable(text string) bool {
	step, err := strconv.Atoi(text)
	return text == "" || text == resumeLast || err == nil && step > 0
}

// makeFolder makes dir and sees that files can be written to it.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder %s: %w", dir, reason(err))
	}
	return atomicfile.Check(filepath.Join(dir, "model.safetensors"))
}

// reason is why the system refused, without the name of what it was asked.
func reason(err error) error {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

func (f trainFlags) options(ctx context.Context) (training.Options, error) {
	o := training.Options{
		BatchSize: f.batch, Seed: f.seed, Workers: f.workers, Average: f.average,
		ValidateEvery: f.validateEvery, Patience: f.patience,
		Dir: f.out, CheckpointEvery: f.checkpointEvery, Older: f.keep - 1, Resume: f.resume != "",
	}
	if step, err := strconv.Atoi(f.resume); err == nil {
		o.ResumeAt = step
	}
	if err := f.method.fill(&o); err != nil {
		return o, err
	}
	total := 0
	for i, path := range f.data {
		e, err := example.Open(ctx, path)
		if err != nil {
			return o, err
		}
		total += e.Len()
		src := sampling.Source{Name: path, Examples: sampling.Cache(e, cacheBytes/int64(len(f.data))), Weight: 1}
		if len(f.weights) > 0 {
			src.Weight = f.weights[i]
		}
		o.Sources = append(o.Sources, f.named(src)...)
	}
	for _, path := range f.validation {
		e, err := example.Open(ctx, path)
		if err != nil {
			return o, err
		}
		o.Validation = sampling.Join(o.Validation, sampling.Cache(e, cacheBytes/4))
	}
	if len(f.teachers) > 0 {
		o.Loss.Teachers = f.teacherShare
	}
	o.Schedule.Steps = f.steps
	if f.steps == 0 {
		o.Schedule.Steps = f.epochs * ((total + f.batch - 1) / f.batch)
	}
	f.method.warmUp(&o.Schedule)
	if o.ValidateEvery == 0 {
		o.ValidateEvery = max(o.Schedule.Steps/10, 1)
	}
	o.Info = f.info()
	return o, nil
}

// named divides a source between the names that its masks give lesions and those of their density.
func (f trainFlags) named(src sampling.Source) []sampling.Source {
	dense := src
	dense.Examples = sampling.NameByDensity(src.Examples)
	src.Weight, dense.Weight = (1-f.densityNames)*src.Weight, f.densityNames*src.Weight
	switch f.densityNames {
	case 0:
		return []sampling.Source{src}
	case 1:
		return []sampling.Source{dense}
	}
	return []sampling.Source{src, dense}
}

// cacheBytes bounds the memory in which decoded slices are kept.
const cacheBytes = 2 << 30

func (f trainFlags) info() network.Info {
	names := classes.Names()
	name := f.name
	if name == "" {
		name = filepath.Base(f.out)
	}
	info := network.Info{
		Spec: network.Spec{
			Arch: f.arch, Encoder: f.encoder, InChannels: 1, Classes: classes.Count, Size: f.size,
			Window: network.Window{Center: f.windowCenter, Width: f.windowWidth}, Level: f.level,
		},
		Name: name, Created: time.Now().UTC().Format(time.RFC3339), Classes: names[:],
		Provenance: map[string]string{
			"data": strings.Join(baseNames(f.data), ", "), "seed": fmt.Sprint(f.seed), "size": fmt.Sprint(f.size),
			"batch": fmt.Sprint(f.batch), "terms": "research only; not a medical device",
		},
	}
	f.method.provenance(info.Provenance)
	if f.densityNames > 0 {
		info.Provenance["density_names"] = fmt.Sprint(f.densityNames)
	}
	if len(f.teachers) > 0 {
		info.Provenance["teachers"] = strings.Join(baseNames(f.teachers), ", ")
	}
	return info
}
