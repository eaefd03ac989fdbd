// Package seg reads and writes DICOM segmentations (PS3.3 A.51): binary, fractional and
// label map. What it reads it hands on as a volume.Segmentation, which is put onto a
// study's grid by position; what it writes says who and what made every segment.
package seg

import (
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

// The storage classes of segmentations.
const (
	ClassSegmentation = "1.2.840.10008.5.1.4.1.1.66.4"
	ClassLabelMap     = "1.2.840.10008.5.1.4.1.1.66.7"
)

// Format is what Segmentation.Format is called.
const Format = "DICOM SEG"

// IsClass says whether a SOP Class UID is that of a segmentation.
func IsClass(uid string) bool { return uid == ClassSegmentation || uid == ClassLabelMap }

// Is says whether an object is a segmentation.
func Is(o *object.Object) bool {
	return IsClass(o.Text(tag.SOPClassUID)) || o.Text(tag.Modality) == "SEG" && o.Has(tag.SegmentSequence)
}

// IsSEG says whether a file is a DICOM segmentation.
func IsSEG(path string) bool {
	o, err := object.Read(path)
	return err == nil && Is(o)
}
