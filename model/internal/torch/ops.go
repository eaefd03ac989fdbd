package torch

import (
	"github.com/sugarme/gotch/libtch"

	"glasswork/model/internal/capi"
)

// ConvOptions are a two-dimensional convolution's; the same value serves both axes.
type ConvOptions struct{ Stride, Padding, Dilation, Groups int64 }

// Conv2d convolves x [n,c,h,w] with weight [o,c/groups,k,k]; bias [o] may be nil.
func (s *Scope) Conv2d(x, weight, bias *Tensor, o ConvOptions) *Tensor {
	if s.stop(x, weight) || (bias != nil && s.stop(bias)) {
		return nil
	}
	var c, b libtch.Ctensor
	if bias != nil {
		b = bias.c
	}
	stride, padding, dilation := pair(o.Stride), pair(o.Padding), pair(max(o.Dilation, 1))
	libtch.AtgConv2d(&c, x.c, weight.c, b, stride, 2, padding, 2, dilation, 2, max(o.Groups, 1))
	return s.own("convolution", c)
}

// BatchNorm normalises x [n,c,h,w] by the batch when training, updating the running mean
// and variance in place, and by these otherwise.
func (s *Scope) BatchNorm(x, weight, bias, mean, variance *Tensor, training bool, momentum,
	eps float64,
) *Tensor {
	if s.stop(x, weight, bias, mean, variance) {
		return nil
	}
	var c libtch.Ctensor
	libtch.AtgBatchNorm(&c, x.c, weight.c, bias.c, mean.c, variance.c, flag(training), momentum,
		eps, 1)
	return s.own("batch norm", c)
}

// ReLU sets negative values of x to zero in place and returns x.
func (s *Scope) ReLU(x *Tensor) *Tensor {
	if s.stop(x) {
		return nil
	}
	var c libtch.Ctensor
	libtch.AtgRelu_(&c, x.c)
	return s.inPlace("relu", x, c)
}

// ReLU6 limits x to 0…6 in place and returns x.
func (s *Scope) ReLU6(x *Tensor) *Tensor {
	if s.stop(x) {
		return nil
	}
	var c libtch.Ctensor
	if libtch.AtScalarType(x.c) == kindBFloat16 { // libtorch 1.13 has no gradient of relu6 for it
		least, most := libtch.AtsFloat(0), libtch.AtsFloat(6)
		defer libtch.AtsFree(least)
		defer libtch.AtsFree(most)
		libtch.AtgClamp_(&c, x.c, least, most)
	} else {
		libtch.AtgRelu6_(&c, x.c)
	}
	return s.inPlace("relu6", x, c)
}

// AddTo adds y to x in place and returns x.
func (s *Scope) AddTo(x, y *Tensor) *Tensor {
	if s.stop(x, y) {
		return nil
	}
	var c libtch.Ctensor
	libtch.AtgAdd_(&c, x.c, y.c)
	return s.inPlace("addition", x, c)
}

// inPlace gives up the second handle that an in-place operation returns.
func (s *Scope) inPlace(op string, x *Tensor, c libtch.Ctensor) *Tensor {
	second := s.own(op, c)
	if second == nil {
		return nil
	}
	s.Drop(second)
	return x
}

// MaxPool takes maxima over k × k windows.
func (s *Scope) MaxPool(x *Tensor, k, stride, padding int64) *Tensor {
	if s.stop(x) {
		return nil
	}
	var c libtch.Ctensor
	libtch.AtgMaxPool2d(&c, x.c, pair(k), 2, pair(stride), 2, pair(padding), 2, pair(1), 2, 0)
	return s.own("max pooling", c)
}

// UpsampleNearest enlarges x [n,c,h,w] by a whole factor by repeating pixels.
func (s *Scope) UpsampleNearest(x *Tensor, factor int64) *Tensor {
	return s.upsample(x, factor, false)
}

// UpsampleBilinear enlarges x [n,c,h,w] by a whole factor, corners on corners.
func (s *Scope) UpsampleBilinear(x *Tensor, factor int64) *Tensor {
	return s.upsample(x, factor, true)
}

func (s *Scope) upsample(x *Tensor, factor int64, bilinear bool) *Tensor {
	if s.stop(x) {
		return nil
	}
	return s.own("upsampling", capi.Upsample(x.c, float64(factor), bilinear))
}

// Interleave makes y [n,c,2h,2w] of z [n,4c,h+1,w+1], without gradients: pixel (2i+a, 2j+b)
// is pixel (i+a, j+b) of the channels from (2a+b)·c on, added to y in place if y is not
// nil, and rectified.
func (s *Scope) Interleave(y, z *Tensor) *Tensor {
	if s.stop(z) || (y != nil && s.stop(y)) {
		return nil
	}
	if y == nil {
		return s.own("interleaving", capi.Interleave(nil, z.c))
	}
	return s.inPlace("interleaving", y, capi.Interleave(y.c, z.c))
}

// MeanOfPlaces is the mean of x [n,c,h,w] over h and w, as [n,c,1,1].
func (s *Scope) MeanOfPlaces(x *Tensor) *Tensor {
	return s.unary("mean of places", x, func(c *libtch.Ctensor) {
		libtch.AtgAdaptiveAvgPool2d(c, x.c, pair(1), 2)
	})
}

// Cat joins tensors along dimension dim.
func (s *Scope) Cat(dim int64, ts ...*Tensor) *Tensor {
	if s.stop(ts...) {
		return nil
	}
	parts := make([]libtch.Ctensor, len(ts))
	for i, t := range ts {
		parts[i] = t.c
	}
	var c libtch.Ctensor
	libtch.AtgCat(&c, parts, len(parts), dim)
	return s.own("concatenation", c)
}

// Softmax over dimension dim.
func (s *Scope) Softmax(x *Tensor, dim int64) *Tensor {
	return s.unary("softmax", x, func(c *libtch.Ctensor) {
		libtch.AtgSoftmax(c, x.c, dim, kindAsIs)
	})
}

// LogSoftmax over dimension dim.
func (s *Scope) LogSoftmax(x *Tensor, dim int64) *Tensor {
	return s.unary("log-softmax", x, func(c *libtch.Ctensor) {
		libtch.AtgLogSoftmax(c, x.c, dim, kindAsIs)
	})
}

// LogSumExp over dimension dim, which stays with size 1.
func (s *Scope) LogSumExp(x *Tensor, dim int64) *Tensor {
	return s.unary("log-sum-exp", x, func(c *libtch.Ctensor) {
		libtch.AtgLogsumexp(c, x.c, []int64{dim}, 1, 1)
	})
}

// Sigmoid of every element.
func (s *Scope) Sigmoid(x *Tensor) *Tensor {
	return s.unary("sigmoid", x, func(c *libtch.Ctensor) { libtch.AtgSigmoid(c, x.c) })
}

// Exp of every element.
func (s *Scope) Exp(x *Tensor) *Tensor {
	return s.unary("exp", x, func(c *libtch.Ctensor) { libtch.AtgExp(c, x.c) })
}

// Mean of all elements.
func (s *Scope) Mean(x *Tensor) *Tensor {
	return s.unary("mean", x, func(c *libtch.Ctensor) { libtch.AtgMean(c, x.c, kindAsIs) })
}

// Sum over the given dimensions, which vanish; over all if none is given.
func (s *Scope) Sum(x *Tensor, dims ...int64) *Tensor {
	return s.unary("sum", x, func(c *libtch.Ctensor) {
		if len(dims) == 0 {
			libtch.AtgSum(c, x.c, kindAsIs)
			return
		}
		libtch.AtgSumDimIntlist(c, x.c, dims, len(dims), 0, kindAsIs)
	})
}

// Gather picks, at every place, the element of x along dim that index (int64) names.
func (s *Scope) Gather(x *Tensor, dim int64, index *Tensor) *Tensor {
	if s.stop(index) {
		return nil
	}
	return s.unary("gather", x, func(c *libtch.Ctensor) {
		libtch.AtgGather(c, x.c, dim, index.c, 0)
	})
}

// Int64 converts to int64, as Gather wants its index.
func (s *Scope) Int64(x *Tensor) *Tensor {
	return s.unary("conversion", x, func(c *libtch.Ctensor) { libtch.AtgTotype(c, x.c, kindInt64) })
}

// Narrow is a view of length elements from start along dim.
func (s *Scope) Narrow(x *Tensor, dim, start, length int64) *Tensor {
	return s.unary("narrow", x, func(c *libtch.Ctensor) {
		libtch.AtgNarrow(c, x.c, dim, start, length)
	})
}

// View is x with another shape, sharing its memory.
func (s *Scope) View(x *Tensor, shape ...int64) *Tensor {
	return s.unary("view", x, func(c *libtch.Ctensor) { libtch.AtgView(c, x.c, shape, len(shape)) })
}

// Flatten makes one dimension of dim and all behind it.
func (s *Scope) Flatten(x *Tensor, dim int64) *Tensor {
	return s.unary("flatten", x, func(c *libtch.Ctensor) { libtch.AtgFlatten(c, x.c, dim, -1) })
}

// ReshapeAs is x with the shape of y, row-major.
func (s *Scope) ReshapeAs(x, y *Tensor) *Tensor {
	return s.binary("reshape", x, y, libtch.AtgReshapeAs)
}

// ExpandAs repeats x where its dimensions are 1 and those of y are not, without copying.
func (s *Scope) ExpandAs(x, y *Tensor) *Tensor {
	return s.binary("expand", x, y, libtch.AtgExpandAs)
}

// Transpose is a view with two dimensions exchanged.
func (s *Scope) Transpose(x *Tensor, a, b int64) *Tensor {
	return s.unary("transpose", x, func(c *libtch.Ctensor) { libtch.AtgTranspose(c, x.c, a, b) })
}

// Contiguous is x, or a row-major copy where x is not row-major.
func (s *Scope) Contiguous(x *Tensor) *Tensor {
	return s.unary("contiguous", x, func(c *libtch.Ctensor) { libtch.AtgContiguous(c, x.c) })
}

// Leaf is a view of x's memory at which a gradient graph starts.
func (s *Scope) Leaf(x *Tensor, gradient bool) *Tensor {
	d := s.unary("detach", x, func(c *libtch.Ctensor) { libtch.AtgDetach(c, x.c) })
	leaf := s.unary("leaf", d, func(c *libtch.Ctensor) {
		libtch.AtgSetRequiresGrad(c, d.c, flag(gradient))
	})
	s.Drop(d)
	return leaf
}

// Add is x + y. Add, Sub, Mul and Div work element by element and broadcast.
func (s *Scope) Add(x, y *Tensor) *Tensor { return s.binary("addition", x, y, libtch.AtgAdd) }

// Sub is x − y.
func (s *Scope) Sub(x, y *Tensor) *Tensor { return s.binary("subtraction", x, y, libtch.AtgSub) }

// Mul is x · y.
func (s *Scope) Mul(x, y *Tensor) *Tensor { return s.binary("multiplication", x, y, libtch.AtgMul) }

// Div is x / y.
func (s *Scope) Div(x, y *Tensor) *Tensor { return s.binary("division", x, y, libtch.AtgDiv) }

// MatMul is the product of matrices, one for each element of a batch.
func (s *Scope) MatMul(x, y *Tensor) *Tensor {
	return s.binary("matrix product", x, y, libtch.AtgMatmul)
}

// Pow is x to the power of y.
func (s *Scope) Pow(x, y *Tensor) *Tensor { return s.binary("power", x, y, libtch.AtgPow) }

// Equal is true where x equals y.
func (s *Scope) Equal(x, y *Tensor) *Tensor {
	return s.binary("comparison", x, y, libtch.AtgEqTensor)
}

// Where is x where the condition holds and y elsewhere.
func (s *Scope) Where(condition, x, y *Tensor) *Tensor {
	if s.stop(condition, x, y) {
		return nil
	}
	var c libtch.Ctensor
	libtch.AtgWhereSelf(&c, condition.c, x.c, y.c)
	return s.own("where", c)
}

func (s *Scope) unary(name string, x *Tensor, op func(*libtch.Ctensor)) *Tensor {
	if s.stop(x) {
		return nil
	}
	var c libtch.Ctensor
	op(&c)
	return s.own(name, c)
}

func (s *Scope) binary(name string, x, y *Tensor,
	op func(c *libtch.Ctensor, x, y libtch.Ctensor),
) *Tensor {
	if s.stop(x, y) {
		return nil
	}
	var c libtch.Ctensor
	op(&c, x.c, y.c)
	return s.own(name, c)
}

func pair(v int64) []int64 { return []int64{v, v} }

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
