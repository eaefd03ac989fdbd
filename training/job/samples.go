package job

import (
	"cmp"
	"context"
	"slices"

	"glasswork/training/network"
	"glasswork/training/protocol"
)

// maxSamples is how many slices the comparison sheet shows.
const maxSamples = 3

// samples picks the held-out slices on which the two predictions ([y,x] each, in the
// order of the examples) differ most.
func samples(ctx context.Context, pl *plan, current, next [][]uint8) ([]protocol.Sample, error) {
	type ranked struct{ index, differing int }
	ranks := make([]ranked, len(current))
	for i := range current {
		ranks[i] = ranked{i, differing(current[i], next[i])}
	}
	slices.SortStableFunc(ranks, func(a, b ranked) int {
		return cmp.Compare(b.differing, a.differing)
	})
	var all []protocol.Sample
	for _, r := range ranks[:min(maxSamples, len(ranks))] {
		e, err := pl.holdout.At(ctx, r.index)
		if err != nil {
			return nil, err
		}
		s := protocol.Sample{
			Study: e.Case, Alias: e.Case, Z: e.Z, Width: e.W, Height: e.H, Grey: grey(e.HU),
			Reference: e.Labels, Current: current[r.index], New: next[r.index],
			Differing: r.differing,
		}
		if known, ok := pl.studies[e.Case]; ok && !pl.synthetic {
			s.Study = known.ID
		}
		all = append(all, s)
	}
	return all, nil
}

func differing(a, b []uint8) int {
	n := 0
	for i, v := range a {
		if v != b[i] {
			n++
		}
	}
	return n
}

// grey shows HU in the default window.
func grey(hu []int16) []byte {
	low, gain := network.DefaultWindow.Center-network.DefaultWindow.Width/2,
		255/network.DefaultWindow.Width
	out := make([]byte, len(hu))
	for i, v := range hu {
		out[i] = byte(min(max((float64(v)-low)*gain, 0), 255))
	}
	return out
}
