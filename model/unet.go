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
		skip := 0
		if level := depth - 1 - i; level > 0 {
			skip = pyramid[level]
		}
		u.blocks[i] = newUNetBlock(b, fmt.Sprintf("decoder.blocks.%d", i), in, skip, out)
		in = out
	}
	return u
}

// newUNetBlock adds a block that enlarges in channels and joins skip others.
func newUNetBlock(b *builder, name string, in, skip, out int) unetBlock {
	block := unetBlock{
		conv1: b.conv(name+".conv1.0", name+".conv1.1", kernel{in: in + skip, out: out, size: 3},
			uniformFanIn),
		conv2: b.conv(name+".conv2.0", name+".conv2.1", kernel{in: out, out: out, size: 3},
			uniformFanIn),
	}
	block.conv1.enlarged = in
	return block
}

func (u *unet) channels() int { return decoderWidths[depth-1] }

func (u *unet) forward(p *pass, pyramid []*torch.Tensor) *torch.Tensor {
	x := pyramid[depth]
	for i, block := range u.blocks {
		var skips []*torch.Tensor
		if level := depth - 1 - i; level > 0 {
			skips = pyramid[level : level+1]
		}
		y := block.conv1.forwardEnlarged(p, x, skips...)
		p.Drop(x)
		p.Drop(skips...)
		x = block.conv2.forwardReLU(p, y)
		p.Drop(y)
	}
	return x
}

// forward enlarges x and joins skips; all stay the caller's.
func (b *unetBlock) forward(p *pass, x *torch.Tensor, skips ...*torch.Tensor) *torch.Tensor {
	y := b.conv1.forwardEnlarged(p, x, skips...)
	z := b.conv2.forwardReLU(p, y)
	p.Drop(y)
	return z
}
