package model

import (
	"fmt"

	"glasswork/model/internal/torch"
)

// resnet is the encoder of He et al. 2016 (arXiv:1512.03385) with basic blocks, as
// torchvision builds it without its classifier.
type resnet struct {
	in     int
	stem   *conv
	stages [4][]basicBlock
}

// basicBlock is two convolutions beside a shortcut, which is a convolution where the
// size or the number of channels changes.
type basicBlock struct{ conv1, conv2, shortcut *conv }

var resnetWidths = [4]int{64, 128, 256, 512}

// newResNet builds a resnet with the given number of blocks in each stage.
func newResNet(blocks [4]int) func(b *builder, in int) encoder {
	return func(b *builder, in int) encoder {
		r := &resnet{in: in}
		r.stem = b.conv("encoder.conv1", "encoder.bn1", kernel{in: in, out: 64, size: 7, stride: 2}, normalFanOut)
		width := 64
		for stage, out := range resnetWidths {
			for i := range blocks[stage] {
				name := fmt.Sprintf("encoder.layer%d.%d", stage+1, i)
				stride := 1
				if i == 0 && stage > 0 {
					stride = 2
				}
				r.stages[stage] = append(r.stages[stage], newBasicBlock(b, name, width, out, stride))
				width = out
			}
		}
		return r
	}
}

func newBasicBlock(b *builder, name string, in, out, stride int) basicBlock {
	block := basicBlock{
		conv1: b.conv(name+".conv1", name+".bn1", kernel{in: in, out: out, size: 3, stride: stride}, normalFanOut),
		conv2: b.conv(name+".conv2", name+".bn2", kernel{in: out, out: out, size: 3, stride: 1}, normalFanOut),
	}
	if stride != 1 || in != out {
		block.shortcut = b.conv(name+".downsample.0", name+".downsample.1", kernel{in: in, out: out, size: 1, stride: stride}, normalFanOut)
	}
	return block
}

func (r *resnet) channels() []int { return append([]int{r.in, 64}, resnetWidths[:]...) }

func (r *resnet) forward(p *pass, x *torch.Tensor) []*torch.Tensor {
	y := r.stem.forwardReLU(p, x)
	pyramid := []*torch.Tensor{x, y}
	y = p.MaxPool(y, 3, 2, 1)
	for _, stage := range r.stages {
		for i, block := range stage {
			z := block.forward(p, y)
			if i > 0 || len(pyramid) == 2 { // what the pyramid holds stays
				p.Drop(y)
			}
			y = z
		}
		pyramid = append(pyramid, y)
	}
	return pyramid
}

// forward leaves x to the caller.
func (b *basicBlock) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	y := b.conv1.forwardReLU(p, x)
	z := b.conv2.forward(p, y)
	p.Drop(y)
	if b.shortcut == nil {
		return p.ReLU(p.AddTo(z, x))
	}
	shortcut := b.shortcut.forward(p, x)
	z = p.ReLU(p.AddTo(z, shortcut))
	p.Drop(shortcut)
	return z
}
