package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training"
	"glasswork/training/augment"
	"glasswork/training/network"
	"glasswork/training/sampling"
	"glasswork/training/score"
)

// A run that is stopped anywhere and resumed has the very losses, scores and weights of one
// that was not: with dropout, pasted lesions, best weights to go back to, patience and a
// random augmentation, on one thread.
func TestResumedTrainingIsBitForBit(t *testing.T) {
	for _, c := range []struct {
		arch string
		o    network.Optimiser
		stop int // after this step; checkpoints are made every second
	}{
		{"deeplabv3plus", network.Optimiser{Kind: network.SGD, Momentum: 0.9, Clip: 1}, 5},
		{"unet", network.Optimiser{}, 2},
		{"unet", network.Optimiser{}, 7},
	} {
		t.Run(fmt.Sprint(c.arch, c.stop), func(t *testing.T) {
			want := &journal{}
			whole := trained(t, c.arch, resumeOptions(t, c.o, t.TempDir(), want), nil)
			got, dir := &journal{}, t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			o := resumeOptions(t, c.o, dir, got)
			note := o.OnStep
			o.OnStep = func(p training.Progress) {
				if note(p); p.Step == c.stop {
					cancel()
				}
			}
			trained(t, c.arch, o, ctx)
			o = resumeOptions(t, c.o, dir, got)
			o.Resume, o.Workers = true, 2
			resumed := trained(t, c.arch, o, nil)
			if !slices.Equal(got.losses[:], want.losses[:]) ||
				!slices.Equal(got.epochs, want.epochs) {
				t.Errorf("losses and scores after resuming\n%v %v\nuninterrupted\n%v %v",
					got.losses, got.epochs, want.losses, want.epochs)
			}
			if !slices.Equal(resumed.net.values, whole.net.values) {
				t.Error("the weights differ")
			}
		})
	}
}

// A finished run goes on from any of its checkpoints as it did the first time.
func TestResumedFromAnyCheckpoint(t *testing.T) {
	want, dir := &journal{}, t.TempDir()
	o := resumeOptions(t, network.Optimiser{}, dir, want)
	o.Older = -1
	whole := trained(t, "unet", o, nil)
	for _, step := range []int{4, 8} {
		got := &journal{losses: want.losses, epochs: slices.Clone(want.epochs)}
		clear(got.losses[step:])
		o := resumeOptions(t, network.Optimiser{}, dir, got)
		o.Resume, o.ResumeAt, o.Older = true, step, -1
		resumed := trained(t, "unet", o, nil)
		if got.losses != want.losses || !slices.Equal(got.epochs, want.epochs) {
			t.Errorf("losses and scores after step %d\n%v %v\nthe first time\n%v %v", step,
				got.losses, got.epochs, want.losses, want.epochs)
		}
		if !slices.Equal(resumed.net.values, whole.net.values) {
			t.Errorf("the weights differ after step %d", step)
		}
	}
	if _, err := training.CheckpointAt(dir, 5); err == nil ||
		!strings.Contains(err.Error(), "it has 2, 4, 6, 8, 10") {
		t.Errorf("step 5 gives %v", err)
	}
}

// journal is what happened in a run, whatever was repeated written over.
type journal struct {
	losses [10]float64
	epochs []string
}

func resumeOptions(t *testing.T, optimiser network.Optimiser, dir string,
	j *journal,
) training.Options {
	t.Helper()
	chain, err := augment.Parse("V{0.5}B{1}(S{0.5}|G{0.5}){0.5}N{0.5}Z{0.5}")
	if err != nil {
		t.Fatal(err)
	}
	stop, err := training.ParseCriterion("dice:ground glass")
	if err != nil {
		t.Fatal(err)
	}
	return training.Options{
		Sources: []sampling.Source{{Name: "checks", Examples: checks(5), Weight: 1}},
		Augment: chain, Paste: 0.5,
		Validation: checks(2), ValidateEvery: 3, StopOn: stop, Patience: 3,
		Info: network.Info{Spec: network.Spec{
			InChannels: 1, Classes: classes.Count, Size: 32, Window: network.DefaultWindow,
		}},
		Schedule: training.Schedule{Peak: 1e-3, Warmup: 3, Steps: 10}, Optimiser: optimiser,
		BatchSize: 2, Seed: 3, Workers: 1, Dir: dir, CheckpointEvery: 2,
		OnStep: func(p training.Progress) { j.losses[p.Step-1] = p.StepLoss },
		OnEpoch: func(epoch, step int, loss float64, r score.Report) {
			j.epochs = append(j.epochs[:epoch-1], fmt.Sprint(step, loss, *r.Accuracy, r.Confusion))
		},
	}
}

// trained trains a network of its own, or that of the last checkpoint; with a ctx the run
// must be cancelled.
func trained(t *testing.T, arch string, o training.Options, ctx context.Context) *Learner {
	t.Helper()
	o.Info.Arch, o.Info.Encoder = arch, "resnet18"
	nets := Networks{Threads: 1}
	l, err := nets.New(o.Info.Spec, 11)
	path, _ := training.LastCheckpoint(o.Dir)
	if o.ResumeAt > 0 {
		path, _ = training.CheckpointAt(o.Dir, o.ResumeAt)
	}
	if o.Resume && path != "" {
		l.Close()
		l, _, err = nets.Load(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if ctx == nil {
		ctx = t.Context()
		_, err = training.Train(ctx, l, o)
	} else if _, err = training.Train(ctx, l, o); errors.Is(err, context.Canceled) {
		err = nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return l.(*Learner)
}

// checks are pictures in which density alone tells the class.
type checks int

func (c checks) Len() int { return int(c) }

func (c checks) Key(i int) (patient, caseID string, z int) {
	return fmt.Sprint(i), fmt.Sprint(i), 0
}

func (c checks) At(_ context.Context, i int) (example.Example, error) {
	const side = 64
	e := example.Example{
		Case: fmt.Sprint(i), Patient: fmt.Sprint(i), W: side, H: side, Known: allKnown,
	}
	for k := range side * side {
		class := uint8((k/side/16 + k%side/16 + i) % classes.Count)
		e.Labels = append(e.Labels, class)
		e.HU = append(e.HU, [...]int16{100, -550, -150, -850}[class]+int16(k%17-8))
	}
	return e, nil
}
