// Package pane is the reading pane: the CT with its overlays, and the strip under it.
// Its widgets draw what a Reading tells and hand it what the pointer does; they keep
// no state of the study themselves. Everything runs on the window's goroutine.
package pane

import (
	"image"
	"image/color"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// Reading is the study being read, as the View needs it. Slices are [y,x], positions on
// a slice are voxel coordinates.
type Reading interface {
	// Grid is the open study's; ok is false if none is open.
	Grid() (g volume.Geometry, ok bool)
	// Slice is the slice looked at.
	Slice() int
	// GoTo looks at slice z, or the nearest there is.
	GoTo(z int)
	// Voxels returns a slice's HU, nil while it is not loaded, and its labels, nil if
	// there are none. Both are read before the next event only.
	Voxels(z int) (hu []int16, labels []uint8)
	Window() viewer.WindowLevel
	SetWindow(viewer.WindowLevel)
	Style() viewer.Style
	// Hand is what the left button does with the tool in hand, and how the pointer looks.
	Hand() viewer.Hand
	// Brush says what the left button would do with the brush or the lasso.
	Brush() (tip viewer.Tip, class classes.Class, erase bool)
	SetTip(viewer.Tip)

	// Press begins a stroke, Drag goes on with it, both returning the voxels that changed;
	// Release ends it. erase turns painting into erasing for this stroke.
	Press(x, y float64, erase bool) image.Rectangle
	Drag(x, y float64) image.Rectangle
	Release()
	// Enclose paints or erases inside a closed line.
	Enclose(line []viewer.Point, erase bool)
	// Point tells the voxel under the pointer; ok is false beside the slice.
	Point(x, y int, ok bool)
	// Captions are the texts over the picture's top corners: the series, and who proposed
	// what is shown.
	Captions() (series, proposer string)
	// PositionText is where the slice lies, such as "slice 31 / 64   −212.5 mm".
	PositionText() string
	// Measurable reports whether millimetres can be trusted; if not, none are shown.
	Measurable() bool
}

// Look is the pane's colours and text size, which the window's theme decides.
type Look struct {
	Ground  color.Color // behind the strip's bars
	Text    color.Color // letters and captions
	Quiet   color.Color // what is there but not asked for
	Current color.Color // the current slice
	Size    float32     // of captions
}
