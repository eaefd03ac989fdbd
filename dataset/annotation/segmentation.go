package annotation

import (
	"context"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// Segmentation is annotation made elsewhere: named segments that may overlap, on a grid
// of their own or as contours, not yet put onto a study's grid.
type Segmentation struct {
	// Path is the file, Format such as "DICOM SEG", "RTSTRUCT", "NIfTI" or "NRRD".
	Path, Format string
	// SeriesUID and FrameUID are the series and the frame of reference it was drawn on;
	// empty where the file does not say.
	SeriesUID, FrameUID string
	Segments            []Segment
	// Warnings are sentences for the user.
	Warnings []string

	Rasteriser
}

// Segment is one structure of a Segmentation, as its file names it.
type Segment struct {
	// Number is its value in the file: segment number, ROI number or label.
	Number int
	// Label is the name that its maker gave it.
	Label string
	// Category and Type say by code what it is (PS3.3 C.8.20.2); zero where the file has none.
	Category, Type classes.Code
	// Voxels and ML are its size on the file's own grid; 0 where that is not known before it
	// is put onto a grid, as with contours.
	Voxels int
	ML     float64
}

// Rasteriser puts segments onto a grid.
type Rasteriser interface {
	// Rasterise sets mask ([z,y,x] of grid) to 1 where Segments[i] lies, by position in
	// LPS mm, and leaves the rest alone. warnings say what was lost, such as resampling
	// or parts outside the grid.
	Rasterise(ctx context.Context, i int, grid volume.Geometry, mask []uint8) (warnings []string,
		err error)
}
