// Package recipe trains a network on labelled datasets and writes the model: which
// datasets, which network, how samples are varied, how it learns. The loop is package
// training's; the trainer's command train binds its flags to a Recipe.
package recipe

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"glasswork/dataset/classes"
	"glasswork/training/network"
	"glasswork/training/sampling"
)

// Recipe says what a network is trained from and how. Default has values for all but the
// datasets and Out.
type Recipe struct {
	// Data are datasets to learn from (see example.Open); samples come from all of them
	// equally often unless Weights, one for each, say otherwise.
	Data    []string
	Weights []float64
	// Sources are datasets that are open already, with weights of their own.
	Sources []sampling.Source
	// Validation are datasets on which the best weights are chosen; without any the last
	// weights are kept, unless StopOn is the loss.
	Validation []string
	// DensityNames is the share of the samples of pictures in which density says what is
	// ground glass and what consolidation, not the mask.
	DensityNames float64

	// Arch and Encoder are the network's, Size the side of its input in pixels, Window the
	// range of HU it sees; Level brings pictures without HU to the usual grey values first.
	Arch, Encoder string
	Size          int
	Window        network.Window
	Level         bool
	// Initial is a model file to start from; empty: random weights.
	Initial string

	// Epochs are passes over as many samples as there are labelled slices; Steps, if not 0,
	// optimiser steps instead. Batch is the number of samples a step; 0 finds it by trying.
	Epochs, Steps, Batch int
	// Seed fixes weights, order and augmentation.
	Seed    uint64
	Workers int
	Method

	// Out receives the model and its checkpoints; Name is the model's, by default the last
	// part of Out. Half stores weights as float16.
	Out, Name string
	Half      bool
	// ValidateEvery (0: ten times in a run) and CheckpointEvery are steps. Patience ends
	// training after so many validations without improvement; 0 never.
	ValidateEvery, CheckpointEvery, Patience int
	// Keep is how many of the newest checkpoints stay; 0: all.
	Keep int
	// Resume goes on from the last checkpoint in Out, or from that of step ResumeAt.
	Resume   bool
	ResumeAt int
}

// Default is a recipe without datasets.
func Default() Recipe {
	return Recipe{
		Arch: "unet", Encoder: "resnet18", Size: network.DefaultSize, Window: network.DefaultWindow,
		Epochs: 20, Batch: 8, Seed: 1, Workers: 2, Method: defaultMethod(),
		CheckpointEvery: 200, Keep: 1,
	}
}

// Validate refuses values that make no sense.
func (r Recipe) Validate() error {
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	switch {
	case r.Size%32 != 0 || r.Size < 32:
		return fmt.Errorf("a size of %d is not a multiple of 32", r.Size)
	case r.Batch < 0 || r.Epochs < 1 || r.Workers < 1:
		return errors.New("epochs and workers must be at least 1, the batch at least 0")
	case r.Steps < 0 || r.ValidateEvery < 0 || r.CheckpointEvery < 0 || r.Patience < 0:
		return errors.New("steps, steps between validations or checkpoints, and patience " +
			"cannot be less than 0")
	case !(r.Window.Width > 0) || !finite(r.Window.Width) || !finite(r.Window.Center):
		return errors.New("the window's centre and width must be in HU, the width greater than 0")
	case len(r.Weights) > 0 && len(r.Weights) != len(r.Data):
		return fmt.Errorf("%d weights for %d datasets: give one for each or none",
			len(r.Weights), len(r.Data))
	case r.Keep < 0:
		return errors.New("the number of checkpoints to keep cannot be less than 0")
	case !(r.DensityNames >= 0 && r.DensityNames <= 1):
		return errors.New("the share of names by density must be between 0 and 1")
	case r.Out == "":
		return errors.New("no folder is named for the model")
	}
	return nil
}

// info is what stands in the model's header.
func (r Recipe) info() network.Info {
	names := classes.Names()
	name := r.Name
	if name == "" {
		name = filepath.Base(r.Out)
	}
	info := network.Info{
		Spec: network.Spec{
			Arch: r.Arch, Encoder: r.Encoder, InChannels: 1, Classes: classes.Count, Size: r.Size,
			Window: r.Window, Level: r.Level,
		},
		Name: name, Created: time.Now().UTC().Format(time.RFC3339), Classes: names[:],
		Provenance: map[string]string{
			"data": strings.Join(ShortNames(r.Data), ", "), "seed": fmt.Sprint(r.Seed),
			"size": fmt.Sprint(r.Size), "batch": fmt.Sprint(r.Batch),
			"terms": "research only; not a medical device",
		},
	}
	r.Method.provenance(info.Provenance)
	if r.DensityNames > 0 {
		info.Provenance["density_names"] = fmt.Sprint(r.DensityNames)
	}
	return info
}

// ShortNames are the last two parts of paths: enough to know a dataset by, without the
// folders of the machine.
func ShortNames(paths []string) []string {
	names := make([]string, len(paths))
	for i, p := range paths {
		dir, name := filepath.Split(filepath.Clean(p))
		names[i] = filepath.Join(filepath.Base(filepath.Clean(dir)), name)
		if dir == "" {
			names[i] = name
		}
	}
	return names
}
