package model

import (
	"fmt"

	"glasswork/model/internal/torch"
)

// mobileNet is the encoder of Sandler et al. 2018 (arXiv:1801.04381), as torchvision
// builds it without its classifier.
type mobileNet struct {
	widths      [depth + 1]int
	first, last *conv
	blocks      []inverted
}

// inverted is a residual block that is wide inside: it expands the channels (not in the
// first block), convolves each for itself and projects them back.
type inverted struct {
	expand, each, project *conv
	shortcut              bool
	level                 int // of the pyramid, if the block's features are one, else 0
}

// mobileNetStages are the blocks between the first and the last convolution.
var mobileNetStages = []struct {
	expansion, width, blocks int
	halves                   bool
	level                    int // of the pyramid, if the stage's features are one
}{
	{expansion: 1, width: 16, blocks: 1, level: 1},
	{expansion: 6, width: 24, blocks: 2, halves: true, level: 2},
	{expansion: 6, width: 32, blocks: 3, halves: true, level: 3},
	{expansion: 6, width: 64, blocks: 4, halves: true},
	{expansion: 6, width: 96, blocks: 3, level: 4},
	{expansion: 6, width: 160, blocks: 3, halves: true},
	{expansion: 6, width: 320, blocks: 1},
}

// mobileNetLast is the number of the last convolution's channels.
const mobileNetLast = 1280

func newMobileNet(b *builder, in, stride int) encoder {
	m := &mobileNet{widths: [depth + 1]int{0: in, depth: mobileNetLast}}
	name := func() string { return fmt.Sprintf("encoder.features.%d", len(m.blocks)+1) }
	m.first = b.conv("encoder.features.0.0", "encoder.features.0.1",
		kernel{in: in, out: 32, size: 3, stride: 2}, normalFanOut)
	channels, shrunk, dilation := 32, 2, 1
	for _, s := range mobileNetStages {
		step := 1
		if s.halves {
			step, dilation = halve(&shrunk, stride)
		}
		for range s.blocks {
			m.blocks = append(m.blocks, newInverted(b, name(), channels, s.width, s.expansion, step,
				dilation))
			channels, step = s.width, 1
		}
		if s.level > 0 {
			m.blocks[len(m.blocks)-1].level = s.level
			m.widths[s.level] = s.width
		}
	}
	m.last = b.conv(name()+".0", name()+".1", kernel{in: channels, out: mobileNetLast, size: 1},
		normalFanOut)
	return m
}

func newInverted(b *builder, name string, in, out, expansion, stride, dilation int) inverted {
	block := inverted{shortcut: stride == 1 && in == out}
	hidden, i := in*expansion, 0
	add := func(k kernel) *conv {
		part := fmt.Sprintf("%s.conv.%d", name, i)
		i++
		return b.conv(part+".0", part+".1", k, normalFanOut)
	}
	if expansion != 1 {
		block.expand = add(kernel{in: in, out: hidden, size: 1})
	}
	block.each = add(kernel{
		in: hidden, out: hidden, size: 3, stride: stride, dilation: dilation, groups: hidden,
	})
	block.project = b.conv(fmt.Sprintf("%s.conv.%d", name, i), fmt.Sprintf("%s.conv.%d", name, i+1),
		kernel{in: hidden, out: out, size: 1}, normalFanOut)
	return block
}

func (m *mobileNet) channels() []int { return m.widths[:] }

func (m *mobileNet) forward(p *pass, x *torch.Tensor) []*torch.Tensor {
	pyramid := []*torch.Tensor{x}
	y, kept := p.ReLU6(m.first.forward(p, x)), false
	for _, block := range m.blocks {
		z := block.forward(p, y)
		if !kept {
			p.Drop(y)
		}
		y, kept = z, block.level > 0
		if kept {
			pyramid = append(pyramid, y)
		}
	}
	last := p.ReLU6(m.last.forward(p, y))
	p.Drop(y)
	return append(pyramid, last)
}

// forward does not take ownership of x.
func (b *inverted) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	wide := x
	if b.expand != nil {
		wide = p.ReLU6(b.expand.forward(p, x))
	}
	y := p.ReLU6(b.each.forward(p, wide))
	if b.expand != nil {
		p.Drop(wide)
	}
	z := b.project.forward(p, y)
	p.Drop(y)
	if b.shortcut {
		return p.AddTo(z, x)
	}
	return z
}
