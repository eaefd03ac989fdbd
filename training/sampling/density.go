package sampling

import (
	"context"
	"image"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/input"
)

// Readers find the same lesions but often name them differently, especially in pictures, each
// of which has its own window. Density names them consistently. It is averaged over a few
// pixels so that noise and vessels do not decide.
const (
	// densityBorder in HU separates ground glass from consolidation. This value agrees best
	// with the names in the 50 pictures of medseg-2d/train (docs/experiments.md).
	densityBorder = -400
	// densityReach is how far the average around a pixel reaches in each direction.
	densityReach = 4
)

// NameByDensity is e with the lesions of pictures named by their density instead of by their
// masks; which pixels are lesion stays. CT, and pictures in which only one of ground glass
// and consolidation was annotated, stay as they are.
func NameByDensity(e example.Set) example.Set { return namedByDensity{e} }

type namedByDensity struct{ example.Set }

func (d namedByDensity) At(ctx context.Context, i int) (example.Example, error) {
	e, err := d.Set.At(ctx, i)
	if err != nil || !e.IsPicture() || e.HU == nil || !e.Known[classes.GroundGlass] ||
		!e.Known[classes.Consolidation] {
		return e, err
	}
	if err := e.Check(); err != nil {
		return e, err
	}
	e.Labels = densityNames(input.Levelled(e.HU), e.Labels, e.W)
	return e, nil
}

// densityNames gives each lesion pixel of labels, [y,x] of w columns, whose kind is told, the
// name that the mean HU of the lesion pixels around it has.
func densityNames(hu []int16, labels []uint8, w int) []uint8 {
	sum := lesionSums(hu, labels, w)
	out := append([]uint8(nil), labels...)
	within := image.Rect(0, 0, w, len(labels)/w)
	for i, class := range labels {
		if !classes.IsLesion(class) || class == classes.Lesion {
			continue
		}
		at := image.Pt(i%w, i/w)
		near := image.Rectangle{at, at.Add(image.Pt(1, 1))}.Inset(-densityReach).Intersect(within)
		if total, n := sum.over(near); total > densityBorder*n {
			out[i] = classes.Consolidation
		} else {
			out[i] = classes.GroundGlass
		}
	}
	return out
}

// sums are HU and number of the lesion pixels above and to the left of each corner of a
// pixel, (w+1) corners a row (Crow 1984).
type sums struct {
	hu, n []int
	w     int
}

func lesionSums(hu []int16, labels []uint8, w int) sums {
	h := len(labels) / w
	s := sums{make([]int, (w+1)*(h+1)), make([]int, (w+1)*(h+1)), w + 1}
	for y := range h {
		total, n := 0, 0
		for x := range w {
			if i := y*w + x; classes.IsLesion(labels[i]) {
				total, n = total+int(hu[i]), n+1
			}
			above, corner := y*s.w+x+1, (y+1)*s.w+x+1
			s.hu[corner], s.n[corner] = s.hu[above]+total, s.n[above]+n
		}
	}
	return s
}

// over is the sum of HU over the lesion pixels in r, and their number.
func (s sums) over(r image.Rectangle) (hu, n int) {
	a, b := r.Min.Y*s.w+r.Min.X, r.Min.Y*s.w+r.Max.X
	c, d := r.Max.Y*s.w+r.Min.X, r.Max.Y*s.w+r.Max.X
	return s.hu[d] - s.hu[c] - s.hu[b] + s.hu[a], s.n[d] - s.n[c] - s.n[b] + s.n[a]
}
