package dataset

import (
	"context"

	"glasswork/dataset/dicom"
	"glasswork/dataset/volume"
)

// DICOMInfo is what written DICOM files say besides voxels and geometry.
type DICOMInfo = dicom.Info

// WriteDICOM writes v into dir as one CT Image Storage file a slice, explicit little
// endian. Open gives back the same HU and geometry.
func WriteDICOM(dir string, v *volume.Volume, info DICOMInfo) error {
	return dicom.Write(context.Background(), dir, v, info)
}
