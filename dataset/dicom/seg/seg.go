// Package seg reads and writes DICOM segmentations (PS3.3 A.51): binary, fractional and
// label map. What it reads it hands on as a annotation.Segmentation, which is put onto a
// study's grid by position; what it writes says who and what made every segment.
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

// Format is what Segmentation.Format is called.
const Format = "DICOM SEG"

// Is says whether an object is a segmentation. It looks at the elements of Tags.
func Is(o object.Set) bool {
	class := o.Text(tag.SOPClassUID)
	return class == classSegmentation || class == classLabelMap ||
		o.Text(tag.Modality) == "SEG" && o.Has(tag.SegmentSequence)
}

// Tags are those of the elements that Is looks at.
func Tags() []tag.Tag { return []tag.Tag{tag.SOPClassUID, tag.Modality, tag.SegmentSequence} }
