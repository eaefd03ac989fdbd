package model

import (
	"fmt"

	"glasswork/model/internal/torch"
)

// unet is the decoder of Ronneberger et al. 2015 (arXiv:1505.04597) as
// segmentation_models.pytorch builds it: enlarge by two, join the encoder's features of
// that size, two convolutions; five times.
type unet struct {
	blocks [5]unetBlock
	skips  [5]int // pyramid level that a block joins, −1 for none
}

type unetBlock struct{ conv1, conv2 *conv }

var unetWidths = [5]int{256, 128, 64, 32, 16}

func newUNet(b *builder, pyramid []int) decoder {
	u := &unet{skips: [5]int{4, 3, 2, 1, -1}}
	in := pyramid[5]
	for i, out := range unetWidths {
		if skip := u.skips[i]; skip >= 0 {
			in += pyramid[skip]
		}
		name := fmt.Sprintf("decoder.blocks.%d", i)
		u.blocks[i] = unetBlock{
			conv1: b.conv(name+".conv1.0", name+".conv1.1", kernel{in: in, out: out, size: 3, stride: 1}, uniformFanIn),
			conv2: b.conv(name+".conv2.0", name+".conv2.1", kernel{in: out, out: out, size: 3, stride: 1}, uniformFanIn),
		}
		in = out
	}
	return u
}

func (u *unet) channels() int { return unetWidths[4] }

func (u *unet) forward(p *pass, pyramid []*torch.Tensor) *torch.Tensor {
	x := pyramid[5]
	for i, block := range u.blocks {
		y := p.UpsampleNearest(x, 2)
		p.Drop(x)
		if skip := u.skips[i]; skip >= 0 {
			joined := p.Cat(1, y, pyramid[skip])
			p.Drop(y, pyramid[skip])
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
