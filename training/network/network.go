// Package network is the contract between what trains networks and what implements them:
// what a network is (Spec), what it learns from (Batch), how (Method), and what can be asked
// of it (Learner). Package model implements it with libtorch, tests fake it. The package
// knows no file format, no store and no library.
package network

import (
	"context"
	"errors"

	"glasswork/dataset/classes"
)

// Batch is one step's training material.
type Batch struct {
	// N samples of H rows and W columns.
	N, H, W int
	// X is the network's input, [n,1,h,w], 0…1.
	X []float32
	// Y are the classes, [n,h,w]; classes.Ignored counts in no loss.
	Y []uint8
	// Known says per sample which classes were annotated. The probability of every
	// class that is not is added to background's before the cross-entropy, and soft
	// Dice counts known foreground classes only.
	Known []classes.Known
}

// Window is the range of HU a network sees: Center ± Width/2 becomes 0…1.
type Window struct {
	Center float64 `json:"center"`
	Width  float64 `json:"width"`
}

// DefaultWindow holds all of a lung-window picture (1500/−600) and the HU of air, ground
// glass, consolidation and soft tissue: −1350…150 HU.
var DefaultWindow = Window{Center: -600, Width: 1500}

// DefaultSize is the side of the network's input in pixels.
const DefaultSize = 256

// Spec says what a network is and what it eats.
type Spec struct {
	// Arch is the network's family, such as "unet"; Encoder its encoder, such as "resnet18".
	Arch    string `json:"arch"`
	Encoder string `json:"encoder"`
	// InChannels is 1, Classes classes.Count.
	InChannels int `json:"in_channels"`
	Classes    int `json:"classes"`
	// Size is the side of the square input in pixels, a multiple of 32.
	Size   int    `json:"size"`
	Window Window `json:"window"`
	// Level says that pictures without HU are brought to the usual grey values first.
	Level bool `json:"level_pictures,omitempty"`
}

// Info stands in a checkpoint's header: what the network is and where it comes from.
type Info struct {
	Spec
	// Name is shown to people, such as "baseline-1".
	Name string `json:"name"`
	// Created is RFC 3339; Parent the SHA-256 of the file it was fine-tuned from, or empty.
	Created string `json:"created"`
	Parent  string `json:"parent,omitempty"`
	// Classes are the names in the order of their values.
	Classes []string `json:"class_names"`
	// Half asks Save for weights stored as float16.
	Half bool `json:"half,omitempty"`
	// Provenance says what it was trained on, with which seed and by which command.
	Provenance map[string]string `json:"provenance,omitempty"`
}

// Learner is one network that trains and predicts. One goroutine owns it.
type Learner interface {
	// Configure says how the following Steps train; without it they use Adam on
	// cross-entropy plus soft Dice. With another optimiser than before, what that one
	// remembered is forgotten.
	Configure(m Method) error
	// Step makes one optimiser step at learning rate lr and returns the loss before it.
	Step(ctx context.Context, b Batch, lr float64) (loss float64, err error)
	// Predict fills probs [n,c,h,w] with softmax probabilities for x [n,1,h,w].
	Predict(ctx context.Context, x []float32, n, h, w int, probs []float32) error
	// NormaliseByBatch makes Predict compute as training does: batch norm normalises by
	// the batch that it is given, which is then not divided, and not by running means,
	// and dropout leaves values out.
	NormaliseByBatch(on bool) error
	// Remember keeps a copy of the weights as they are now, Recall puts it back.
	Remember() error
	Recall() error
	// Save writes the weights with info as header, as float32 unless info.Half.
	Save(path string, info Info) error
	// SaveOptimiser writes what Save does not: the optimiser's state, how it trains and
	// what Remember keeps. After Load and LoadOptimiser a run continues as if it had not
	// stopped.
	SaveOptimiser(path string) error
	LoadOptimiser(path string) error
	// Close frees the network. Nothing may follow.
	Close() error
}

// ErrMemory is wrapped by errors of a Learner that could not get enough memory: a smaller
// batch may do.
var ErrMemory = errors.New("there is not enough memory")

// Factory makes and loads learners.
type Factory interface {
	// New makes a network with random weights fixed by seed.
	New(spec Spec, seed uint64) (Learner, error)
	// Load reads a checkpoint, whole or not at all.
	Load(path string) (Learner, Info, error)
	// LoadBytes reads a checkpoint from memory; name is for messages.
	LoadBytes(name string, b []byte) (Learner, Info, error)
	// Describe says which libtorch computes where on how many threads.
	Describe() (libtorch, device string, threads int)
}

// Starter is a Factory that also starts training from files that do not hold all of a
// network: a state_dict of another program, or an encoder's weights alone.
type Starter interface {
	Factory
	// Start makes the network of spec with the weights in a file and says what the network
	// is; where the file holds a whole one, it is that one.
	Start(path string, spec Spec, seed uint64) (Learner, Info, error)
}
