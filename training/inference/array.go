package inference

import (
	"context"
	"fmt"

	"glasswork/dataset/npy"
	"glasswork/training/network"
)

// Array is a network's input from a file, [n,c,h,w].
type Array struct {
	Path  string
	X     []float32
	Shape [4]int
}

// ReadArray reads an NPY file.
func ReadArray(path string) (Array, error) {
	file, err := npy.Open(path)
	if err != nil {
		return Array{}, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if len(file.Shape) != 4 {
		return Array{}, fmt.Errorf("%s has the shape %v; an array [n,c,h,w] is needed",
			path, file.Shape)
	}
	x, err := file.Floats()
	if err != nil {
		return Array{}, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return Array{path, x, [4]int(file.Shape)}, nil
}

// logits is what networks offer that can say what stands before the softmax.
type logits interface {
	Logits(ctx context.Context, x []float32, n, h, w int, logits []float32) error
}

// Logits runs a network on the array and returns its logits, [n,classes,h,w].
func (a Array) Logits(
	ctx context.Context, l network.Learner, info network.Info,
) (out []float32, shape [4]int, err error) {
	shape = a.Shape
	if info.InChannels != shape[1] {
		return nil, shape, fmt.Errorf("%s has %d channels, the network sees %d",
			a.Path, shape[1], info.InChannels)
	}
	net, ok := l.(logits)
	if !ok {
		return nil, shape, fmt.Errorf("%s gives no logits", info.Name)
	}
	shape[1] = info.Spec.Classes
	out = make([]float32, shape[0]*shape[1]*shape[2]*shape[3])
	return out, shape, net.Logits(ctx, a.X, shape[0], shape[2], shape[3], out)
}
