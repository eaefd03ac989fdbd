// Package experiment runs the columns of a study one after the other, by the study's own
// protocol or by an honest one. It can be stopped and shared between processes at any time,
// because a run is a folder that holds everything about it. It trains whatever network.Factory
// makes; package report turns results into tables and pages.
package experiment

import (
	"cmp"
	"fmt"
	"strings"

	"glasswork/training"
	"glasswork/training/augment"
	"glasswork/training/experiment/study"
	"glasswork/training/network"
)

// Settings say how a network is trained. The protocol fills in what is zero.
type Settings struct {
	Arch    string `json:"arch,omitempty"`
	Encoder string `json:"encoder,omitempty"`
	// EncoderWeights is a file of weights that the encoder starts from; empty for random ones.
	EncoderWeights string `json:"encoder_weights,omitempty"`
	// Augment is in the study's notation.
	Augment   string `json:"augment,omitempty"`
	Loss      string `json:"loss,omitempty"`
	Optimiser string `json:"optimiser,omitempty"`
	Schedule  string `json:"schedule,omitempty"`
	// Precision is of training steps: full, mixed or auto.
	Precision string `json:"precision,omitempty"`
	// Rate is the highest learning rate.
	Rate float64 `json:"lr,omitempty"`
	// Epochs is the greatest number of passes over the training slices. Training stops
	// earlier after Patience passes without improvement.
	Epochs   int `json:"epochs,omitempty"`
	Patience int `json:"patience,omitempty"`
	Batch    int `json:"batch,omitempty"`
	// Size is the side of the network's input in pixels.
	Size int `json:"size,omitempty"`
	// Classes is 4, or 2 for lung and background only.
	Classes int `json:"classes,omitempty"`
}

// Column is one column of a study's table.
type Column struct {
	Name string `json:"name"`
	Settings
	// Published is what the study reported for this column, nil for columns of one's own.
	Published *study.Scores `json:"published,omitempty"`
}

// Suite is the columns of one table.
type Suite struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// builtIn are the suites with a name.
func builtIn(name string) ([]study.Column, bool) {
	switch name {
	case "augmentations":
		return study.Augmentations(), true
	case "architectures":
		return study.Architectures(), true
	case "two-class":
		return study.TwoClasses(), true
	}
	return nil, false
}

// OpenSuite returns the suite of that name, or reads the file.
func OpenSuite(nameOrFile string) (Suite, error) {
	columns, ok := builtIn(nameOrFile)
	if !ok {
		return readSuite(nameOrFile)
	}
	s := Suite{Name: nameOrFile}
	for _, c := range columns {
		settings := Settings{Arch: c.Arch, Augment: c.Augment, Classes: 4}
		if c.TwoClasses {
			settings.Classes = 2
		}
		s.Columns = append(s.Columns, Column{
			Name: c.Name, Settings: settings, Published: &c.Published,
		})
	}
	return s, nil
}

// over fills what is zero in s from base.
func (s Settings) over(base Settings) Settings {
	fill(&s.Arch, base.Arch)
	fill(&s.Encoder, base.Encoder)
	fill(&s.EncoderWeights, base.EncoderWeights)
	fill(&s.Augment, base.Augment)
	fill(&s.Loss, base.Loss)
	fill(&s.Optimiser, base.Optimiser)
	fill(&s.Schedule, base.Schedule)
	fill(&s.Precision, base.Precision)
	fill(&s.Rate, base.Rate)
	fill(&s.Epochs, base.Epochs)
	fill(&s.Patience, base.Patience)
	fill(&s.Batch, base.Batch)
	fill(&s.Size, base.Size)
	fill(&s.Classes, base.Classes)
	return s
}

func fill[T comparable](v *T, with T) {
	if zero := *new(T); *v == zero {
		*v = with
	}
}

// check refuses settings that make no sense for any network.
func (s Settings) check() error {
	switch {
	case s.Size < 32 || s.Size > 2048 || s.Size%32 != 0:
		return fmt.Errorf("size %d is not a multiple of 32 up to 2048", s.Size)
	case s.Batch < 1 || s.Batch > 4096:
		return fmt.Errorf("batch %d is not between 1 and 4096", s.Batch)
	case s.Epochs < 1 || s.Epochs > 100000:
		return fmt.Errorf("epochs %d is not between 1 and 100000", s.Epochs)
	case s.Patience < 1:
		return fmt.Errorf("patience %d is less than 1", s.Patience)
	case !(s.Rate > 0 && s.Rate <= 10):
		return fmt.Errorf("lr %g is not greater than 0 and at most 10", s.Rate)
	case s.Classes != 2 && s.Classes != 4:
		return fmt.Errorf("classes %d is neither 4 nor 2", s.Classes)
	}
	if _, err := augment.Parse(s.Augment); err != nil {
		return err
	}
	schedule := training.Schedule{Peak: s.Rate, Course: s.Schedule, Steps: 1}
	method := network.Method{
		Loss: network.Loss{Kind: s.Loss}, Optimiser: optimiser(s.Optimiser), Precision: s.Precision,
	}
	return cmp.Or(schedule.Validate(), method.Validate(s.Classes))
}

// Slug is the part of a name that is safe in the name of a file.
func Slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+':
			b.WriteString("plus")
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

// names are the columns' names.
func (s Suite) names() []string {
	all := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		all[i] = c.Name
	}
	return all
}
