package model

import (
	"math"

	"glasswork/model/internal/torch"
)

const (
	batchNormEps      = 1e-5
	batchNormMomentum = 0.1
)

// conv is a convolution with an optional bias and an optional batch norm behind it: the
// shared part that all encoders, decoders and heads are made of.
type conv struct {
	weight, bias *param // bias is nil where batch norm follows
	norm         *norm
	options      torch.ConvOptions
	index        int // in builder.convs and pass.folded
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

// shape of a square convolution's kernel.
type kernel struct{ in, out, size, stride int }

// conv adds a convolution without bias, followed by batch norm, padded so that stride 1
// keeps the size.
func (b *builder) conv(name, normName string, k kernel, start draw) *conv {
	c := b.add(name, k, start)
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
	c := b.add(name, k, start)
	c.bias = b.param(name+".bias", true, constant(0), k.out)
	return c
}

func (b *builder) add(name string, k kernel, start draw) *conv {
	c := &conv{
		weight:  b.param(name+".weight", true, start, k.out, k.in, k.size, k.size),
		options: torch.ConvOptions{Stride: int64(k.stride), Padding: int64(k.size / 2)},
		index:   len(b.convs),
	}
	b.convs = append(b.convs, c)
	return c
}

// pass is one run of a network: in training with batch norm by the batch and a gradient
// graph, otherwise with every batch norm folded into its convolution.
type pass struct {
	*torch.Scope
	folded []folded // by conv.index; nil in training
}

// folded is a convolution as prediction uses it: batch norm is part of weight and bias.
type folded struct{ weight, bias *torch.Tensor }

// forward computes x's convolution and batch norm; x stays the caller's.
func (c *conv) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	if p.folded != nil {
		f := p.folded[c.index]
		return p.Conv2d(x, f.weight, f.bias, c.options)
	}
	if c.norm == nil {
		return p.Conv2d(x, c.weight.leaf, c.bias.leaf, c.options)
	}
	y := p.Conv2d(x, c.weight.leaf, nil, c.options)
	z := p.BatchNorm(y, c.norm.weight.leaf, c.norm.bias.leaf, c.norm.mean.leaf, c.norm.variance.leaf,
		true, batchNormMomentum, batchNormEps)
	p.Drop(y)
	return z
}

// forwardReLU is forward followed by a rectifier.
func (c *conv) forwardReLU(p *pass, x *torch.Tensor) *torch.Tensor {
	return p.ReLU(c.forward(p, x))
}

// fold makes the convolutions of prediction from values, which is laid out as
// store.values: y = γ(Wx−μ)/√(σ²+ε)+β is one convolution with scaled weights and a bias.
func fold(convs []*conv, values []float32) ([]folded, error) {
	scope := torch.NewScope()
	defer scope.Close()
	all := make([]folded, len(convs))
	for i, c := range convs {
		weight, bias := c.foldedValues(values)
		all[i] = folded{
			weight: scope.FromFloats(weight, c.weight.shape...),
			bias:   scope.FromFloats(bias, c.weight.shape[0]),
		}
	}
	if err := scope.Err(); err != nil {
		return nil, err
	}
	for _, f := range all {
		scope.Keep(f.weight)
		scope.Keep(f.bias)
	}
	return all, nil
}

// foldedValues are the weights and bias of c with its batch norm folded in.
func (c *conv) foldedValues(values []float32) (weight, bias []float32) {
	weight = c.weight.in(values)
	if c.norm == nil {
		return weight, c.bias.in(values)
	}
	out := int(c.weight.shape[0])
	weight = append([]float32(nil), weight...)
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
	}
}
