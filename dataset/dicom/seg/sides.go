package seg

import (
	"math"

	"glasswork/dataset/volume"
)

const (
	leastLung  = 0.2  // of all lung voxels: what each of the two largest pieces must hold
	bothLungs  = 0.95 // what the two must hold together
	apartMM    = 60   // how far their centres must be apart from right to left
	wrongSide  = 0.05 // of a piece that may lie across the middle between the centres
	largestRun = math.MaxInt32
)

// sides says for every voxel of the lungs (all classes but background) on which side it
// lies, [z,y,x]. ok is false unless the lungs are two large separate pieces, one clearly on each
// side of the patient; smaller pieces belong to the side on which most of them lies.
func sides(l *volume.LabelMap) (of []side, ok bool) {
	if l.Voxels() > largestRun {
		return nil, false
	}
	pieces, piece := components(l)
	first, second := twoLargest(pieces)
	total := 0
	for _, p := range pieces {
		total += p.voxels
	}
	if second < 0 || float64(pieces[second].voxels) < leastLung*float64(total) ||
		float64(pieces[first].voxels+pieces[second].voxels) < bothLungs*float64(total) {
		return nil, false
	}
	a, b := pieces[first].x(), pieces[second].x()
	if math.Abs(a-b) < apartMM {
		return nil, false
	}
	middle := (a + b) / 2
	leftOf := make([]int, len(pieces)) // voxels to the patient's left of the middle
	eachVoxel(l, func(i int, x float64) {
		if x > middle {
			leftOf[piece[i]-1]++
		}
	})
	share := func(k int) float64 { return float64(leftOf[k]) / float64(pieces[k].voxels) }
	low, high := min(share(first), share(second)), max(share(first), share(second))
	if low > wrongSide || high < 1-wrongSide {
		return nil, false
	}
	of = make([]side, len(l.Labels))
	for i, k := range piece {
		switch {
		case k == 0:
		case share(int(k)-1) > 0.5:
			of[i] = left
		default:
			of[i] = right
		}
	}
	return of, true
}

// piece is a connected part of the lungs.
type piece struct {
	voxels int
	sum    float64 // of x in LPS mm
}

func (p piece) x() float64 { return p.sum / float64(p.voxels) }

// components numbers the 6-connected pieces of the lungs from 1.
func components(l *volume.LabelMap) (pieces []piece, of []int32) {
	of = make([]int32, len(l.Labels))
	var stack []int32
	h, w, n := l.Size[1], l.Size[2], l.SliceVoxels()
	for start := range l.Labels {
		if l.Labels[start] == volume.Background || of[start] != 0 {
			continue
		}
		number := int32(len(pieces) + 1)
		pieces = append(pieces, piece{})
		push := func(i int) {
			if of[i] == 0 && l.Labels[i] != volume.Background {
				of[i] = number
				stack = append(stack, int32(i))
			}
		}
		for push(start); len(stack) > 0; {
			i := int(stack[len(stack)-1])
			stack = stack[:len(stack)-1]
			z, y, x := i/n, i/w%h, i%w
			p := &pieces[number-1]
			p.voxels++
			p.sum += l.ToMM(float64(z), float64(y), float64(x))[0]
			if x > 0 {
				push(i - 1)
			}
			if x+1 < w {
				push(i + 1)
			}
			if y > 0 {
				push(i - w)
			}
			if y+1 < h {
				push(i + w)
			}
			if z > 0 {
				push(i - n)
			}
			if z+1 < l.Size[0] {
				push(i + n)
			}
		}
	}
	return pieces, of
}

// eachVoxel calls f for every lung voxel with its x in LPS mm.
func eachVoxel(l *volume.LabelMap, f func(i int, x float64)) {
	for i, c := range l.Labels {
		if c != volume.Background {
			f(i, l.ToMM(float64(i/l.SliceVoxels()), float64(i/l.Size[2]%l.Size[1]), float64(i%l.Size[2]))[0])
		}
	}
}

// twoLargest returns the indices of the two largest pieces, -1 for one that is not there.
func twoLargest(pieces []piece) (first, second int) {
	first, second = -1, -1
	for i, p := range pieces {
		switch {
		case first < 0 || p.voxels > pieces[first].voxels:
			first, second = i, first
		case second < 0 || p.voxels > pieces[second].voxels:
			second = i
		}
	}
	return first, second
}
