package sampling

import (
	"context"
	"fmt"
	"math/rand/v2"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/augment"
	"glasswork/training/input"
	"glasswork/training/network"
)

// UsualAugment is how samples of e are varied by default. level says that the network sees
// pictures levelled.
func UsualAugment(e example.Example, level bool) augment.Chain {
	switch {
	case !e.IsPicture():
		return augment.CT()
	case level:
		return augment.Levelled()
	}
	return augment.Picture()
}

// fill writes one sample of e, varied by chain: x and y are [size,size]. A nil chain is the
// usual one. The same rng state gives the same sample.
func fill(x []float32, y []uint8, e example.Example, spec network.Spec, chain augment.Chain,
	rng *rand.Rand,
) {
	if chain == nil {
		chain = UsualAugment(e, spec.Level)
	}
	s := input.Slice{HU: e.HU, Scaled: e.Scaled, W: e.W, H: e.H, Whole: e.IsPicture()}
	f, _ := s.Frame(spec.Size)
	f.FillVaried(x, y, s, e.Labels, spec, chain.Draw(rng, spec.Size))
}

// Vary draws n samples of e as training would: slices of size × size in HU, as the
// network sees them through network.DefaultWindow, with their labels. A nil chain is the usual
// one. The same seed gives the same samples. Ignored pixels become background.
func Vary(e example.Example, chain augment.Chain, size int, seed uint64,
	n int,
) ([]example.Example, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	spec := network.Spec{Size: size, Window: network.DefaultWindow}
	rng := rand.New(rand.NewPCG(seed, 0x9a55))
	x := make([]float32, size*size)
	all := make([]example.Example, n)
	for i := range all {
		v := e
		v.W, v.H, v.Scaled, v.Spacing = size, size, nil, [2]float64{}
		v.HU, v.Labels = make([]int16, size*size), make([]uint8, size*size)
		fill(x, v.Labels, e, spec, chain, rand.New(rand.NewPCG(rng.Uint64(), 0)))
		for k, value := range x {
			v.HU[k] = int16(float64(value)*network.DefaultWindow.Width +
				network.DefaultWindow.Center - network.DefaultWindow.Width/2)
			if v.Labels[k] == classes.Ignored {
				v.Labels[k] = classes.Background
			}
		}
		all[i] = v
	}
	return all, nil
}

// lesionSearch is the number of slices in which MostLesion looks.
const lesionSearch = 48

// MostLesion is the one of the first few examples that has the most pixels of lesions: it shows
// well what an augmentation does.
func MostLesion(ctx context.Context, examples example.Set) (example.Example, error) {
	var best example.Example
	most := -1
	for i := range min(examples.Len(), lesionSearch) {
		e, err := examples.At(ctx, i)
		if err != nil {
			return e, err
		}
		n := 0
		for _, c := range e.Labels {
			if classes.IsLesion(c) {
				n++
			}
		}
		if n > most {
			best, most = e, n
		}
	}
	if most < 0 {
		return best, fmt.Errorf("the dataset holds no slice")
	}
	return best, nil
}
