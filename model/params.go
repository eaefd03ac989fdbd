package model

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"glasswork/model/internal/torch"
)

// param is one named tensor of a network: a weight that trains, or a buffer such as
// a running mean.
type param struct {
	name      string
	shape     []int64
	trainable bool
	start     draw

	offset int // of its first value in store.values
	leaf   *torch.Tensor
}

// draw fills a parameter of the given shape with its first values.
type draw func(values []float32, shape []int64, rng *rand.Rand)

// size is the number of values.
func (p *param) size() int {
	n := 1
	for _, d := range p.shape {
		n *= int(d)
	}
	return n
}

// in is p's part of a set of values that is laid out as store.values.
func (p *param) in(values []float32) []float32 { return values[p.offset : p.offset+p.size()] }

// store holds all values of a network in one tensor, trainable parameters first, so
// that the optimiser, averages and copies of the weights are loops over one slice.
// Every param's leaf is a view into it, or into its copy on a GPU.
type store struct {
	flat   *torch.Tensor
	values []float32 // flat's memory
	// placed is flat on the device that computes; the leaves are views of it. It is flat
	// itself, or a copy that upload and download keep up to date.
	placed    *torch.Tensor
	device    torch.Device
	trainable int // values[:trainable] train
	params    []*param
	weights   []*param // those that train
}

// alignment of every parameter in values, which vector instructions want: 64 bytes.
const alignment = 16

// newStore lays params out and makes their leaves; the values are zero.
func newStore(params []*param, device torch.Device) (*store, error) {
	s := &store{params: params, device: device}
	n := 0
	for _, trainable := range []bool{true, false} {
		for _, p := range params {
			if p.trainable == trainable {
				p.offset = n
				n += (p.size() + alignment - 1) / alignment * alignment
			}
		}
		if trainable {
			s.trainable = n
		}
	}
	scope := torch.NewScope()
	defer scope.Close()
	s.flat = scope.Zeros(int64(n))
	s.placed = s.flat
	if device != torch.CPU {
		far := torch.NewScopeOn(device)
		defer far.Close()
		if s.placed = far.Zeros(int64(n)); far.Err() != nil {
			return nil, far.Err()
		}
		far.Keep(s.placed)
	}
	for _, p := range params {
		if p.trainable {
			s.weights = append(s.weights, p)
		}
		part := scope.View(scope.Narrow(s.placed, 0, int64(p.offset), int64(p.size())), p.shape...)
		p.leaf = scope.Leaf(part, p.trainable)
	}
	if err := scope.Err(); err != nil {
		return nil, err
	}
	var err error
	if s.values, err = s.flat.Floats(); err != nil {
		return nil, err
	}
	scope.Keep(s.flat)
	for _, p := range params {
		scope.Keep(p.leaf)
	}
	return s, nil
}

// close frees the tensors.
func (s *store) close() {
	for _, p := range s.params {
		p.leaf.Drop()
	}
	s.values = nil
	if s.placed != s.flat {
		s.placed.Drop()
	}
	s.flat.Drop()
}

// upload takes the values to the device that computes.
func (s *store) upload(scope *torch.Scope) {
	if s.placed != s.flat {
		scope.Copy(s.placed, s.flat)
	}
}

// download brings back what a pass in training changes: running means and variances.
func (s *store) download(scope *torch.Scope) {
	if n := int64(len(s.values) - s.trainable); s.placed != s.flat && n > 0 {
		scope.Copy(scope.Narrow(s.flat, 0, int64(s.trainable), n),
			scope.Narrow(s.placed, 0, int64(s.trainable), n))
	}
}

// initialise draws first values. Each parameter has a stream of its own, fixed by seed
// and its name, so that adding a layer leaves the others' draws as they were.
func (s *store) initialise(seed uint64) {
	for _, p := range s.params {
		h := fnv.New64a()
		fmt.Fprint(h, p.name)
		p.start(p.in(s.values), p.shape, rand.New(rand.NewPCG(seed, h.Sum64())))
	}
}

// constant fills with v.
func constant(v float32) draw {
	return func(values []float32, _ []int64, _ *rand.Rand) {
		for i := range values {
			values[i] = v
		}
	}
}

// normalFanOut is He's normal initialisation by the number of outputs, as torchvision's
// residual networks have it (He et al. 2015, arXiv:1502.01852).
func normalFanOut(values []float32, shape []int64, rng *rand.Rand) {
	deviation := math.Sqrt(2 / float64(shape[0]*shape[2]*shape[3]))
	for i := range values {
		values[i] = float32(rng.NormFloat64() * deviation)
	}
}

// uniformFanIn is He's uniform initialisation by the number of inputs.
func uniformFanIn(values []float32, shape []int64, rng *rand.Rand) {
	uniform(values, math.Sqrt(6/float64(fanIn(shape))), rng)
}

// xavierUniform is Glorot's uniform initialisation, for layers without rectifier.
func xavierUniform(values []float32, shape []int64, rng *rand.Rand) {
	in, out := fanIn(shape), shape[0]*shape[2]*shape[3]
	uniform(values, math.Sqrt(6/float64(in+out)), rng)
}

func fanIn(shape []int64) int64 { return shape[1] * shape[2] * shape[3] }

func uniform(values []float32, bound float64, rng *rand.Rand) {
	for i := range values {
		values[i] = float32((2*rng.Float64() - 1) * bound)
	}
}
