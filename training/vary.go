package training

import (
	"context"
	"fmt"
	"math/rand/v2"

	"glasswork/dataset"
	"glasswork/dataset/volume"
	"glasswork/training/augment"
)

// Vary draws n samples of e as training would: slices of size × size in HU, as the
// network sees them through DefaultWindow, with their labels. A nil chain is the usual
// one. The same seed gives the same samples. Ignored pixels become background.
func Vary(e dataset.Example, chain augment.Chain, size int, seed uint64, n int) ([]dataset.Example, error) {
	if err := checkExample(e); err != nil {
		return nil, err
	}
	spec := Spec{Size: size, Window: DefaultWindow}
	rng := rand.New(rand.NewPCG(seed, 0x9a55))
	x := make([]float32, size*size)
	all := make([]dataset.Example, n)
	for i := range all {
		v := e
		v.W, v.H, v.Scaled, v.Spacing = size, size, nil, [2]float64{}
		v.HU, v.Labels = make([]int16, size*size), make([]uint8, size*size)
		fillSample(x, v.Labels, e, spec, chain, rand.New(rand.NewPCG(rng.Uint64(), 0)))
		for k, value := range x {
			v.HU[k] = int16(float64(value)*DefaultWindow.Width + DefaultWindow.Center - DefaultWindow.Width/2)
			if v.Labels[k] == volume.Ignored {
				v.Labels[k] = volume.Background
			}
		}
		all[i] = v
	}
	return all, nil
}

// lesionSearch is the number of slices in which MostLesion looks.
const lesionSearch = 48

// MostLesion is the example, of the first few, with the most pixels of lesions: one in
// which it can be seen what an augmentation does.
func MostLesion(ctx context.Context, examples dataset.Examples) (dataset.Example, error) {
	var best dataset.Example
	most := -1
	for i := range min(examples.Len(), lesionSearch) {
		e, err := examples.At(ctx, i)
		if err != nil {
			return e, err
		}
		n := 0
		for _, c := range e.Labels {
			if isLesion(c) {
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
