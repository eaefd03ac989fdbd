package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"glasswork/dataset/atomicfile"
	"glasswork/model/internal/pytorch"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// SaveStateDict writes the weights that predict as PyTorch's torch.save writes a
// state_dict of segmentation_models.pytorch.
func (l *Learner) SaveStateDict(path string) error {
	return l.do(func() error {
		var arrays []pytorch.Array
		for _, p := range l.net.params {
			arrays = append(arrays, pytorch.Array{
				Name: p.name, Shape: p.shape, Values: p.in(l.net.values),
			})
			if norm, ok := strings.CutSuffix(p.name, ".running_var"); ok {
				arrays = append(arrays, pytorch.Array{Name: norm + counter, Counter: true})
			}
		}
		return atomicfile.WriteFile(path, func(w io.Writer) error {
			return pytorch.Write(w, arrays)
		})
	})
}

// SaveTorchScript writes the network as it predicts, from pictures to logits, as a
// TorchScript module that any libtorch runs on pictures of any fitting size.
func (l *Learner) SaveTorchScript(path string) error {
	return l.do(func() error {
		plain, err := fold(l.net.convs, l.net.values, torch.CPU, false)
		if err != nil {
			return err
		}
		defer dropFolded(plain)
		if err := torch.SetGradients(false); err != nil {
			return err
		}
		defer torch.SetGradients(true)
		scope := torch.NewScope()
		defer scope.Close()
		side := int64(1 << depth)
		x := scope.Zeros(1, int64(l.net.in), side, side)
		module, err := torch.Trace(scope, x, func(x *torch.Tensor) *torch.Tensor {
			return l.net.forward(&pass{Scope: scope, folded: plain}, x)
		})
		if err != nil {
			return fmt.Errorf("the network cannot be written as TorchScript: %w", err)
		}
		return atomicfile.WriteFile(path, func(w io.Writer) error {
			_, err := w.Write(module)
			return err
		})
	})
}

// Description says what a model file is.
type Description struct {
	// Format is "Glasswork checkpoint", "PyTorch state_dict" or "TorchScript module".
	Format string `json:"format"`
	network.Info
	// Parameters counts the values that train, Tensors the arrays; 0 where it is not known.
	Parameters int `json:"parameters,omitempty"`
	Tensors    int `json:"tensors,omitempty"`
	// EncoderOnly is set where the file is of use only to start training from.
	EncoderOnly bool   `json:"encoder_only,omitempty"`
	Bytes       int    `json:"bytes"`
	SHA256      string `json:"sha256"`
}

// Inspect reads a model file whole and says what it is.
func (n Networks) Inspect(path string) (d Description, err error) {
	file, err := readFile(path)
	if err != nil {
		return d, err
	}
	return n.InspectBytes(filepath.Base(path), file)
}

// InspectBytes is Inspect of a file in memory.
func (n Networks) InspectBytes(name string, file []byte) (d Description, err error) {
	sum := sha256.Sum256(file)
	d.Bytes, d.SHA256 = len(file), hex.EncodeToString(sum[:])
	switch pytorch.Sniff(file) {
	case pytorch.Script: // nothing of it runs here, so no more is known
		d.Format, d.Name, d.Arch = "TorchScript module", name, "torchscript"
		return d, pytorch.CheckScript(file)
	case pytorch.Weights:
		d.Format = "PyTorch state_dict"
	default:
		d.Format = "Glasswork checkpoint"
	}
	if d.Format == "PyTorch state_dict" {
		if state, err := newStateDict(file); err == nil && state.any("encoder.") &&
			!state.any("decoder.") {
			return n.describeEncoder(d, name, state)
		}
	}
	l, info, err := n.LoadBytes(name, file)
	if err != nil {
		return d, err
	}
	defer l.Close()
	d.Info = info
	if l, ok := l.(*Learner); ok {
		d.Tensors = len(l.net.params)
		for _, p := range l.net.weights {
			d.Parameters += p.size()
		}
	}
	return d, nil
}

// describeEncoder describes a file that holds an encoder alone.
func (n Networks) describeEncoder(d Description, name string,
	state *stateDict,
) (Description, error) {
	spec, err := n.identify(state)
	if err != nil {
		return d, err
	}
	d.Info, d.EncoderOnly = foreign(name, spec), true
	d.Arch, d.Classes = "", nil
	built, err := plan(spec)
	if err != nil {
		return d, err
	}
	for _, p := range built.params {
		if !strings.HasPrefix(p.name, "encoder.") {
			continue
		}
		if _, ok := state.shape(p.name); !ok {
			return d, fmt.Errorf("the encoder %s cannot be used: parameter %s is missing", name,
				p.name)
		}
		d.Tensors++
		if p.trainable {
			d.Parameters += p.size()
		}
	}
	return d, nil
}
