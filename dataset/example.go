package dataset

import (
	"context"

	"glasswork/dataset/volume"
)

// Example is one labelled axial slice; HU and Labels are [y,x]. They may be shared
// between callers: do not change them.
type Example struct {
	Case, Patient string
	Z, W, H       int
	HU            []int16
	Labels        []uint8
	// Known are the classes that were annotated; the others are merged into background.
	Known [volume.NumClasses]bool
	// Spacing is in mm [y,x], 0 where unknown.
	Spacing [2]float64
	// Reference says where the labels come from.
	Reference string
}

// Examples is a labelled dataset, slice by slice.
type Examples interface {
	Len() int
	// At reads example i. It is safe for concurrent use.
	At(ctx context.Context, i int) (Example, error)
	// Key says whose slice example i is, without reading it.
	Key(i int) (patient, caseID string, z int)
}
