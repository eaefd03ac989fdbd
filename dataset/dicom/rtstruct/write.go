package rtstruct

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/dicom/source"
	"glasswork/dataset/volume"
)

const (
	// studyClass is the class that references to a whole study name (PS3.3 C.8.8.5). It is retired
	// for any other use.
	studyClass = "1.2.840.10008.3.1.2.3.1"
	// mostCorners keeps the decimal strings of a contour within the 16-bit length of DS: three
	// numbers of at most 11 characters per corner.
	mostCorners = (1<<16 - 2) / (3 * 11)
)

// ROI is one class of a label map as a structure.
type ROI struct {
	Class classes.Class
	Name  string
	Code  classes.Code
	// Color is RGB.
	Color [3]uint8
	// Algorithm is AUTOMATIC, SEMIAUTOMATIC or MANUAL.
	Algorithm string
}

// Build returns a structure set, drawn on src, of the classes of l that have voxels. Contours
// follow the edges of pixels, so reading them back gives the same voxels. Structures have the
// numbers of their classes.
func Build(ctx context.Context, src *source.Series, l *volume.LabelMap, rois []ROI,
	m source.Maker,
) (*object.Object, error) {
	if err := l.Validate(); err != nil {
		return nil, fmt.Errorf("these labels cannot be written as RTSTRUCT: %w", err)
	}
	frame := src.FrameUID
	if !object.ValidUID(frame) {
		frame = object.DeriveUID(src.SeriesUID, "frame of reference")
	}
	set := src.Derived(sopClass, "RTSTRUCT", m)
	set.Put(
		object.Text(tag.OperatorsName), object.Text(tag.FrameOfReferenceUID, frame),
		object.Text(tag.PositionReferenceIndicator),
		object.Text(tag.StructureSetLabel, "Glasswork"),
		object.Text(tag.StructureSetName, m.Description),
		object.Text(tag.StructureSetDate, m.Now.Format("20060102")),
		object.Text(tag.StructureSetTime, m.Now.Format("150405")),
		object.Items(tag.ReferencedFrameOfReferenceSequence, references(src, frame)),
		object.Text(tag.ApprovalStatus, "UNAPPROVED"),
	)
	var structures, contours, observations []object.Set
	for _, roi := range rois {
		drawn, err := draw(ctx, src, l, roi.Class)
		if err != nil {
			return nil, err
		}
		if len(drawn) == 0 {
			continue
		}
		structures = append(structures, roi.structure(frame))
		contours = append(contours, roi.contours(drawn))
		observations = append(observations, roi.observation(len(observations)+1))
	}
	if len(structures) == 0 {
		return nil, errors.New("there is nothing to write as RTSTRUCT: no voxel is marked")
	}
	set.Put(object.Items(tag.StructureSetROISequence, structures...),
		object.Items(tag.ROIContourSequence, contours...),
		object.Items(tag.RTROIObservationsSequence, observations...))
	return &object.Object{Set: set}, nil
}

// references returns the item that names the frame, the study, the series and all its instances.
func references(src *source.Series, frame string) object.Set {
	series := object.New(object.Text(tag.SeriesInstanceUID, src.SeriesUID),
		object.Items(tag.ContourImageSequence, src.References()...))
	study := object.New(object.Text(tag.ReferencedSOPClassUID, studyClass),
		object.Text(tag.ReferencedSOPInstanceUID, src.StudyUID),
		object.Items(tag.RTReferencedSeriesSequence, series))
	return object.New(object.Text(tag.FrameOfReferenceUID, frame),
		object.Items(tag.RTReferencedStudySequence, study))
}

func (r ROI) structure(frame string) object.Set {
	return object.New(object.Int(tag.ROINumber, int(r.Class)),
		object.Text(tag.ReferencedFrameOfReferenceUID, frame),
		object.Text(tag.ROIName, r.Name), object.Text(tag.ROIGenerationAlgorithm, r.Algorithm))
}

func (r ROI) contours(drawn []object.Set) object.Set {
	return object.New(object.Int(tag.ROIDisplayColor, int(r.Color[0]), int(r.Color[1]),
		int(r.Color[2])),
		object.Items(tag.ContourSequence, drawn...),
		object.Int(tag.ReferencedROINumber, int(r.Class)))
}

func (r ROI) observation(number int) object.Set {
	return object.New(object.Int(tag.ObservationNumber, number),
		object.Int(tag.ReferencedROINumber, int(r.Class)),
		object.Items(tag.RTROIIdentificationCodeSequence, object.Code(r.Code.Value, r.Code.Scheme,
			r.Code.Meaning)),
		object.Text(tag.RTROIInterpretedType), object.Text(tag.ROIInterpreter))
}

// draw returns the contours of one class, slice by slice.
func draw(ctx context.Context, src *source.Series, l *volume.LabelMap,
	class classes.Class,
) ([]object.Set, error) {
	bySlice := src.BySlice(l.Geometry)
	mask := make([]uint8, l.SliceVoxels())
	var drawn []object.Set
	for z := range l.Size[0] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, c := range l.Slice(z) {
			mask[i] = 0
			if c == class {
				mask[i] = 1
			}
		}
		for _, corners := range outlines(mask, l.Size[2], mostCorners) {
			item := object.New(object.Text(tag.ContourGeometricType, "CLOSED_PLANAR"),
				object.Int(tag.NumberOfContourPoints, len(corners)),
				object.Text(tag.ContourData, coordinates(l.Geometry, z, bySlice[z], corners)...))
			if im := bySlice[z]; im != nil {
				item.Put(object.Items(tag.ContourImageSequence, im.Reference()))
			}
			drawn = append(drawn, item)
		}
	}
	return drawn, nil
}

// coordinates returns the positions of corners in LPS mm, rounded to a ten-thousandth. The grid of
// an unevenly spaced series is even, so there the contours take the position of the image.
func coordinates(g volume.Geometry, z int, im *source.Image, corners []corner) []string {
	var off [3]float64
	if im != nil {
		for k, mm := range g.ToMM(float64(z), 0, 0) {
			if d := im.Position[k] - mm; math.Abs(d) > 0.01 {
				off[k] = d
			}
		}
	}
	out := make([]string, 0, 3*len(corners))
	for _, c := range corners {
		for k, mm := range g.ToMM(float64(z), float64(c.y)-0.5, float64(c.x)-0.5) {
			out = append(out, object.Decimal(math.Round((mm+off[k])*1e4)/1e4))
		}
	}
	return out
}
