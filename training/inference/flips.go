package inference

import (
	"context"
	"fmt"
	"slices"

	"glasswork/training/network"
)

// Flips says over which mirror images of a slice the probabilities are averaged.
type Flips string

// The values of Flips. A network must have been trained with the same flips.
const (
	NoFlips   Flips = ""
	LeftRight Flips = "h"
	// AllFlips are left–right, top–bottom and both.
	AllFlips Flips = "hv"
)

// Validate refuses other values.
func (f Flips) Validate() error {
	if f != NoFlips && f != LeftRight && f != AllFlips {
		return fmt.Errorf("test-time flips are h or hv, not %q", string(f))
	}
	return nil
}

// flipped holds the memory for mirror images.
type flipped struct{ x, probs []float32 }

// average adds the probabilities of x's mirror images, [n,1,size,size], to probs,
// [n,c,size,size], and divides by their number.
func (m *flipped) average(ctx context.Context, l network.Learner, flips Flips, x []float32,
	size int, probs []float32,
) error {
	if flips == NoFlips {
		return nil
	}
	axes := [][2]bool{{true, false}} // left–right, top–bottom
	if flips == AllFlips {
		axes = [][2]bool{{true, false}, {false, true}, {true, true}}
	}
	m.x, m.probs = append(m.x[:0], x...), slices.Grow(m.probs[:0], len(probs))[:len(probs)]
	for _, a := range axes {
		copy(m.x, x)
		mirror(m.x, size, a[0], a[1])
		if err := l.Predict(ctx, m.x, len(x)/(size*size), size, size, m.probs); err != nil {
			return err
		}
		mirror(m.probs, size, a[0], a[1])
		for i, p := range m.probs {
			probs[i] += p
		}
	}
	for i := range probs {
		probs[i] /= float32(1 + len(axes))
	}
	return nil
}

// mirror flips every [size,size] part of planes in place.
func mirror(planes []float32, size int, leftRight, topBottom bool) {
	for plane := range slices.Chunk(planes, size*size) {
		if leftRight && topBottom { // half a turn
			slices.Reverse(plane)
			continue
		}
		for v := range size {
			row := plane[v*size : (v+1)*size]
			switch opposite := size - 1 - v; {
			case leftRight:
				slices.Reverse(row)
			case topBottom && v < opposite:
				for u, other := range plane[opposite*size : (opposite+1)*size] {
					plane[opposite*size+u], row[u] = row[u], other
				}
			}
		}
	}
}
