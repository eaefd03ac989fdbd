package model

import (
	"fmt"

	"glasswork/model/internal/torch"
)

// unet is the decoder of Ronneberger et al. 2015 (arXiv:1505.04597) as
// segmentation_models.pytorch builds it: enlarge by two, join the encoder's features of
// that size, two convolutions; five times.
type unet struct{ blocks [depth]unetBlock }

// unetBlock is two convolutions behind enlarged and joined features.
type unetBlock struct{ conv1, conv2 *conv }

// decoderWidths are the channels of the blocks of U-Net and its relatives.
var decoderWidths = [depth]int{256, 128, 64, 32, 16}

func newUNet(b *builder, pyramid []int) decoder {
	u := &unet{}
	in := pyramid[depth]
	for i, out := range decoderWidths {
		if level := depth - 1 - i; level > 0 {
			in += pyramid[level]
		}
		u.blocks[i] = newUNetBlock(b, fmt.Sprintf("decoder.blocks.%d", i), in, out)
		in = out
	}
	return u
}

func newUNetBlock(b *builder, name string, in, out int) unetBlock {
	return unetBlock{
		conv1: b.conv(name+".conv1.0", name+".conv1.1", kernel{in: in, out: out, size: 3}, uniformFanIn),
		conv2: b.conv(name+".conv2.0", name+".conv2.1", kernel{in: out, out: out, size: 3}, uniformFanIn),
	}
}

func (u *unet) channels() int { return decoderWidths[depth-1] }

func (u *unet) forward(p *pass, pyramid []*torch.Tensor) *torch.Tensor {
	x := pyramid[depth]
	for i, block := range u.blocks {
		y := p.UpsampleNearest(x, 2)
		p.Drop(x)
		if level := depth - 1 - i; level > 0 {
			joined := p.Cat(1, y, pyramid[level])
			p.Drop(y, pyramid[level])
			y = joined
		}
		x = block.forward(p, y)
	}
	return x
}

// forward takes x over.
func (b *unetBlock) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	y := b.conv1.forwardReLU(p, x)
	p.Drop(x)
	z := b.conv2.forwardReLU(p, y)
	p.Drop(y)
	return z
}
