package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/model/internal/pytorch"
	"glasswork/training/network"
)

// Keys of a file's metadata. infoKey holds a network.Info as JSON; the other keys are for
// programs that do not know Glasswork.
const (
	formatKey = "format"
	infoKey   = "glasswork.model"

	modelFormat     = "glasswork-model-1"
	optimiserFormat = "glasswork-optimiser-1"
)

// maxFile bounds what is read into memory.
const maxFile = 2 << 30

// Save writes the weights as float32 with info as header; with info.Half, it writes the
// convolutions' weights as float16. If info names a size, the header has info's size, window
// and levelling, since training may have used others than those the network was loaded with.
// Architecture and classes are always the network's own. The file is written whole or not at
// all.
func (l *Learner) Save(path string, info network.Info) error {
	own := l.spec
	if info.Size > 0 {
		own.Size, own.Window, own.Level = info.Size, info.Window, info.Level
	}
	info.Spec = own
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	metadata := map[string]string{formatKey: modelFormat, infoKey: string(text)}
	return l.do(func() error {
		arrays := make([]array, len(l.net.params))
		for i, p := range l.net.params {
			arrays[i] = array{
				name: p.name, shape: p.shape, half: info.Half && len(p.shape) > 1,
				data: p.in(l.net.values),
			}
		}
		return atomicfile.WriteFile(path, func(w io.Writer) error {
			return writeSafetensors(w, metadata, arrays)
		})
	})
}

// Load reads a network, whole or not at all: a checkpoint of ours, a state_dict of
// segmentation_models.pytorch or a TorchScript module. The error names the first
// parameter that does not fit.
func (n Networks) Load(path string) (network.Learner, network.Info, error) {
	file, err := readFile(path)
	if err != nil {
		return nil, network.Info{}, err
	}
	return n.LoadBytes(filepath.Base(path), file)
}

// LoadBytes reads a network from memory; name is for messages.
func (n Networks) LoadBytes(name string, b []byte) (network.Learner, network.Info, error) {
	l, info, err := n.load(name, b)
	if err != nil {
		return nil, network.Info{}, fmt.Errorf("the model %s cannot be used: %w", name, err)
	}
	return l, info, nil
}

func (n Networks) load(name string, b []byte) (network.Learner, network.Info, error) {
	if pytorch.Sniff(b) == pytorch.Script {
		return n.loadScript(name, b)
	}
	w, info, err := n.open(name, b)
	if err != nil {
		return nil, info, err
	}
	l, err := n.learner(info.Spec)
	if err != nil {
		return nil, info, err
	}
	err = l.do(func() error { return fill(w, l.net.params, l.net.values) })
	if err != nil {
		_ = l.Close()
		return nil, info, err
	}
	return l, info, nil
}

// open reads a file's arrays and finds out which network they belong to.
func (n Networks) open(name string, b []byte) (weights, network.Info, error) {
	if pytorch.Sniff(b) != pytorch.Weights {
		file, err := parseSafetensors(b)
		if err != nil {
			return nil, network.Info{}, err
		}
		info, err := file.info()
		return file, info, err
	}
	state, err := newStateDict(b)
	if err != nil {
		return nil, network.Info{}, err
	}
	w := toGrey(state, n.Channels)
	spec, err := n.identify(w)
	return w, foreign(name, spec), err
}

// info is the description in a checkpoint's header.
func (s *safetensors) info() (info network.Info, err error) {
	text, ok := s.metadata[infoKey]
	if !ok || s.metadata[formatKey] != modelFormat {
		return info, errors.New("its header does not say that Glasswork wrote it")
	}
	if err := json.Unmarshal([]byte(text), &info); err != nil {
		return info, fmt.Errorf("its description cannot be read: %w", err)
	}
	return info, nil
}

// foreign describes a network whose file has no description.
func foreign(name string, spec network.Spec) network.Info {
	info := network.Info{
		Spec: spec, Name: strings.TrimSuffix(name, filepath.Ext(name)),
		Provenance: map[string]string{"read from": name},
	}
	if names := classes.Names(); spec.Classes == len(names) {
		info.Classes = names[:]
	}
	return info
}

// Start makes a network that starts from the weights in a file. If the file holds only an
// encoder, the network is spec's and its other weights are random, fixed by seed.
func (n Networks) Start(path string, spec network.Spec,
	seed uint64,
) (network.Learner, network.Info, error) {
	file, err := readFile(path)
	if err != nil {
		return nil, network.Info{}, err
	}
	name := filepath.Base(path)
	if pytorch.Sniff(file) == pytorch.Weights {
		state, err := newStateDict(file)
		if err != nil {
			return nil, network.Info{}, fmt.Errorf("the model %s cannot be used: %w", name, err)
		}
		if !state.any("decoder.") {
			l, err := n.withEncoder(state, spec, seed)
			if err != nil {
				return nil, network.Info{}, fmt.Errorf("the encoder %s cannot be used: %w", name,
					err)
			}
			return l, foreign(name, spec), nil
		}
	}
	return n.LoadBytes(name, file)
}

// withEncoder makes a network of spec by seed and gives it the encoder of w.
func (n Networks) withEncoder(w weights, spec network.Spec, seed uint64) (network.Learner, error) {
	l, err := n.learner(spec)
	if err != nil {
		return nil, err
	}
	var encoder []*param
	for _, p := range l.net.params {
		if strings.HasPrefix(p.name, "encoder.") {
			encoder = append(encoder, p)
		}
	}
	err = l.do(func() error {
		l.net.initialise(seed)
		return fill(toGrey(w, spec.InChannels), encoder, l.net.values)
	})
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// readFile reads a file that a user named.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is not a model: it is not a file, or is larger than %d GB", path,
			maxFile>>30)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	return b, nil
}
