package job

import (
	"context"
	"fmt"
	"slices"

	"glasswork/dataset/nifti"
	"glasswork/dataset/volume"
	"glasswork/training/anatomy"
)

// Box is a part of a study: voxels [x,y,z] From to To, both included.
type Box struct{ From, To [3]int }

// CheckLungs compares the lungs of predicted labels (all classes but background) with those
// found by density in the study at path: their Dice, and the share of the latter that is
// called a lesion. Parts in sick, if not nil, are not asked to be without lesions.
func CheckLungs(
	ctx context.Context, labelPath, path, id string, sick *Box,
) (dice, lesion float64, err error) {
	labels, err := nifti.ReadLabels(ctx, labelPath)
	if err != nil {
		return 0, 0, err
	}
	s, err := OpenSeries(ctx, path, id)
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	if !labels.SameGrid(s.Geometry) {
		return 0, 0, fmt.Errorf("%s does not lie on the grid of %s", labelPath, path)
	}
	v, err := s.Read(ctx)
	if err != nil {
		return 0, 0, err
	}
	reference := anatomy.ThresholdLungs(v)
	healthy := slices.Clone(reference)
	if sick != nil {
		sick.clear(healthy, v.Geometry)
	}
	dice, lesion = anatomy.LungCheck(reference, healthy, labels.Labels)
	return dice, lesion, nil
}

// clear clears a mask [z,y,x] inside the box.
func (b Box) clear(mask []bool, g volume.Geometry) {
	for i := range mask {
		at := [3]int{i % g.Size[2], i % g.SliceVoxels() / g.Size[2], i / g.SliceVoxels()}
		inside := true
		for axis, v := range at {
			inside = inside && v >= b.From[axis] && v <= b.To[axis]
		}
		if inside {
			mask[i] = false
		}
	}
}
