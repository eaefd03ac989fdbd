// Package example reads labelled datasets slice by slice, for training and scoring. It knows
// folders of pictures, nnU-Net's raw folders, the Kaggle arrays, masks of infection or of lungs
// alone, series with a table of findings, and phantoms made on demand.
package example

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset/classes"
	"glasswork/dataset/internal/osfile"
)

// Example is one labelled axial slice. HU and Labels are [y,x]. They may be shared between
// callers: do not change them.
type Example struct {
	Case, Patient string
	Z, W, H       int
	HU            []int16
	// Labels are classes, classes.Lesion, or classes.Ignored where nothing is known.
	Labels []uint8
	// Known says what was annotated. What was not is not background.
	Known classes.Known
	// Spacing is in mm [y,x], 0 where unknown.
	Spacing [2]float64
	// Reference says where the labels come from.
	Reference string
	// Scaled, if not nil, replaces HU: it is the whole slice as the network sees it, [y,x], 0 to
	// 1.
	Scaled []float32
}

// IsPicture reports whether the slice is a picture without HU and without pixel sizes. Nothing
// is cut away from pictures.
func (e Example) IsPicture() bool { return e.Spacing == [2]float64{} }

// Check reports arrays that do not fit the slice's size.
func (e Example) Check() error {
	values := max(len(e.HU), len(e.Scaled))
	if n := e.W * e.H; n <= 0 || values != n || len(e.Labels) != n {
		return fmt.Errorf("slice %d of %s: %d × %d pixels with %d values and %d labels",
			e.Z+1, e.Case, e.W, e.H, values, len(e.Labels))
	}
	return nil
}

// Set is a labelled dataset, slice by slice.
type Set interface {
	Len() int
	// At reads example i. It is safe for concurrent use.
	At(ctx context.Context, i int) (Example, error)
	// Key returns the patient, case and slice of example i without reading it.
	Key(i int) (patient, caseID string, z int)
}

// Open opens a labelled dataset: a folder with images/ and masks/ (or Imgs/ and
// GT/) pictures, an nnU-Net raw folder, a folder with the Kaggle arrays, pictures with masks of
// infection, or of lungs alone, series with a table that says which slices show an infection, or
// "phantom:N[@seed]", N generated slices of many phantoms. err is one sentence.
func Open(ctx context.Context, path string) (Set, error) {
	if rest, ok := strings.CutPrefix(path, "phantom:"); ok {
		return openPhantoms(rest)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the dataset %s cannot be opened: %w", path, osfile.Reason(err))
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; a dataset is a folder with images and masks, an "+
			"nnU-Net folder or the Kaggle arrays", path)
	}
	var examples Set
	switch {
	case exists(path, "imagesTr") && exists(path, "labelsTr"):
		examples, err = openNNUNet(ctx, path)
	case onlyNNUNet(path) != "":
		examples, err = openNNUNet(ctx, onlyNNUNet(path))
	case len(arrayPairs(path)) > 0:
		examples, err = openKaggle(ctx, path)
	case isInfection(path):
		examples, err = openInfection(path)
	case len(findingTables(path)) > 0:
		examples, err = openFindings(ctx, path)
	default:
		examples, err = openPicturePairs(ctx, path)
	}
	if err != nil {
		return nil, fmt.Errorf("the dataset %s cannot be opened: %w", path, err)
	}
	if examples.Len() == 0 {
		return nil, fmt.Errorf("the dataset %s holds no labelled slice", path)
	}
	return examples, nil
}

// onlyNNUNet is the dataset in a folder that holds exactly one, as nnU-Net names it and
// Export writes it; otherwise "".
func onlyNNUNet(path string) string {
	found, err := filepath.Glob(filepath.Join(path, "Dataset[0-9][0-9][0-9]_*", "labelsTr"))
	if err != nil || len(found) != 1 {
		return ""
	}
	return filepath.Dir(found[0])
}

func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}
