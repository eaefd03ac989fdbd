package series

import (
	"context"
	"errors"

	"glasswork/dataset/volume"
)

// Source reads the slices of one series. Its methods are safe for concurrent use.
type Source interface {
	// ReadSlice fills hu ([y,x], one value a pixel) with slice z in HU.
	ReadSlice(ctx context.Context, z int, hu []int16) error
	// Close releases files. No ReadSlice may run or follow.
	Close() error
}

// Series is one volume that can be opened: its headers are read, its voxels are not.
type Series struct {
	// ID is stable: the DICOM Series Instance UID (with a suffix where one series was
	// split into several volumes), else a SHA-256 of the content's identity.
	ID string
	// Format is "DICOM", "NIfTI", "NPY", "pictures" or "phantom".
	Format string
	// Path is what was opened; Files are the files in slice order, empty if there are none.
	Path  string
	Files []string

	Description string
	Modality    string
	// Date is the study's date as YYYY-MM-DD, or empty.
	Date string
	// PatientID and PatientName identify a person: never in titles, logs or file names.
	PatientID, PatientName string
	StudyUID               string
	// FrameUID is the frame of reference that positions are in, empty where the file has none.
	FrameUID string

	Geometry volume.Geometry
	// Thickness is the slice thickness in mm, 0 if unknown (the spacing of slices
	// is Geometry's).
	Thickness float64
	// Numbers are the scanner's own image numbers, one a slice; nil where it gave none or gave
	// one twice.
	Numbers []int
	// Calibrated is false where grey values are not HU but were mapped into an
	// assumed window; Measurable is false where mm and ml cannot be trusted.
	Calibrated, Measurable bool
	// Resampled says that the voxels are those of another series of the same list, put
	// onto a straight grid.
	Resampled bool
	// Warnings are sentences for the user, each saying what it means for measurements.
	Warnings []string

	Source

	closers []func() error
}

// OnClose adds a function that Close calls after closing the source, for example to remove its
// files.
func (s *Series) OnClose(f func() error) { s.closers = append(s.closers, f) }

// Close closes the source and does what OnClose added.
func (s *Series) Close() error {
	err := s.Source.Close()
	for _, f := range s.closers {
		err = errors.Join(err, f())
	}
	s.closers = nil
	return err
}

// wholeReader is a Source that can read all its slices faster than one by one.
type wholeReader interface {
	// ReadAll fills hu ([z,y,x]) with the whole series in HU.
	ReadAll(ctx context.Context, hu []int16) error
}

// Read loads the whole series into one volume.
func (s *Series) Read(ctx context.Context) (*volume.Volume, error) {
	v := volume.New(s.Geometry)
	if all, ok := s.Source.(wholeReader); ok {
		if err := all.ReadAll(ctx, v.HU); err != nil {
			return nil, err
		}
		return v, nil
	}
	for z := range s.Geometry.Size[0] {
		if err := s.ReadSlice(ctx, z, v.Slice(z)); err != nil {
			return nil, err
		}
	}
	return v, nil
}
