package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"glasswork/training"
	"glasswork/training/protocol"
	"glasswork/training/recipe"
	"glasswork/training/score"
)

func (a *app) trainCommand() *cobra.Command {
	r := recipe.Default()
	var resume string
	c := &cobra.Command{
		Use:   "train --data DIR [--data DIR…] --out DIR",
		Short: "Train a network on labelled datasets",
		Long: `Train a network on labelled datasets and write it to OUT/model.safetensors.

A dataset is a folder with images/ and masks/ (pictures), an nnU-Net raw folder, a folder
with the Kaggle arrays, or phantom:N@SEED for N synthetic slices. Samples come from all
datasets equally often unless --weight, given once for each --data, says otherwise.`,
		Example: `  glasswork-trainer train --data covid/train --data phantom:600@1 --arch unet \
    --encoder resnet18 --size 256 --epochs 20 --seed 1 --out runs/first`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if r.Resume, r.ResumeAt, err = parseResume(resume); err != nil {
				return err
			}
			return a.train(c.Context(), r)
		},
	}
	s := c.Flags()
	dataFlags(s, &r)
	networkFlags(s, &r)
	courseFlags(s, &r)
	methodFlags(s, &r.Method)
	s.StringVar(&resume, "resume", "",
		"go on from the last checkpoint in --out, or with --resume=STEP from that of a step")
	s.Lookup("resume").NoOptDefVal = resumeLast
	_ = c.MarkFlagRequired("data")
	_ = c.MarkFlagRequired("out")
	return c
}

// dataFlags say what is learned from, and where the model goes.
func dataFlags(s *pflag.FlagSet, r *recipe.Recipe) {
	s.StringArrayVar(&r.Data, "data", nil, "dataset to learn from; may be repeated")
	s.Float64SliceVar(&r.Weights, "weight", nil,
		"how often samples come from each dataset, relative to the others")
	s.StringArrayVar(&r.Validation, "val", nil,
		"dataset on which the best weights are chosen; may be repeated")
	s.Float64Var(&r.DensityNames, "density-names", 0, "share of the samples of pictures in "+
		"which density says what is ground glass and what consolidation, not the mask")
	s.StringVar(&r.Out, "out", "", "folder for the model and its checkpoints")
	s.StringVar(&r.Name, "name", "", "the model's name (default: the last part of --out)")
	s.BoolVar(&r.Half, "half", false, "store the weights as float16")
}

// networkFlags say which network is trained.
func networkFlags(s *pflag.FlagSet, r *recipe.Recipe) {
	s.StringVar(&r.Arch, "arch", r.Arch, "architecture")
	s.StringVar(&r.Encoder, "encoder", r.Encoder, "encoder")
	s.IntVar(&r.Size, "size", r.Size, "side of the network's input in pixels")
	s.Float64Var(&r.Window.Center, "window-center", r.Window.Center,
		"centre in HU of what the network sees")
	s.Float64Var(&r.Window.Width, "window-width", r.Window.Width,
		"width in HU of what the network sees")
	s.BoolVar(&r.Level, "level", false, "bring pictures without HU to the usual grey values "+
		"of lung and soft tissue before the network sees them")
	s.StringVar(&r.Initial, "init", "", "model file to start from instead of random weights: "+
		"a checkpoint, a state_dict, or an encoder's weights alone")
}

// courseFlags say how long training goes on, and what it leaves on the way.
func courseFlags(s *pflag.FlagSet, r *recipe.Recipe) {
	s.IntVar(&r.Epochs, "epochs", r.Epochs,
		"passes over as many samples as there are labelled slices")
	s.IntVar(&r.Steps, "steps", 0, "optimiser steps, instead of epochs")
	s.IntVar(&r.Batch, "batch", r.Batch,
		"samples a step (0: found by trying what is fastest and fits)")
	s.Uint64Var(&r.Seed, "seed", r.Seed, "fixes weights, order and augmentation")
	s.IntVar(&r.ValidateEvery, "validate-every", 0,
		"steps between validations (0: ten times in a run)")
	s.IntVar(&r.CheckpointEvery, "checkpoint-every", r.CheckpointEvery, "steps between checkpoints")
	s.IntVar(&r.Patience, "patience", 0,
		"stop after so many validations without improvement of --stop-on (0: never)")
	s.IntVar(&r.Workers, "workers", r.Workers, "goroutines that prepare samples")
	s.IntVar(&r.Keep, "keep-checkpoints", r.Keep,
		"how many of the newest checkpoints stay (0: all)")
}

// methodFlags say how samples are varied and how a network learns from them.
func methodFlags(s *pflag.FlagSet, m *recipe.Method) {
	s.StringVar(&m.Augment, "augment", "", "how samples are varied, such as "+
		"V{0.5}B{0.5}(S{0.5}|G{0.5}[0.37]){0.3}, or E for not at all; glasswork-trainer "+
		"augment --help lists the letters "+augmentDefault)
	s.Float64Var(&m.Paste, "paste", 0, "how often lesions of another sample of its dataset are "+
		"laid into a sample's aerated lung, such as 0.5")
	s.StringVar(&m.Loss.Kind, "loss", m.Loss.Kind, "what is made smaller: ce+dice, "+
		"ce+case-dice (Dice of each sample), ce, dice, focal or softmax-ce")
	s.Float64SliceVar(&m.Loss.Weights, "class-weights", nil,
		"weight of each class in the loss, such as 0.5,1,2,1")
	s.Float64Var(&m.Loss.Gamma, "focal-gamma", m.Loss.Gamma, "exponent of the focal loss")
	s.StringVar(&m.Optimiser.Kind, "optimiser", m.Optimiser.Kind, "adamw, adam or sgd")
	s.Float64Var(&m.Optimiser.Decay, "weight-decay", m.Optimiser.Decay,
		"decay of convolutions' weights")
	s.Float64Var(&m.Optimiser.Momentum, "momentum", m.Optimiser.Momentum, "momentum of sgd")
	s.BoolVar(&m.Optimiser.Nesterov, "nesterov", false, "Nesterov's momentum for sgd")
	s.Float64Var(&m.Optimiser.Clip, "clip", 0, "largest norm of all gradients together (0: any)")
	s.StringVar(&m.Precision, "precision", m.Precision, "of training steps: full (float32), "+
		"mixed (16 bits where that is precise enough), or auto (mixed where it is faster)")
	s.Float64Var(&m.Schedule.Peak, "lr", m.Schedule.Peak, "highest learning rate")
	s.StringVar(&m.Schedule.Course, "schedule", m.Schedule.Course,
		"course of the learning rate: cosine, poly, onecycle or constant")
	s.StringVar(&m.Schedule.Course, "decay", m.Schedule.Course, "course of the learning rate")
	_ = s.MarkDeprecated("decay", "use --schedule")
	s.IntVar(&m.Schedule.Warmup, "warmup", m.Schedule.Warmup,
		"steps in which the learning rate rises (-1: a twentieth, at most 100)")
	s.StringVar(&m.StopOn, "stop-on", m.StopOn, "score by which the best weights are chosen: "+
		"merit (mean Dice of the lesions), loss, or dice, iou, accuracy, precision, recall, "+
		"alone or of a class as in dice:consolidation")
}

// augmentDefault ends the help of --augment.
const augmentDefault = "(default: CT or PICTURE, or LEVELLED for a model that sees pictures so)"

// resumeLast is what --resume without a step stands for.
const resumeLast = "last"

// parseResume reads the value of --resume.
func parseResume(text string) (resume bool, at int, err error) {
	if text == "" || text == resumeLast {
		return text != "", 0, nil
	}
	at, err = strconv.Atoi(text)
	if err != nil || at < 1 {
		return false, 0, fmt.Errorf(
			"--resume=%s is not a step; write --resume for the last checkpoint, or --resume=400",
			text)
	}
	return true, at, nil
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

func (a *app) train(ctx context.Context, r recipe.Recipe) error {
	started := time.Now()
	show := a.reporter()
	defer show.close()
	done, err := r.Train(ctx, a.networks(), recipe.Show{Say: show.say, Emit: show.event})
	if err != nil {
		return err
	}
	show.close()
	return a.printTrained(done.Path, done.Result, time.Since(started))
}

func (a *app) printTrained(path string, r training.Result, took time.Duration) error {
	if a.json {
		return printJSON(a.stdout, trainResult{
			protocol.TypeSummary, path, r.Steps, r.BestStep, r.Loss, took.Seconds(), r.Report,
		})
	}
	fmt.Fprintf(a.stdout, "%s: %d steps in %s, weights of step %d\n",
		path, r.Steps, took.Round(time.Second), r.BestStep)
	if r.Report != nil {
		printReport(a.stdout, *r.Report)
	}
	return nil
}
