// Package measure computes the measurements of a report on a segmented chest CT, class by class,
// and writes them as a table. It knows volumes and labels, but no window and no DICOM.
package measure

import (
	"context"
	"math"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// Study is what was measured, and how far it can be trusted.
type Study struct {
	// Name is the study's alias, never a patient's name.
	Name string
	// Measurable is false where mm and ml cannot be trusted. Calibrated is false where grey values
	// are not HU.
	Measurable, Calibrated bool
	// Slices is the number of slices. Reviewed is how many of them a person has looked at.
	Slices, Reviewed int
	// Regions holds the classes in their order, unspecified lesions only if there are any, then
	// all lesions together, and last the whole lung.
	Regions []Region
}

// Region is one class of one study, all its lesions, or the whole lung.
type Region struct {
	// Class is what was measured. AllLesions says that lesions of every kind were measured
	// together. WholeLung says that these and other lung were measured together.
	Class                 classes.Class
	AllLesions, WholeLung bool
	Voxels                int
	// ML is the region's volume. Percent is its share of the whole lung, NaN if there is no lung.
	ML, Percent float64
	// Mean, SD (of the population), Min and Max are over the region's voxels, in HU. Min and Max
	// are whole numbers. All are NaN if there are no voxels.
	Mean, SD, Min, Max float64
}

// Name returns the name of the region.
func (r Region) Name() string {
	switch {
	case r.WholeLung:
		return "lung"
	case r.Class == classes.LungsOther:
		return "normal lung"
	case r.AllLesions:
		return "lesions"
	}
	return classes.Name(r.Class)
}

// Of measures labels on the volume that they belong to. The whole lung is lesions of every kind and
// other lung together.
func Of(ctx context.Context, v *volume.Volume, l *volume.LabelMap) ([]Region, error) {
	var sums [classes.Labels]sum
	for z := range l.Size[0] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hu := v.Slice(z)
		for i, c := range l.Slice(z) {
			if c != classes.Background && int(c) < classes.Labels {
				sums[c].add(int64(hu[i]))
			}
		}
	}
	var lesions, lung sum
	for c, s := range sums {
		lung.merge(s)
		if classes.IsLesion(classes.Class(c)) {
			lesions.merge(s)
		}
	}
	ml := l.VoxelML()
	var all []Region
	for c := classes.Background + 1; c < classes.Labels; c++ {
		if c != classes.Lesion || sums[c].n > 0 {
			all = append(all, sums[c].region(Region{Class: c}, ml, lung.n))
		}
	}
	return append(all,
		lesions.region(Region{Class: classes.Lesion, AllLesions: true}, ml, lung.n),
		lung.region(Region{Class: classes.LungsOther, WholeLung: true}, ml, lung.n)), nil
}

// sum adds up HU exactly. The squares of 2^32 voxels of 2^15 HU fit.
type sum struct {
	n, total, squares, low, high int64
}

func (s *sum) add(hu int64) {
	if s.n == 0 {
		s.low, s.high = hu, hu
	}
	s.n++
	s.total += hu
	s.squares += hu * hu
	s.low, s.high = min(s.low, hu), max(s.high, hu)
}

func (s *sum) merge(o sum) {
	switch {
	case o.n == 0:
		return
	case s.n == 0:
		*s = o
		return
	}
	*s = sum{
		s.n + o.n, s.total + o.total, s.squares + o.squares, min(s.low, o.low),
		max(s.high, o.high),
	}
}

// region fills in r. ml is the volume of a voxel, lung the number of voxels of the whole lung.
func (s sum) region(r Region, ml float64, lung int64) Region {
	r.Voxels, r.ML = int(s.n), float64(s.n)*ml
	r.Percent = 100 * float64(s.n) / float64(lung)
	r.Mean, r.SD, r.Min, r.Max = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if s.n > 0 {
		n := float64(s.n)
		r.Mean, r.Min, r.Max = float64(s.total)/n, float64(s.low), float64(s.high)
		r.SD = math.Sqrt(max(0, float64(s.squares)/n-r.Mean*r.Mean))
	}
	return r
}
