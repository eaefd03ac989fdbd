package experiment

import (
	"fmt"

	"glasswork/training/experiment/study"
	"glasswork/training/network"
)

// Protocol is how slices are split, networks chosen and scores computed.
type Protocol string

const (
	// Published is the study's own, to the letter: split by slice, weights chosen by the
	// loss of training, batch norm that normalises by the test batch.
	Published Protocol = "published"
	// Patient is the honest one: it splits by patient, chooses weights on patients of their
	// own, and scores patients that had no part in either.
	Patient Protocol = "patient"
)

// ParseProtocol reads a protocol's name.
func ParseProtocol(name string) (Protocol, error) {
	switch p := Protocol(name); p {
	case Published, Patient:
		return p, nil
	}
	return "", fmt.Errorf("there is no protocol %q; published is the study's, patient splits by "+
		"patient", name)
}

// Defaults are the settings of columns that say nothing else.
func (p Protocol) Defaults() Settings {
	if p == Published {
		return Settings{
			Arch: "unet", Encoder: "resnet34", Augment: "E", Loss: "softmax-ce", Optimiser: "adam",
			Schedule: "constant", Rate: 1e-3, Epochs: 150, Patience: 5, Batch: 64, Size: study.Size,
			Classes:   4,
			Precision: network.PrecisionFull,
		}
	}
	return Settings{
		Arch: "unet", Encoder: "resnet34", Augment: "E", Loss: "ce+dice", Optimiser: "adamw",
		Schedule: "cosine", Rate: 1e-3, Epochs: 60, Patience: 15, Batch: 8, Size: study.Size,
		Classes:   4,
		Precision: network.PrecisionFull,
	}
}

// deviations lists how a column differs from what the study fixed. The study's columns vary
// architecture and augmentation, so these do not count.
func (p Protocol) deviations(s Settings) []string {
	if p != Published {
		return nil
	}
	var all []string
	add := func(what string, got, fixed any) {
		if got != fixed {
			all = append(all, fmt.Sprintf("%s %v (the study: %v)", what, got, fixed))
		}
	}
	fixed := p.Defaults()
	add("input size", s.Size, fixed.Size)
	add("encoder", s.Encoder, fixed.Encoder)
	if s.EncoderWeights == "" {
		all = append(all, "encoder from random weights (the study: from ImageNet's)")
	}
	add("batch", s.Batch, fixed.Batch)
	add("epochs at most", s.Epochs, fixed.Epochs)
	add("patience", s.Patience, fixed.Patience)
	add("learning rate", s.Rate, fixed.Rate)
	add("loss", s.Loss, fixed.Loss)
	add("optimiser", s.Optimiser, fixed.Optimiser)
	add("schedule", s.Schedule, fixed.Schedule)
	add("precision", s.Precision, fixed.Precision)
	return all
}
