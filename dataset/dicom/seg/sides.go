package seg

import (
	"math"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

const (
	leastLung = 0.2  // of all lung voxels: the least that each of the two largest pieces must hold
	bothLungs = 0.95 // the least that both must hold together
	apartMM   = 60   // the least distance between their centres from right to left
	wrongSide = 0.05 // of a piece: the most that may lie beyond the middle between the centres
)

// run is a run of neighbouring lung voxels (all classes except background) in one row, from x0 to
// x1, exclusive.
type run struct {
	z, y, x0, x1 int32
	side         side
}

// voxels returns how many voxels of the label map the run has.
func (r run) voxels() int { return int(r.x1 - r.x0) }

// sides returns the voxels of the lungs as runs, each with its side. ok is false unless the lungs
// are two large separate pieces, clearly one on each side of the patient. Smaller pieces belong to
// the side on which most of their voxels lie.
func sides(l *volume.LabelMap) (runs []run, ok bool) {
	runs, rows := runsOf(l)
	of, pieces := connect(runs, rows, l.Size[1])
	for i, r := range runs {
		p := &pieces[of[i]]
		p.voxels += r.voxels()
		p.sum += float64(r.voxels()) * l.ToMM(float64(r.z), float64(r.y), float64(r.x0+r.x1-1)/2)[0]
	}
	first, second := twoLargest(pieces)
	if second < 0 || !areLungs(pieces, first, second) {
		return nil, false
	}
	middle := (pieces[first].x() + pieces[second].x()) / 2
	for i, r := range runs {
		for x := r.x0; x < r.x1; x++ {
			if l.ToMM(float64(r.z), float64(r.y), float64(x))[0] > middle {
				pieces[of[i]].left++
			}
		}
	}
	a, b := pieces[first].leftShare(), pieces[second].leftShare()
	if min(a, b) > wrongSide || max(a, b) < 1-wrongSide {
		return nil, false
	}
	for i := range runs {
		runs[i].side = right
		if pieces[of[i]].leftShare() > 0.5 {
			runs[i].side = left
		}
	}
	return runs, true
}

// areLungs reports whether the two largest pieces can be the two lungs.
func areLungs(pieces []piece, first, second int) bool {
	all := 0
	for _, p := range pieces {
		all += p.voxels
	}
	total := float64(all)
	return float64(pieces[second].voxels) >= leastLung*total &&
		float64(pieces[first].voxels+pieces[second].voxels) >= bothLungs*total &&
		math.Abs(pieces[first].x()-pieces[second].x()) >= apartMM
}

// piece is a connected part of the lungs.
type piece struct {
	voxels int
	sum    float64 // of x in LPS mm
	left   int     // voxels to the patient's left of the middle
}

func (p piece) x() float64 { return p.sum / float64(p.voxels) }

func (p piece) leftShare() float64 { return float64(p.left) / float64(p.voxels) }

// runsOf lists the runs of the lungs row by row. Those of row r = z·height + y are
// runs[rows[r]:rows[r+1]].
func runsOf(l *volume.LabelMap) (runs []run, rows []int) {
	w := l.Size[2]
	rows = append(rows, 0)
	for r := range l.Size[0] * l.Size[1] {
		row := l.Labels[r*w : (r+1)*w]
		for x := 0; x < w; x++ {
			if row[x] == classes.Background {
				continue
			}
			from := x
			for x < w && row[x] != classes.Background {
				x++
			}
			runs = append(runs, run{
				z: int32(r / l.Size[1]), y: int32(r % l.Size[1]), x0: int32(from), x1: int32(x),
			})
		}
		rows = append(rows, len(runs))
	}
	return runs, rows
}

// connect finds the 6-connected pieces of runs in slices of h rows. of says which piece each run
// belongs to.
func connect(runs []run, rows []int, h int) (of []int, pieces []piece) {
	parent := make([]int, len(runs))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	join := func(a, b int) { // joins all runs of two rows that touch
		for i, j := rows[a], rows[b]; i < rows[a+1] && j < rows[b+1]; {
			if runs[i].x0 < runs[j].x1 && runs[j].x0 < runs[i].x1 {
				parent[root(i)] = root(j)
			}
			if runs[i].x1 < runs[j].x1 {
				i++
			} else {
				j++
			}
		}
	}
	for r := range len(rows) - 1 {
		if r%h > 0 {
			join(r, r-1)
		}
		if r >= h {
			join(r, r-h)
		}
	}
	of = make([]int, len(runs))
	number := map[int]int{}
	for i := range runs {
		top := root(i)
		n, known := number[top]
		if !known {
			n = len(pieces)
			number[top] = n
			pieces = append(pieces, piece{})
		}
		of[i] = n
	}
	return of, pieces
}

// twoLargest returns the indices of the two largest pieces, or -1 for a piece that does not exist.
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
