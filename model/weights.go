package model

import (
	"fmt"
	"slices"
	"strings"

	"glasswork/model/internal/pytorch"
	"glasswork/training/network"
)

// weights are a file's arrays by name, whatever its format.
type weights interface {
	// names in the order of the file.
	names() []string
	// shape of a name, if there is one.
	shape(name string) ([]int64, bool)
	// read decodes a name that is there into dst, which has as many values as its shape.
	read(name string, dst []float32)
}

// counter ends the names of what PyTorch counts batches with; nothing here reads it.
const counter = ".num_batches_tracked"

// fill reads every parameter into values. Names, shapes and values must fit exactly.
func fill(w weights, params []*param, values []float32) error {
	known := make(map[string]bool, len(params))
	for _, p := range params {
		known[p.name] = true
		shape, ok := w.shape(p.name)
		switch {
		case !ok:
			return fmt.Errorf("parameter %s is missing", p.name)
		case !slices.Equal(shape, p.shape):
			return fmt.Errorf("parameter %s has the shape %v, the network needs %v", p.name, shape,
				p.shape)
		}
		part := p.in(values)
		w.read(p.name, part)
		for _, v := range part {
			if v-v != 0 { // NaN or infinite
				return fmt.Errorf("parameter %s holds a value that is not a number", p.name)
			}
		}
	}
	for _, name := range w.names() {
		if !known[name] && !strings.HasSuffix(name, counter) {
			return fmt.Errorf("the network has no parameter %.100s", name)
		}
	}
	return nil
}

// stateDict is a file that PyTorch saved, under the names of segmentation_models.pytorch.
type stateDict struct {
	order   []string
	tensors map[string]*pytorch.Tensor
}

func (s *stateDict) names() []string { return s.order }

func (s *stateDict) shape(name string) ([]int64, bool) {
	t, ok := s.tensors[name]
	if !ok {
		return nil, false
	}
	return t.Shape, true
}

func (s *stateDict) read(name string, dst []float32) { s.tensors[name].Read(dst) }

// newStateDict reads what PyTorch saved. Prefixes of programs that wrap the network are
// removed; tensors without the prefix belong to the program then. A lone encoder of
// torchvision gets the encoder's names.
func newStateDict(file []byte) (*stateDict, error) {
	state, err := pytorch.Parse(file)
	if err != nil {
		return nil, err
	}
	s := &stateDict{state.Names, state.Tensors}
	for s.unwrap() {
	}
	if !s.any("encoder.") && slices.ContainsFunc(encoderParts, s.any) {
		s.rename(func(name string) (string, bool) {
			classifier := strings.HasPrefix(name, "fc.") || strings.HasPrefix(name, "classifier.")
			return "encoder." + name, !classifier
		})
	}
	return s, nil
}

// encoderParts are prefixes by which torchvision's resnets and mobilenet_v2 are known.
var encoderParts = []string{"conv1.", "layer1.", "features."}

// wrappers are prefixes that training programs put before a network's names.
var wrappers = []string{"module.", "model.", "net.", "network.", "_orig_mod."}

// unwrap takes one prefix off and says whether there was one.
func (s *stateDict) unwrap() bool {
	for _, prefix := range wrappers {
		if s.any("encoder.") || !s.any(prefix) {
			continue
		}
		s.rename(func(name string) (string, bool) { return strings.CutPrefix(name, prefix) })
		return true
	}
	return false
}

func (s *stateDict) any(prefix string) bool {
	return slices.ContainsFunc(s.order, func(name string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// rename gives every tensor another name, or drops it.
func (s *stateDict) rename(f func(name string) (string, bool)) {
	renamed := stateDict{tensors: map[string]*pytorch.Tensor{}}
	for _, old := range s.order {
		if name, keep := f(old); keep {
			renamed.order = append(renamed.order, name)
			renamed.tensors[name] = s.tensors[old]
		}
	}
	*s = renamed
}

// grey are weights whose first convolution sees one channel where the file's sees three:
// it answers to a grey picture as the file's does to one of three equal channels.
type grey struct {
	weights
	stem string
}

func (g grey) shape(name string) ([]int64, bool) {
	shape, ok := g.weights.shape(name)
	if ok && name == g.stem {
		shape = slices.Clone(shape)
		shape[1] = 1
	}
	return shape, ok
}

func (g grey) read(name string, dst []float32) {
	if name != g.stem {
		g.weights.read(name, dst)
		return
	}
	shape, _ := g.weights.shape(name)
	area := int(shape[2] * shape[3])
	all := make([]float32, 3*len(dst))
	g.weights.read(name, all)
	for i := range dst {
		at := i/area*3*area + i%area
		dst[i] = all[at] + all[at+area] + all[at+2*area]
	}
}

// toGrey sums the channels of a first convolution that sees three of them, if channels is 1.
func toGrey(w weights, channels int) weights {
	for _, stem := range []string{"encoder.conv1.weight", "encoder.features.0.0.weight"} {
		if shape, ok := w.shape(stem); ok && channels == 1 && len(shape) == 4 && shape[1] == 3 {
			return grey{w, stem}
		}
	}
	return w
}

// identify finds the network whose parameters are most like those of w, among those that
// n's Arch and Encoder allow.
func (n Networks) identify(w weights) (network.Spec, error) {
	best, most := network.Spec{}, 0
	for _, arch := range sortedNames(architectures) {
		for _, encoder := range sortedNames(encoders) {
			if n.Arch != "" && n.Arch != arch || n.Encoder != "" && n.Encoder != encoder {
				continue
			}
			spec := network.Spec{
				Arch: arch, Encoder: encoder, InChannels: 1, Classes: 1,
				Size: network.DefaultSize, Window: network.DefaultWindow,
			}
			if shape, ok := w.shape("segmentation_head.0.weight"); ok && len(shape) == 4 {
				spec.Classes = int(min(shape[0], maxClasses))
			}
			for _, stem := range []string{"encoder.conv1.weight", "encoder.features.0.0.weight"} {
				if shape, ok := w.shape(stem); ok && len(shape) == 4 {
					spec.InChannels = int(min(shape[1], maxChannels))
				}
			}
			if like := likeness(w, spec); like > most {
				best, most = spec, like
			}
		}
	}
	switch {
	case n.Arch != "" && architectures[n.Arch].decoder == nil, n.Encoder != "" &&
		encoders[n.Encoder] == nil:
		_, err := plan(network.Spec{Arch: n.Arch, Encoder: n.Encoder, InChannels: 1, Classes: 1})
		return best, err
	case most == 0:
		return best, fmt.Errorf("it holds no parameter of a known network; the first it holds is "+
			"%.100s", slices.Concat(w.names(), []string{"none"})[0])
	}
	return best, nil
}

// likeness counts the parameters that spec's network and w have in common, minus those that
// only one of them has.
func likeness(w weights, spec network.Spec) int {
	n, err := plan(spec)
	if err != nil {
		return 0
	}
	alike := 0
	for _, p := range n.params {
		if shape, ok := w.shape(p.name); ok && slices.Equal(shape, p.shape) {
			alike++
		}
	}
	if alike == 0 {
		return 0
	}
	return max(1, 3*alike-len(n.params)-len(w.names()))
}
