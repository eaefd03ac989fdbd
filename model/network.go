// Package model holds the segmentation networks: encoders, decoders and heads on
// libtorch, their checkpoints, their training step and their prediction. It is the only
// package that reaches gotch, and it implements network.Factory.
package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// encoder turns an image into a pyramid of features. Level 0 is the image itself; level
// i is 1/2^i of its size, but never smaller than 1/stride of it.
type encoder interface {
	// channels of each level.
	channels() []int
	// forward keeps x as level 0; the caller owns all levels.
	forward(p *pass, x *torch.Tensor) []*torch.Tensor
}

// decoder turns a pyramid into one map of features.
type decoder interface {
	channels() int
	// forward takes ownership of the levels above 0.
	forward(p *pass, pyramid []*torch.Tensor) *torch.Tensor
}

// architecture is a decoder with what it needs of the encoder and of the head.
type architecture struct {
	// stride is the image's size over that of the deepest features; below 1<<depth the
	// encoder dilates convolutions instead of halving. Sides must be multiples of it.
	stride  int
	decoder func(b *builder, pyramid []int) decoder
	// head is the size of the head's kernel, enlarge the image's size over that of the
	// decoder's features.
	head, enlarge int
}

// encoders and architectures by name: a new one is one new file and one line here.
var (
	encoders = map[string]func(b *builder, in, stride int) encoder{
		"resnet18":     newResNet([4]int{2, 2, 2, 2}, basicBlock),
		"resnet34":     newResNet([4]int{3, 4, 6, 3}, basicBlock),
		"resnet50":     newResNet([4]int{3, 4, 6, 3}, bottleneck),
		"mobilenet_v2": newMobileNet,
	}
	architectures = map[string]architecture{
		"unet":          {stride: 32, decoder: newUNet, head: 3, enlarge: 1},
		"unetplusplus":  {stride: 32, decoder: newUNetPlusPlus, head: 3, enlarge: 1},
		"manet":         {stride: 32, decoder: newMANet, head: 3, enlarge: 1},
		"deeplabv3":     {stride: 8, decoder: newDeepLab, head: 1, enlarge: 8},
		"deeplabv3plus": {stride: 16, decoder: newDeepLabPlus, head: 1, enlarge: 4},
	}
)

// depth is the number of levels above the image.
const depth = 5

// net is an encoder, a decoder and a head, with their values.
type net struct {
	*store
	architecture architecture
	convs        []*conv
	encoder      encoder
	decoder      decoder
	head         *conv
	classes      int
	in           int
}

// Largest numbers of input channels and classes.
const (
	maxChannels = 64
	maxClasses  = 256
)

// newNetwork builds the network that spec names on a device; its values are zero.
func newNetwork(spec network.Spec, device torch.Device) (*net, error) {
	n, err := plan(spec)
	if err != nil {
		return nil, err
	}
	if n.store, err = newStore(n.params, device); err != nil {
		return nil, err
	}
	return n, nil
}

// plan builds the network that spec names without values, to look at its parameters.
func plan(spec network.Spec) (*net, error) {
	newEncoder, ok := encoders[spec.Encoder]
	if !ok {
		return nil, fmt.Errorf("there is no encoder %q; known are %s", spec.Encoder,
			names(encoders))
	}
	arch, ok := architectures[spec.Arch]
	if !ok {
		return nil, fmt.Errorf("there is no architecture %q; known are %s", spec.Arch,
			names(architectures))
	}
	if spec.InChannels < 1 || spec.InChannels > maxChannels || spec.Classes < 1 ||
		spec.Classes > maxClasses {
		return nil, fmt.Errorf("a network with %d input channels and %d classes cannot be built",
			spec.InChannels, spec.Classes)
	}
	b := &builder{}
	n := &net{architecture: arch, classes: spec.Classes, in: spec.InChannels}
	n.encoder = newEncoder(b, spec.InChannels, arch.stride)
	n.decoder = arch.decoder(b, n.encoder.channels())
	n.head = b.convWithBias("segmentation_head.0", kernel{
		in: n.decoder.channels(), out: spec.Classes, size: arch.head,
	}, xavierUniform)
	n.convs, n.store = b.convs, &store{params: b.params}
	return n, nil
}

// forward computes logits [n,classes,h,w] of x [n,in,h,w].
func (n *net) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	pyramid := n.encoder.forward(p, x)
	if p.Err() != nil {
		return nil
	}
	y := n.decoder.forward(p, pyramid)
	logits := n.head.forward(p, y)
	p.Drop(y)
	if n.architecture.enlarge == 1 {
		return logits
	}
	large := p.UpsampleBilinear(logits, int64(n.architecture.enlarge))
	p.Drop(logits)
	return large
}

// checkInput says what is wrong with an input of this size.
func (n *net) checkInput(values, samples, h, w int) error {
	switch {
	case samples < 1 || h < 1 || w < 1 || h%n.architecture.stride != 0 ||
		w%n.architecture.stride != 0:
		return fmt.Errorf("images of %d × %d do not fit the network: sides must be multiples of %d",
			w, h, n.architecture.stride)
	case values != samples*n.in*h*w:
		return fmt.Errorf("%d values are not %d images of %d × %d with %d channels", values,
			samples, w, h, n.in)
	}
	return nil
}

func names[T any](m map[string]T) string { return strings.Join(sortedNames(m), ", ") }

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
