// Package seg reads and writes DICOM segmentations (PS3.3 A.51): binary, fractional and label map.
// It returns what it reads as an annotation.Segmentation, which is put onto a study's grid by
// position. What it writes says who and what made every segment.
package seg

import (
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

// The storage classes of segmentations.
const (
	classSegmentation = "1.2.840.10008.5.1.4.1.1.66.4"
	classLabelMap     = "1.2.840.10008.5.1.4.1.1.66.7"
)

// Format is the value of Segmentation.Format.
const Format = "DICOM SEG"

// Is reports whether an object is a segmentation. It uses the elements of Tags.
func Is(o object.Set) bool {
	class := o.Text(tag.SOPClassUID)
	return class == classSegmentation || class == classLabelMap ||
		o.Text(tag.Modality) == "SEG" && o.Has(tag.SegmentSequence)
}

// Tags returns the tags of the elements that Is uses.
func Tags() []tag.Tag { return []tag.Tag{tag.SOPClassUID, tag.Modality, tag.SegmentSequence} }
