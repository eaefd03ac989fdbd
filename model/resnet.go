package model

import (
	"fmt"

	"glasswork/model/internal/torch"
)

// resnet is the encoder of He et al. 2016 (arXiv:1512.03385), as torchvision builds it
// without its classifier.
type resnet struct {
	widths [depth + 1]int
	stem   *conv
	stages [4][]residual
}

// residual is a block of convolutions beside a shortcut, which is a convolution where the
// size or the number of channels changes.
type residual struct {
	convs    []*conv
	shortcut *conv
}

// newBlock adds the convolutions of a block of the given width from in channels.
type newBlock func(b *builder, name string, in, width, stride, dilation int) residual

// newResNet builds a resnet with the given number of blocks in each stage.
func newResNet(blocks [4]int, add newBlock) func(b *builder, in, stride int) encoder {
	return func(b *builder, in, stride int) encoder {
		r := &resnet{widths: [depth + 1]int{in, 64}}
		r.stem = b.conv("encoder.conv1", "encoder.bn1", kernel{in: in, out: 64, size: 7, stride: 2},
			normalFanOut)
		channels, shrunk := 64, 4 // by the stem and the pooling behind it
		for stage := range r.stages {
			step, dilation := 1, 1
			if stage > 0 {
				step, dilation = halve(&shrunk, stride)
			}
			for i := range blocks[stage] {
				name := fmt.Sprintf("encoder.layer%d.%d", stage+1, i)
				block := add(b, name, channels, 64<<stage, step, dilation)
				r.stages[stage] = append(r.stages[stage], block)
				channels, step = block.channels(), 1
			}
			r.widths[stage+2] = channels
		}
		return r
	}
}

// halve says how an encoder halves features that are 1/shrunk of the image's size: by a stride
// of 2, or, where the result would be smaller than 1/limit, by dilating all convolutions from
// there on, which sees as far (Chen et al. 2017, arXiv:1706.05587).
func halve(shrunk *int, limit int) (stride, dilation int) {
	*shrunk *= 2
	if *shrunk <= limit {
		return 2, 1
	}
	return 1, *shrunk / limit
}

// basicBlock is two convolutions of 3 × 3.
func basicBlock(b *builder, name string, in, width, stride, dilation int) residual {
	r := residual{convs: []*conv{
		b.conv(name+".conv1", name+".bn1", kernel{
			in: in, out: width, size: 3, stride: stride, dilation: dilation,
		}, normalFanOut),
		b.conv(name+".conv2", name+".bn2", kernel{
			in: width, out: width, size: 3, dilation: dilation,
		}, normalFanOut),
	}}
	r.addShortcut(b, name, in, stride)
	return r
}

// bottleneck is a convolution of 3 × 3 between two of 1 × 1, the last of which makes four
// times as many channels. The stride is the middle one's, as in torchvision.
func bottleneck(b *builder, name string, in, width, stride, dilation int) residual {
	r := residual{convs: []*conv{
		b.conv(name+".conv1", name+".bn1", kernel{in: in, out: width, size: 1}, normalFanOut),
		b.conv(name+".conv2", name+".bn2", kernel{
			in: width, out: width, size: 3, stride: stride, dilation: dilation,
		}, normalFanOut),
		b.conv(name+".conv3", name+".bn3", kernel{in: width, out: 4 * width, size: 1},
			normalFanOut),
	}}
	r.addShortcut(b, name, in, stride)
	return r
}

// addShortcut adds the shortcut's convolution. A first block that dilates changes its
// channels, so it has one whatever its stride is.
func (r *residual) addShortcut(b *builder, name string, in, stride int) {
	if out := r.channels(); stride != 1 || in != out {
		r.shortcut = b.conv(name+".downsample.0", name+".downsample.1",
			kernel{in: in, out: out, size: 1, stride: stride}, normalFanOut)
	}
}

// channels that the block makes.
func (r *residual) channels() int { return int(r.convs[len(r.convs)-1].weight.shape[0]) }

func (r *resnet) channels() []int { return r.widths[:] }

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

// forward does not take ownership of x.
func (r *residual) forward(p *pass, x *torch.Tensor) *torch.Tensor {
	y := x
	for i, c := range r.convs {
		z := c.forward(p, y)
		if i < len(r.convs)-1 {
			z = p.ReLU(z)
		}
		if i > 0 {
			p.Drop(y)
		}
		y = z
	}
	if r.shortcut == nil {
		return p.ReLU(p.AddTo(y, x))
	}
	shortcut := r.shortcut.forward(p, x)
	y = p.ReLU(p.AddTo(y, shortcut))
	p.Drop(shortcut)
	return y
}
