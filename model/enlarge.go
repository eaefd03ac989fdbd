package model

import "glasswork/model/internal/torch"

// A convolution of 3 × 3 on features that were enlarged by repeating every pixel sees each
// of them several times. Before they are enlarged, the same is four convolutions of 2 × 2,
// one for each place in a square of 2 × 2 pixels: 16 products where there were 36, and no
// enlarged copy in memory. Prediction does that; training does not.

// split makes the four convolutions that replace c, whose first channels are enlarged ones.
func (c *conv) split(s *torch.Scope, weight, bias []float32) folded {
	out, in := int(c.weight.shape[0]), int(c.weight.shape[1])
	small := make([]float32, 4*out*c.enlarged*4)
	rest := make([]float32, 0, out*(in-c.enlarged)*9)
	for o := range out {
		for i := range in {
			kernel := weight[(o*in+i)*9 : (o*in+i)*9+9]
			if i >= c.enlarged {
				rest = append(rest, kernel...)
				continue
			}
			for place := range 4 {
				shrink(small[((place*out+o)*c.enlarged+i)*4:], kernel, place/2, place%2)
			}
		}
	}
	f := folded{small: s.FromFloats(small, int64(4*out), int64(c.enlarged), 2, 2)}
	if in > c.enlarged {
		f.weight = s.FromFloats(rest, int64(out), int64(in-c.enlarged), 3, 3)
		f.bias = s.FromFloats(bias, int64(out))
		return f
	}
	four := make([]float32, 0, 4*out)
	for range 4 {
		four = append(four, bias...)
	}
	f.bias = s.FromFloats(four, int64(4*out))
	return f
}

// shrink adds up the weights of a kernel of 3 × 3 that fall on the same pixel before it was
// enlarged, for the pixel in row a and column b of a square: row 0 sees the pixel above
// once and its own twice, row 1 its own twice and the one below once.
func shrink(dst, kernel []float32, a, b int) {
	for y := range 3 {
		for x := range 3 {
			dst[(y+1-a)/2*2+(x+1-b)/2] += kernel[3*y+x]
		}
	}
}

// forwardEnlarged computes the rectified convolution of x, enlarged by two, joined with skips.
// All stay the caller's.
func (c *conv) forwardEnlarged(p *pass, x *torch.Tensor, skips ...*torch.Tensor) *torch.Tensor {
	if p.folded == nil || p.folded[c.index].small == nil {
		joined := p.join(x, skips...)
		y := c.forwardReLU(p, joined)
		p.Drop(joined)
		return y
	}
	f := p.folded[c.index]
	options := torch.ConvOptions{Stride: 1, Padding: 1}
	if f.weight == nil {
		z := p.Conv2d(x, f.small, f.bias, options)
		y := p.Interleave(nil, z)
		p.Drop(z)
		return y
	}
	z := p.Conv2d(x, f.small, nil, options)
	skip := skips[0]
	if len(skips) > 1 {
		skip = p.Cat(1, skips...)
	}
	y := p.Conv2d(skip, f.weight, f.bias, c.options)
	if len(skips) > 1 {
		p.Drop(skip)
	}
	p.Interleave(y, z)
	p.Drop(z)
	return y
}

// join enlarges x by two and joins features of that size; all stay the caller's.
func (p *pass) join(x *torch.Tensor, features ...*torch.Tensor) *torch.Tensor {
	y := p.UpsampleNearest(x, 2)
	if len(features) == 0 {
		return y
	}
	joined := p.Cat(1, append([]*torch.Tensor{y}, features...)...)
	p.Drop(y)
	return joined
}
