package dicom

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// Info is what the written files say besides voxels and geometry. Empty UIDs are
// derived from the content, so that the same volume gets the same ones again.
type Info struct {
	PatientID, PatientName string
	Description            string
	Date                   string // of the study, YYYY-MM-DD or empty
	StudyUID, SeriesUID    string
	Thickness              float64 // mm; 0: the distance of slices
}

// Write writes v as one CT Image Storage file a slice, CT0001.dcm and so on from the
// lowest z, explicit little endian, 16 bits signed, HU as they are. dir is created.
// Reading the files back gives the same HU, and the same geometry to 1e-6 mm.
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
		err := atomicfile.WriteFile(path, func(out io.Writer) error { return w.write(out, z) })
		if err != nil {
			return err
		}
	}
	return nil
}

// sliceWriter writes the slices of one volume.
type sliceWriter struct {
	v                           *volume.Volume
	info                        Info
	root                        string // of derived UIDs
	studyUID, seriesUID, frames string
}

func newSliceWriter(v *volume.Volume, info Info) *sliceWriter {
	sum := sha256.New()
	fmt.Fprintf(sum, "%+v %v", info, v.Geometry)
	_ = binary.Write(sum, binary.LittleEndian, v.HU) // a hash never fails
	w := &sliceWriter{v: v, info: info, root: string(sum.Sum(nil))}
	w.studyUID, w.seriesUID, w.frames = info.StudyUID, info.SeriesUID, w.uid("frame of reference")
	if w.studyUID == "" {
		w.studyUID = w.uid("study")
	}
	if w.seriesUID == "" {
		w.seriesUID = w.uid("series")
	}
	return w
}

// uid derives a UID from the content.
func (w *sliceWriter) uid(what string) string { return object.DeriveUID(w.root, what) }

// write writes slice z as a DICOM file.
func (w *sliceWriter) write(out io.Writer, z int) error {
	var set dicom.Dataset
	for _, e := range w.elements(z) {
		made, err := dicom.NewElement(e.tag, e.value)
		if err != nil {
			return fmt.Errorf("element %v: %w", e.tag, err)
		}
		set.Elements = append(set.Elements, made)
	}
	return dicom.Write(out, set)
}

type written struct {
	tag   tag.Tag
	value any
}

// elements are those of the CT Image IOD (PS3.3 A.3), in ascending order of their tags.
func (w *sliceWriter) elements(z int) []written {
	text := func(t tag.Tag, values ...string) written { return written{t, values} }
	number := func(t tag.Tag, n int) written { return written{t, []int{n}} }
	instance := w.uid(fmt.Sprint("slice ", z))
	date := strings.ReplaceAll(w.info.Date, "-", "")
	g := w.v.Geometry
	spacing, position := g.Spacing(), g.ToMM(float64(z), 0, 0)
	thickness := w.info.Thickness
	if thickness == 0 {
		thickness = spacing[0]
	}
	return []written{
		text(tag.MediaStorageSOPClassUID, uidCTImage),
		text(tag.MediaStorageSOPInstanceUID, instance),
		text(tag.TransferSyntaxUID, walk.ExplicitLE),
		text(tag.SpecificCharacterSet, "ISO_IR 192"),
		text(tag.ImageType, "DERIVED", "SECONDARY", "AXIAL"),
		text(tag.SOPClassUID, uidCTImage),
		text(tag.SOPInstanceUID, instance),
		text(tag.StudyDate, date),
		text(tag.StudyTime, ""),
		text(tag.AccessionNumber, ""),
		text(tag.Modality, "CT"),
		text(tag.Manufacturer, "Glasswork"),
		text(tag.ReferringPhysicianName, ""),
		text(tag.SeriesDescription, limit(w.info.Description, 64)),
		text(tag.PatientName, limit(w.info.PatientName, 64)),
		text(tag.PatientID, limit(w.info.PatientID, 64)),
		text(tag.PatientBirthDate, ""),
		text(tag.PatientSex, ""),
		text(tag.SliceThickness, decimal(thickness)),
		text(tag.KVP, ""),
		text(tag.SpacingBetweenSlices, decimal(spacing[0])),
		text(tag.PatientPosition, ""),
		text(tag.StudyInstanceUID, w.studyUID),
		text(tag.SeriesInstanceUID, w.seriesUID),
		text(tag.StudyID, ""),
		text(tag.SeriesNumber, "1"),
		text(tag.AcquisitionNumber, ""),
		text(tag.InstanceNumber, strconv.Itoa(z+1)),
		text(tag.ImagePositionPatient, decimals(position[:])...),
		text(tag.ImageOrientationPatient, decimals(directions(g))...),
		text(tag.FrameOfReferenceUID, w.frames),
		text(tag.Laterality, ""),
		text(tag.PositionReferenceIndicator, ""),
		number(tag.SamplesPerPixel, 1),
		text(tag.PhotometricInterpretation, "MONOCHROME2"),
		number(tag.Rows, g.Size[1]),
		number(tag.Columns, g.Size[2]),
		text(tag.PixelSpacing, decimal(spacing[1]), decimal(spacing[2])),
		number(tag.BitsAllocated, 16),
		number(tag.BitsStored, 16),
		number(tag.HighBit, 15),
		number(tag.PixelRepresentation, 1),
		text(tag.RescaleIntercept, "0"),
		text(tag.RescaleSlope, "1"),
		text(tag.RescaleType, "HU"),
		{tag.PixelData, dicom.PixelDataInfo{IntentionallyUnprocessed: true, UnprocessedValueData: w.pixels(z)}},
	}
}

// pixels are the bytes of slice z, padded to an even number.
func (w *sliceWriter) pixels(z int) []byte {
	hu := w.v.Slice(z)
	b := make([]byte, 0, 2*len(hu))
	for _, v := range hu {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// directions are the unit vectors along x and y, as ImageOrientationPatient has them.
func directions(g volume.Geometry) []float64 {
	var d []float64
	for axis := range 2 {
		u, _ := unit([3]float64{g.Affine[0][axis], g.Affine[1][axis], g.Affine[2][axis]})
		d = append(d, u[:]...)
	}
	return d
}

// decimal writes a number as a decimal string of at most 16 characters (PS3.5 6.2).
func decimal(v float64) string {
	if math.Abs(v) < 1e-9 {
		return "0"
	}
	return strconv.FormatFloat(v, 'g', 10, 64)
}

func decimals(v []float64) []string {
	out := make([]string, len(v))
	for i := range v {
		out[i] = decimal(v[i])
	}
	return out
}

// limit cuts a text to n characters and removes what would separate values.
func limit(s string, n int) string {
	r := []rune(strings.ReplaceAll(oneLine(s), `\`, "/"))
	return string(r[:min(len(r), n)])
}
