package model

import (
	"fmt"

	"glasswork/model/internal/torch"
)

// unetPlusPlus is the decoder of Zhou et al. 2018 (arXiv:1807.10165) as
// segmentation_models.pytorch builds it. Column c joins what is 1/2^(4-c) of the image's
// size: its lowest node enlarges the encoder's features, each node above it enlarges the
// node beside it in column c-1, and all join the nodes below them and the encoder's
// features of that size. A last block enlarges once more without joining.
type unetPlusPlus struct {
	columns [depth - 1][]unetBlock // by column and height above 0, the topmost node
	last    unetBlock
}

func newUNetPlusPlus(b *builder, pyramid []int) decoder {
	u := &unetPlusPlus{}
	width := func(column int) int { return pyramid[depth-1-column] } // of the encoder's features
	in := pyramid[depth]
	for c := range u.columns {
		for node := range c + 1 {
			from, out := in, decoderWidths[c]
			if node > 0 {
				from, out = width(c-1), width(c)
			}
			name := fmt.Sprintf("decoder.blocks.x_%d_%d", node, c)
			u.columns[c] = append(u.columns[c], newUNetBlock(b, name, from, width(c)*(c+1-node),
				out))
		}
		in = decoderWidths[c]
	}
	u.last = newUNetBlock(b, fmt.Sprintf("decoder.blocks.x_0_%d", depth-1), in, 0,
		decoderWidths[depth-1])
	return u
}

func (u *unetPlusPlus) channels() int { return decoderWidths[depth-1] }

// forward goes column by column, so that only two columns are alive at a time.
func (u *unetPlusPlus) forward(p *pass, pyramid []*torch.Tensor) *torch.Tensor {
	var before []*torch.Tensor // the column before, topmost node first, then the encoder's features
	before = append(before, pyramid[depth])
	for c, column := range u.columns {
		nodes := make([]*torch.Tensor, c+1, c+2)
		nodes = append(nodes, pyramid[depth-1-c])
		for node := c; node >= 0; node-- {
			nodes[node] = column[node].forward(p, before[node], nodes[node+1:]...)
		}
		p.Drop(before...)
		before = nodes
	}
	p.Drop(before[1:]...)
	y := u.last.forward(p, before[0])
	p.Drop(before[0])
	return y
}
