package model

import (
	"fmt"

	"glasswork/model/internal/torch"
)

// maNet is the decoder of Fan et al. 2020 (IEEE Access 8, 179656) as
// segmentation_models.pytorch builds it: attention between all places of the deepest
// features, then blocks that weigh channels by what they and the encoder's say together.
type maNet struct {
	center places
	blocks [depth - 1]maBlock
	last   unetBlock
}

// places is attention between places: every place of the output is a mean over all
// places, weighed by how alike they are.
type places struct{ top, center, bottom, out *conv }

// maBlock halves the channels, enlarges by two, weighs the channels and joins the
// encoder's features.
type maBlock struct {
	deep1, deep2           *conv
	skipWeight, deepWeight channelWeight
	conv1, conv2           *conv
}

// channelWeight makes a weight of 0…1 for each channel of the channels' means (Hu et al.
// 2018, arXiv:1709.01507).
type channelWeight struct{ squeeze, excite *conv }

const (
	placesWidth    = 64 // channels in which places are compared
	weightSqueezes = 16 // times fewer channels between the means and the weights
)

func newMANet(b *builder, pyramid []int) decoder {
	m := &maNet{}
	in := pyramid[depth]
	conv := func(part string, out, size int) *conv {
		return b.convWithBias("decoder.center."+part, kernel{in: in, out: out, size: size},
			uniformFanIn)
	}
	m.center = places{
		top: conv("top_conv", placesWidth, 1), center: conv("center_conv", placesWidth, 1),
		bottom: conv("bottom_conv", in, 3), out: conv("out_conv", in, 3),
	}
	for i := range m.blocks {
		m.blocks[i] = newMABlock(b, fmt.Sprintf("decoder.blocks.%d", i), in, pyramid[depth-1-i],
			decoderWidths[i])
		in = decoderWidths[i]
	}
	m.last = newUNetBlock(b, fmt.Sprintf("decoder.blocks.%d", depth-1), in, 0,
		decoderWidths[depth-1])
	return m
}

func newMABlock(b *builder, name string, in, skip, out int) maBlock {
	weight := func(part string) channelWeight {
		squeezed := max(1, skip/weightSqueezes)
		return channelWeight{
			squeeze: b.convWithBias(name+"."+part+".1", kernel{in: skip, out: squeezed, size: 1},
				uniformFanIn),
			excite: b.convWithBias(name+"."+part+".3", kernel{in: squeezed, out: skip, size: 1},
				uniformFanIn),
		}
	}
	return maBlock{
		deep1: b.conv(name+".hl_conv.0.0", name+".hl_conv.0.1",
			kernel{in: in, out: in, size: 3}, uniformFanIn),
		deep2: b.conv(name+".hl_conv.1.0", name+".hl_conv.1.1",
			kernel{in: in, out: skip, size: 1}, uniformFanIn),
		skipWeight: weight("SE_ll"),
		deepWeight: weight("SE_hl"),
		conv1: b.conv(name+".conv1.0", name+".conv1.1", kernel{
			in: 2 * skip, out: out, size: 3,
		}, uniformFanIn),
		conv2: b.conv(name+".conv2.0", name+".conv2.1", kernel{in: out, out: out, size: 3},
			uniformFanIn),
	}
}

func (m *maNet) channels() int { return decoderWidths[depth-1] }

func (m *maNet) forward(p *pass, pyramid []*torch.Tensor) *torch.Tensor {
	x := m.center.forward(p, pyramid[depth])
	for i, block := range m.blocks {
		x = block.forward(p, x, pyramid[depth-1-i])
	}
	y := m.last.forward(p, x)
	p.Drop(x)
	return y
}

// forward takes x [n,c,h,w] over. As in the original, softmax is over all h·w × h·w pairs at
// once, and the means [n,h·w,c] are taken for [n,c,h,w] without transposing them back.
func (a *places) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	top := p.Flatten(a.top.forward(p, x), 2)
	center := p.Transpose(p.Flatten(a.center.forward(p, x), 2), 1, 2)
	bottom := p.Transpose(p.Flatten(a.bottom.forward(p, x), 2), 1, 2)
	alike := p.MatMul(center, top)
	weights := p.ReshapeAs(p.Softmax(p.Flatten(alike, 1), 1), alike)
	means := p.ReshapeAs(p.MatMul(weights, bottom), x)
	y := p.AddTo(means, x)
	p.Drop(x)
	z := a.out.forward(p, y)
	p.Drop(y)
	return z
}

// forward takes x and skip over.
func (b *maBlock) forward(p *pass, x, skip *torch.Tensor) *torch.Tensor {
	y := b.deep1.forwardReLU(p, x)
	p.Drop(x)
	z := b.deep2.forwardReLU(p, y)
	p.Drop(y)
	large := p.UpsampleNearest(z, 2)
	p.Drop(z)
	deepWeight, skipWeight := b.deepWeight.forward(p, large), b.skipWeight.forward(p, skip)
	weight := p.Add(deepWeight, skipWeight)
	weighed := p.Mul(large, weight)
	p.Drop(large, deepWeight, skipWeight, weight)
	joined := p.Cat(1, weighed, skip)
	p.Drop(weighed, skip)
	first := b.conv1.forwardReLU(p, joined)
	p.Drop(joined)
	second := b.conv2.forwardReLU(p, first)
	p.Drop(first)
	return second
}

// forward leaves x to the caller and gives [n,c,1,1].
func (c *channelWeight) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	mean := p.MeanOfPlaces(x)
	y := c.squeeze.forwardReLU(p, mean)
	z := c.excite.forward(p, y)
	p.Drop(mean, y)
	weight := p.Sigmoid(z)
	p.Drop(z)
	return weight
}
