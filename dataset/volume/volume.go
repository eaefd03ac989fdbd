// Package volume holds the voxel types every other room shares: the CT volume,
// the label map, their geometry and the patch that changes labels. It knows no
// file format, no window and no network.
//
// Voxel arrays are [z,y,x], x fastest. Points in space are LPS millimetres
// (x to the patient's left, y to posterior, z to the head), as in DICOM.
package volume

import (
	"fmt"

	"glasswork/dataset/classes"
)

// Volume is a CT volume: HU is [z,y,x], one int16 a voxel in Hounsfield units.
type Volume struct {
	Geometry
	HU []int16
}

// LabelMap is a segmentation: Labels is [z,y,x], one byte a voxel, values are classes.
type LabelMap struct {
	Geometry
	Labels []uint8
}

// New returns a volume of g's size, filled with 0 HU.
func New(g Geometry) *Volume { return &Volume{Geometry: g, HU: make([]int16, g.Voxels())} }

// NewLabelMap returns a label map of g's size, all background.
func NewLabelMap(g Geometry) *LabelMap {
	return &LabelMap{Geometry: g, Labels: make([]uint8, g.Voxels())}
}

// Slice returns the axial slice z as [y,x], sharing the volume's memory.
func (v *Volume) Slice(z int) []int16 {
	n := v.SliceVoxels()
	return v.HU[z*n : (z+1)*n : (z+1)*n]
}

// Slice returns the axial slice z as [y,x], sharing the label map's memory.
func (l *LabelMap) Slice(z int) []uint8 {
	n := l.SliceVoxels()
	return l.Labels[z*n : (z+1)*n : (z+1)*n]
}

// Clone returns a copy that shares no memory with l.
func (l *LabelMap) Clone() *LabelMap {
	return &LabelMap{Geometry: l.Geometry, Labels: append([]uint8(nil), l.Labels...)}
}

// Counts returns how many voxels of slice z carry each class. Values that are
// no class are an error of the caller and are counted as background.
func (l *LabelMap) Counts(z int) (n [classes.Labels]int) {
	for _, c := range l.Slice(z) {
		if int(c) >= classes.Labels {
			c = classes.Background
		}
		n[c]++
	}
	return n
}

// Validate reports a label map whose array does not fit its geometry or that
// holds a value that is no class.
func (l *LabelMap) Validate() error {
	if err := l.Geometry.Validate(); err != nil {
		return err
	}
	if len(l.Labels) != l.Voxels() {
		return fmt.Errorf("label map holds %d voxels, its geometry says %d", len(l.Labels),
			l.Voxels())
	}
	for i, c := range l.Labels {
		if int(c) >= classes.Labels {
			return fmt.Errorf("label %d at voxel %d is none of the %d labels", c, i, classes.Labels)
		}
	}
	return nil
}
