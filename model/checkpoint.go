package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/atomicfile"
	"glasswork/training"
)

// Keys of a file's metadata. infoKey holds a training.ModelInfo as JSON, whatever else
// there is is for programs that know nothing of Glasswork.
const (
	formatKey = "format"
	infoKey   = "glasswork.model"

	modelFormat     = "glasswork-model-1"
	optimiserFormat = "glasswork-optimiser-1"
)

// maxFile bounds what is read into memory.
const maxFile = 2 << 30

// Save writes the weights that predict, with info as header: float32, or with info.Half
// the convolutions' weights as float16. The file is there whole or not at all.
func (l *Learner) Save(path string, info training.ModelInfo) error {
	info.Spec = l.spec
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	metadata := map[string]string{formatKey: modelFormat, infoKey: string(text)}
	return l.do(func() error {
		arrays := make([]array, len(l.net.params))
		for i, p := range l.net.params {
			arrays[i] = array{name: p.name, shape: p.shape, half: info.Half && len(p.shape) > 1, data: p.in(l.current())}
		}
		return atomicfile.WriteFile(path, func(w io.Writer) error {
			return writeSafetensors(w, metadata, arrays)
		})
	})
}

// Load reads a checkpoint, whole or not at all; the error names the first parameter that
// does not fit.
func (n Networks) Load(path string) (training.Learner, training.ModelInfo, error) {
	file, err := readFile(path)
	if err != nil {
		return nil, training.ModelInfo{}, err
	}
	return n.LoadBytes(filepath.Base(path), file)
}

// LoadBytes reads a checkpoint from memory; name is for messages.
func (n Networks) LoadBytes(name string, b []byte) (training.Learner, training.ModelInfo, error) {
	l, info, err := n.load(b)
	if err != nil {
		return nil, training.ModelInfo{}, fmt.Errorf("the model %s cannot be used: %w", name, err)
	}
	return l, info, nil
}

func (n Networks) load(b []byte) (*Learner, training.ModelInfo, error) {
	var info training.ModelInfo
	file, err := parseSafetensors(b)
	if err != nil {
		return nil, info, err
	}
	text, ok := file.metadata[infoKey]
	if !ok || file.metadata[formatKey] != modelFormat {
		return nil, info, errors.New("its header does not say that Glasswork wrote it")
	}
	if err := json.Unmarshal([]byte(text), &info); err != nil {
		return nil, info, fmt.Errorf("its description cannot be read: %w", err)
	}
	l, err := n.learner(info.Spec)
	if err != nil {
		return nil, info, err
	}
	err = l.do(func() error { return file.fill(l.net.params, l.net.values) })
	if err != nil {
		l.Close()
		return nil, info, err
	}
	return l, info, nil
}

// fill reads every parameter into values. Names, shapes and values must fit exactly; counters
// of batches, which PyTorch writes and nothing here reads, are passed over.
func (s *safetensors) fill(params []*param, values []float32) error {
	known := make(map[string]bool, len(params))
	for _, p := range params {
		known[p.name] = true
		e, ok := s.entries[p.name]
		switch {
		case !ok:
			return fmt.Errorf("parameter %s is missing", p.name)
		case !slices.Equal(e.Shape, p.shape):
			return fmt.Errorf("parameter %s has the shape %v, the network needs %v", p.name, e.Shape, p.shape)
		}
		part := p.in(values)
		s.read(p.name, part)
		for _, v := range part {
			if v-v != 0 { // NaN or infinite
				return fmt.Errorf("parameter %s holds a value that is not a number", p.name)
			}
		}
	}
	var unknown []string
	for name := range s.entries {
		if !known[name] && !strings.HasSuffix(name, ".num_batches_tracked") {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("the network has no parameter %s", slices.Min(unknown))
	}
	return nil
}

// readFile reads a file that a user named.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is not a model: it is no file or is larger than %d GB", path, maxFile>>30)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	return b, nil
}
