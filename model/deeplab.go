package model

import (
	"fmt"

	"glasswork/model/internal/torch"
)

// deepLab is the decoder of Chen et al. 2017 (arXiv:1706.05587): a pyramid of dilated
// convolutions on the deepest features and one convolution.
type deepLab struct {
	aspp aspp
	last *conv
}

// deepLabPlus is the decoder of Chen et al. 2018 (arXiv:1802.02611): as deepLab, with
// separable convolutions, joined with the encoder's features of a quarter of the size.
type deepLabPlus struct {
	aspp       aspp
	last, fuse separable
	skip       *conv
}

// aspp looks at features from different distances at once (atrous spatial pyramid
// pooling): through a convolution of 1 × 1, three dilated ones and the mean of all places.
type aspp struct {
	near    *conv
	far     [len(asppDilations)]forwarder
	all     *conv
	project *conv
}

// forwarder is a convolution, separable or not.
type forwarder interface {
	forwardReLU(p *pass, x *torch.Tensor) *torch.Tensor
}

const (
	deepLabWidth = 256
	deepLabSkip  = 48 // channels that the encoder's features are reduced to
	deepLabLevel = 2  // of the encoder's features that are joined
	asppDropout  = 0.5
)

var asppDilations = [...]int{12, 24, 36}

func newASPP(b *builder, name string, in int, apart bool) aspp {
	one := kernel{in: in, out: deepLabWidth, size: 1}
	a := aspp{near: b.conv(name+".convs.0.0", name+".convs.0.1", one, uniformFanIn)}
	for i, dilation := range asppDilations {
		part := fmt.Sprintf("%s.convs.%d", name, i+1)
		k := kernel{in: in, out: deepLabWidth, size: 3, dilation: dilation}
		if apart {
			a.far[i] = b.separable(part+".0", part+".1", k, uniformFanIn)
		} else {
			a.far[i] = b.conv(part+".0", part+".1", k, uniformFanIn)
		}
	}
	a.all = b.conv(name+".convs.4.1", name+".convs.4.2", one, uniformFanIn)
	joined := kernel{in: (len(asppDilations) + 2) * deepLabWidth, out: deepLabWidth, size: 1}
	a.project = b.conv(name+".project.0", name+".project.1", joined, uniformFanIn)
	return a
}

// forward takes ownership of x.
func (a *aspp) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	parts := []*torch.Tensor{a.near.forwardReLU(p, x)}
	for _, far := range a.far {
		parts = append(parts, far.forwardReLU(p, x))
	}
	mean := p.MeanOfPlaces(x)
	all := a.all.forwardReLU(p, mean)
	p.Drop(x, mean)
	parts = append(parts, p.ExpandAs(all, parts[0]))
	joined := p.Cat(1, parts...)
	p.Drop(all)
	p.Drop(parts...)
	y := a.project.forwardReLU(p, joined)
	p.Drop(joined)
	return p.dropout(y, asppDropout)
}

func newDeepLab(b *builder, pyramid []int) decoder {
	return &deepLab{
		aspp: newASPP(b, "decoder.0", pyramid[depth], false),
		last: b.conv("decoder.1", "decoder.2", kernel{in: deepLabWidth, out: deepLabWidth, size: 3},
			uniformFanIn),
	}
}

func (d *deepLab) channels() int { return deepLabWidth }

func (d *deepLab) forward(p *pass, pyramid []*torch.Tensor) *torch.Tensor {
	p.Drop(pyramid[1:depth]...)
	x := d.aspp.forward(p, pyramid[depth])
	y := d.last.forwardReLU(p, x)
	p.Drop(x)
	return y
}

func newDeepLabPlus(b *builder, pyramid []int) decoder {
	d := &deepLabPlus{aspp: newASPP(b, "decoder.aspp.0", pyramid[depth], true)}
	d.last = b.separable("decoder.aspp.1", "decoder.aspp.2",
		kernel{in: deepLabWidth, out: deepLabWidth, size: 3}, uniformFanIn)
	d.skip = b.conv("decoder.block1.0", "decoder.block1.1", kernel{
		in: pyramid[deepLabLevel], out: deepLabSkip, size: 1,
	}, uniformFanIn)
	d.fuse = b.separable("decoder.block2.0", "decoder.block2.1",
		kernel{in: deepLabWidth + deepLabSkip, out: deepLabWidth, size: 3}, uniformFanIn)
	return d
}

func (d *deepLabPlus) channels() int { return deepLabWidth }

func (d *deepLabPlus) forward(p *pass, pyramid []*torch.Tensor) *torch.Tensor {
	for level := 1; level < depth; level++ {
		if level != deepLabLevel {
			p.Drop(pyramid[level])
		}
	}
	x := d.aspp.forward(p, pyramid[depth])
	y := d.last.forwardReLU(p, x)
	large := p.UpsampleBilinear(y, 4) // from 1/16 to 1/4
	p.Drop(x, y)
	skip := d.skip.forwardReLU(p, pyramid[deepLabLevel])
	joined := p.Cat(1, large, skip)
	p.Drop(pyramid[deepLabLevel], large, skip)
	z := d.fuse.forwardReLU(p, joined)
	p.Drop(joined)
	return z
}
