package dicom

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// Info is what the written files state besides voxels and geometry. Empty UIDs are derived from the
// content, so the same volume always gets the same UIDs.
type Info struct {
	PatientID, PatientName string
	Description            string
	Date                   string // of the study, YYYY-MM-DD or empty
	StudyUID, SeriesUID    string
	Thickness              float64 // mm; 0: the distance between slices
}

// Write writes v as CT Image Storage, one file per slice: CT0001.dcm and so on from the lowest z,
// explicit little endian, 16 bits signed, HU unchanged. It creates dir. Reading the files back
// gives the same HU, and the same geometry to within 1e-9 mm.
func Write(ctx context.Context, dir string, v *volume.Volume, info Info) error {
	if err := v.Validate(); err != nil {
		return fmt.Errorf("this volume cannot be written as DICOM: %w", err)
	}
	if v.Size[1] > math.MaxUint16 || v.Size[2] > math.MaxUint16 || len(v.HU) != v.Voxels() {
		return errors.New("this volume cannot be written as DICOM: its array does not fit its size")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot create %s: %w", dir, err)
	}
	w := newSliceWriter(v, info)
	for z := range v.Size[0] {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(dir, fmt.Sprintf("CT%04d.dcm", z+1))
		if err := w.slice(z).Write(path); err != nil {
			return err
		}
	}
	return nil
}

// sliceWriter writes the slices of one volume.
type sliceWriter struct {
	v *volume.Volume
	// root is the string that UIDs are derived from.
	root string
	// common holds the elements that are the same in all slices.
	common object.Set
}

func newSliceWriter(v *volume.Volume, info Info) *sliceWriter {
	sum := sha256.New()
	fmt.Fprintf(sum, "%+v %v", info, v.Geometry)
	_ = binary.Write(sum, binary.LittleEndian, v.HU) // a hash accepts every write
	w := &sliceWriter{v: v, root: string(sum.Sum(nil))}
	w.common = w.shared(info)
	return w
}

// uid derives a UID from the content.
func (w *sliceWriter) uid(what string) string { return object.DeriveUID(w.root, what) }

// shared returns the elements of the CT Image IOD (PS3.3 A.3) that are the same in all slices.
func (w *sliceWriter) shared(info Info) object.Set {
	g := w.v.Geometry
	spacing := g.Spacing()
	if info.Thickness == 0 {
		info.Thickness = spacing[0]
	}
	study := cmp.Or(info.StudyUID, w.uid("study"))
	series := cmp.Or(info.SeriesUID, w.uid("series"))
	empty := []tag.Tag{
		tag.StudyTime, tag.AccessionNumber, tag.ReferringPhysicianName, tag.PatientBirthDate,
		tag.PatientSex,
		tag.KVP, tag.PatientPosition, tag.StudyID, tag.AcquisitionNumber, tag.Laterality,
		tag.PositionReferenceIndicator,
	}
	set := object.New(
		object.Text(tag.ImageType, "DERIVED", "SECONDARY", "AXIAL"),
		object.Text(tag.SOPClassUID, uidCTImage),
		object.Text(tag.StudyDate, strings.ReplaceAll(info.Date, "-", "")),
		object.Text(tag.Modality, "CT"),
		object.Text(tag.Manufacturer, "Glasswork"),
		object.Text(tag.SeriesDescription, info.Description),
		object.Text(tag.PatientName, info.PatientName),
		object.Text(tag.PatientID, info.PatientID),
		object.Float(tag.SliceThickness, info.Thickness),
		object.Float(tag.SpacingBetweenSlices, spacing[0]),
		object.Text(tag.StudyInstanceUID, study),
		object.Text(tag.SeriesInstanceUID, series),
		object.Int(tag.SeriesNumber, 1),
		object.Float(tag.ImageOrientationPatient, directions(g)...),
		object.Text(tag.FrameOfReferenceUID, w.uid("frame of reference")),
		object.Int(tag.SamplesPerPixel, 1),
		object.Text(tag.PhotometricInterpretation, "MONOCHROME2"),
		object.Int(tag.Rows, g.Size[1]),
		object.Int(tag.Columns, g.Size[2]),
		object.Float(tag.PixelSpacing, spacing[1], spacing[2]),
		object.Int(tag.BitsAllocated, 16),
		object.Int(tag.BitsStored, 16),
		object.Int(tag.HighBit, 15),
		object.Int(tag.PixelRepresentation, 1),
		object.Int(tag.RescaleIntercept, 0),
		object.Int(tag.RescaleSlope, 1),
		object.Text(tag.RescaleType, "HU"),
	)
	for _, t := range empty {
		set.Put(object.Text(t))
	}
	return set
}

// slice returns slice z as an object.
func (w *sliceWriter) slice(z int) *object.Object {
	position := w.v.ToMM(float64(z), 0, 0)
	set := object.New(w.common.Elements...)
	set.Put(
		object.Text(tag.SOPInstanceUID, w.uid(fmt.Sprint("slice ", z))),
		object.Int(tag.InstanceNumber, z+1),
		object.Float(tag.ImagePositionPatient, position[:]...),
		object.Bytes(tag.PixelData, "OW", w.pixels(z)),
	)
	return &object.Object{Set: set}
}

// pixels returns the bytes of slice z, padded to an even number.
func (w *sliceWriter) pixels(z int) []byte {
	hu := w.v.Slice(z)
	b := make([]byte, 0, 2*len(hu))
	for _, v := range hu {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// directions returns the unit vectors along x and y, in the order of ImageOrientationPatient.
func directions(g volume.Geometry) []float64 {
	var d []float64
	for axis := range 2 {
		u, _ := g.Step(axis).Unit()
		d = append(d, u[:]...)
	}
	return d
}
