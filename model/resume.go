package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"glasswork/dataset/atomicfile"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// Configure says how the following Steps train. Another kind of optimiser begins without
// state.
func (l *Learner) Configure(m network.Method) error {
	if err := m.Validate(l.spec.Classes); err != nil {
		return err
	}
	if m.Precision == network.PrecisionMixed && l.net.device == torch.CPU &&
		!torch.NativeBFloat16() {
		return errors.New("this processor has no instructions for mixed precision; leave the " +
			"precision to auto, or set it to full")
	}
	return l.do(func() error {
		if m.Optimiser.Kind != l.optimiser.Kind {
			l.optimiser = newOptimiser(l.net.trainable, m.Optimiser)
		}
		l.method, l.optimiser.Optimiser = m, m.Optimiser
		return nil
	})
}

// SaveOptimiser writes the optimiser's state, the weights and those that Remember keeps, so
// that a resumed run continues as if it had not stopped.
func (l *Learner) SaveOptimiser(path string) error {
	return l.do(func() error {
		method, err := json.Marshal(l.method)
		if err != nil {
			return err
		}
		metadata := map[string]string{
			formatKey: optimiserFormat, "steps": strconv.Itoa(l.optimiser.steps),
			"method": string(method),
		}
		var arrays []array
		for _, part := range l.parts() {
			if *part.values != nil {
				arrays = append(arrays, array{
					name: part.name, shape: []int64{int64(len(*part.values))}, data: *part.values,
				})
			}
		}
		return atomicfile.WriteFile(path, func(w io.Writer) error {
			return writeSafetensors(w, metadata, arrays)
		})
	})
}

// part is one of the arrays that a resumed run needs.
type part struct {
	name     string
	values   *[]float32
	size     int
	optional bool
}

func (l *Learner) parts() []part {
	all, trainable := len(l.net.values), l.net.trainable
	parts := []part{
		{"weights", &l.net.values, all, false},
		{"first", &l.optimiser.first, trainable, false},
		{"remembered", &l.remembered, all, true},
	}
	if l.optimiser.second != nil {
		parts = append(parts, part{"second", &l.optimiser.second, trainable, false})
	}
	return parts
}

// LoadOptimiser puts back what SaveOptimiser wrote for a network of the same shape that
// trains in the same way.
func (l *Learner) LoadOptimiser(path string) error {
	b, err := readFile(path)
	if err != nil {
		return err
	}
	return l.do(func() error {
		if err := l.restore(b); err != nil {
			return fmt.Errorf("the run cannot be resumed from %s: %w", filepath.Base(path), err)
		}
		return nil
	})
}

func (l *Learner) restore(b []byte) error {
	file, err := parseSafetensors(b)
	if err != nil {
		return err
	}
	steps, err := strconv.Atoi(file.metadata["steps"])
	if err != nil || file.metadata[formatKey] != optimiserFormat {
		return errors.New("it does not hold an optimiser's state")
	}
	if _, averaged := file.entries["average"]; averaged {
		return errors.New("it keeps a moving average of the weights, which Glasswork no longer has")
	}
	var method network.Method
	if err := json.Unmarshal([]byte(file.metadata["method"]), &method); err != nil ||
		method.Validate(l.spec.Classes) != nil {
		return errors.New("it does not say how it was trained")
	}
	if method.Optimiser.Kind != l.optimiser.Kind {
		l.optimiser = newOptimiser(l.net.trainable, method.Optimiser)
	}
	for _, p := range l.parts() {
		e, ok := file.entries[p.name]
		if !ok && p.optional {
			continue
		}
		if !ok || !slices.Equal(e.Shape, []int64{int64(p.size)}) {
			return fmt.Errorf("it is another network's: %q does not fit", p.name)
		}
	}
	l.forgetFolded()
	for _, p := range l.parts() {
		if _, ok := file.entries[p.name]; !ok {
			*p.values = nil
			continue
		}
		if *p.values == nil {
			*p.values = make([]float32, p.size)
		}
		file.read(p.name, *p.values)
	}
	l.optimiser.steps, l.optimiser.Optimiser, l.method = steps, method.Optimiser, method
	return nil
}
