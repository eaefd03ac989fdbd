package model

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"glasswork/model/internal/torch"
)

const (
	batchNormEps      = 1e-5
	batchNormMomentum = 0.1
)

// conv is a convolution with an optional bias and an optional batch norm behind it: the
// shared part that all encoders, decoders and heads are made of.
type conv struct {
	// bias is nil where batch norm follows, at once or after another convolution
	weight, bias *param
	norm         *norm
	options      torch.ConvOptions
	index        int // in builder.convs and pass.folded
	enlarged     int // so many of its first input channels are others' enlarged by two
}

// norm is a batch norm.
type norm struct{ weight, bias, mean, variance *param }

// builder collects the parameters of a network under the names that
// segmentation_models.pytorch gives them.
type builder struct {
	params []*param
	convs  []*conv
}

func (b *builder) param(name string, trainable bool, start draw, shape ...int) *param {
	p := &param{name: name, trainable: trainable, start: start}
	for _, d := range shape {
		p.shape = append(p.shape, int64(d))
	}
	b.params = append(b.params, p)
	return p
}

// kernel is the shape of a square convolution. Stride, dilation and groups of 0 mean 1.
type kernel struct{ in, out, size, stride, dilation, groups int }

// conv adds a convolution without bias, followed by batch norm, padded so that stride 1
// keeps the size.
func (b *builder) conv(name, normName string, k kernel, start draw) *conv {
	c := b.bare(name, k, start)
	c.norm = &norm{
		weight:   b.param(normName+".weight", true, constant(1), k.out),
		bias:     b.param(normName+".bias", true, constant(0), k.out),
		mean:     b.param(normName+".running_mean", false, constant(0), k.out),
		variance: b.param(normName+".running_var", false, constant(1), k.out),
	}
	return c
}

// convWithBias adds a convolution with bias and without batch norm.
func (b *builder) convWithBias(name string, k kernel, start draw) *conv {
	c := b.bare(name, k, start)
	c.bias = b.param(name+".bias", true, constant(0), k.out)
	return c
}

// separable adds a convolution of each channel for itself and one over the channels,
// followed by batch norm (Chollet 2017, arXiv:1610.02357).
func (b *builder) separable(name, normName string, k kernel, start draw) separable {
	return separable{
		each: b.bare(name+".0", kernel{
			in: k.in, out: k.in, size: k.size, dilation: k.dilation, groups: k.in,
		}, start),
		over: b.conv(name+".1", normName, kernel{in: k.in, out: k.out, size: 1}, start),
	}
}

// bare adds a convolution with neither bias nor batch norm.
func (b *builder) bare(name string, k kernel, start draw) *conv {
	groups, dilation := max(k.groups, 1), max(k.dilation, 1)
	c := &conv{
		weight: b.param(name+".weight", true, start, k.out, k.in/groups, k.size, k.size),
		options: torch.ConvOptions{
			Stride: int64(max(k.stride, 1)), Padding: int64(k.size / 2 * dilation),
			Dilation: int64(dilation), Groups: int64(groups),
		},
		index: len(b.convs),
	}
	b.convs = append(b.convs, c)
	return c
}

// pass is one run of a network: in training with batch norm by the batch and a gradient
// graph, otherwise with every batch norm folded into its convolution.
type pass struct {
	*torch.Scope
	folded []folded // by conv.index; nil in training

	// Of training: how far running means and variances follow the batch, and what
	// draws the values that dropout leaves out.
	momentum float64
	rng      *rand.Rand
}

// folded is a convolution as prediction uses it: batch norm is part of weight and bias.
type folded struct {
	weight, bias *torch.Tensor
	// small computes the share of enlarged channels before they are enlarged; weight is
	// then for the others only, or nil if there are none.
	small *torch.Tensor
}

// forward computes x's convolution and batch norm; x stays the caller's.
func (c *conv) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	switch {
	case p.folded != nil:
		f := p.folded[c.index]
		return p.Conv2d(x, f.weight, f.bias, c.options)
	case c.norm != nil:
		y := p.Conv2d(x, c.weight.leaf, nil, c.options)
		z := c.norm.forward(p, y)
		p.Drop(y)
		return z
	case c.bias != nil:
		return p.Conv2d(x, c.weight.leaf, c.bias.leaf, c.options)
	}
	return p.Conv2d(x, c.weight.leaf, nil, c.options)
}

// forward normalises x by the batch.
func (n *norm) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	if p.Err() != nil {
		return nil
	}
	if shape := x.Shape(); shape[0]*shape[2]*shape[3] < 2 {
		p.Fail(errOneValue)
		return nil
	}
	return p.BatchNorm(x, n.weight.leaf, n.bias.leaf, n.mean.leaf, n.variance.leaf, true,
		p.momentum, batchNormEps)
}

// errOneValue would leave running variances that are not numbers.
var errOneValue = errors.New("one image of this size is too little to train on, because batch " +
	"norm would see " +
	"a single value; take more images at a time or larger ones")

// forwardReLU is forward followed by a rectifier.
func (c *conv) forwardReLU(p *pass, x *torch.Tensor) *torch.Tensor {
	return p.ReLU(c.forward(p, x))
}

// separable is a convolution of each channel for itself and one over the channels.
type separable struct{ each, over *conv }

// forward computes both and batch norm; x stays the caller's.
func (s separable) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	y := s.each.forward(p, x)
	z := s.over.forward(p, y)
	p.Drop(y)
	return z
}

// forwardReLU is forward followed by a rectifier.
func (s separable) forwardReLU(p *pass, x *torch.Tensor) *torch.Tensor {
	return p.ReLU(s.forward(p, x))
}

// dropout sets each value of x to zero with probability rate in training and makes up for
// it with the others (Srivastava et al. 2014). It takes x over.
func (p *pass) dropout(x *torch.Tensor, rate float64) *torch.Tensor {
	if p.rng == nil || p.Err() != nil {
		return x
	}
	shape := x.Shape()
	n := 1
	for _, d := range shape {
		n *= int(d)
	}
	mask, kept := make([]float32, n), float32(1/(1-rate))
	for i := range mask {
		if p.rng.Float64() >= rate {
			mask[i] = kept
		}
	}
	m := p.FromFloats(mask, shape...)
	y := p.Mul(x, m)
	p.Drop(x, m)
	return y
}

// fold makes the convolutions of prediction from values, which is laid out as
// store.values: y = γ(Wx−μ)/√(σ²+ε)+β is one convolution with scaled weights and a bias.
// With split, convolutions of enlarged channels are split off (enlarge.go).
func fold(convs []*conv, values []float32, device torch.Device, split bool) ([]folded, error) {
	scope := torch.NewScopeOn(device)
	defer scope.Close()
	all := make([]folded, len(convs))
	var scratch []float32 // for one convolution's weights at a time
	for i, c := range convs {
		scratch = slices.Grow(scratch[:0], c.weight.size())
		weight, bias := c.foldedValues(values, scratch)
		if split && c.enlarged > 0 {
			all[i] = c.split(scope, weight, bias)
			continue
		}
		all[i].weight = scope.FromFloats(weight, c.weight.shape...)
		if bias != nil {
			all[i].bias = scope.FromFloats(bias, c.weight.shape[0])
		}
	}
	if err := scope.Err(); err != nil {
		return nil, err
	}
	for _, f := range all {
		for _, t := range []*torch.Tensor{f.weight, f.bias, f.small} {
			scope.Keep(t)
		}
	}
	return all, nil
}

// foldedValues are the weights and bias of c with its batch norm folded in; bias is nil
// where c has neither. The weights may lie in scratch, which has room for them.
func (c *conv) foldedValues(values, scratch []float32) (weight, bias []float32) {
	weight = c.weight.in(values)
	switch {
	case c.norm == nil && c.bias == nil:
		return weight, nil
	case c.norm == nil:
		return weight, c.bias.in(values)
	}
	out := int(c.weight.shape[0])
	weight = append(scratch[:0], weight...)
	bias = make([]float32, out)
	gamma, beta := c.norm.weight.in(values), c.norm.bias.in(values)
	mean, variance := c.norm.mean.in(values), c.norm.variance.in(values)
	per := len(weight) / out
	for o := range out {
		scale := float64(gamma[o]) / math.Sqrt(float64(variance[o])+batchNormEps)
		for i := o * per; i < (o+1)*per; i++ {
			weight[i] = float32(float64(weight[i]) * scale)
		}
		bias[o] = float32(float64(beta[o]) - float64(mean[o])*scale)
	}
	return weight, bias
}

func dropFolded(all []folded) {
	for _, f := range all {
		f.weight.Drop()
		f.bias.Drop()
		f.small.Drop()
	}
}
