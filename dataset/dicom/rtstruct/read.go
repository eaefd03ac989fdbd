// Package rtstruct reads and writes DICOM RT Structure Sets: contours drawn on the slices of
// a series (PS3.3 C.8.8.5 and C.8.8.6). It knows nothing of dose and plans.
package rtstruct

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// sopClass is RT Structure Set Storage.
const sopClass = "1.2.840.10008.5.1.4.1.1.481.3"

// farthest is how far, in mm, a point may lie from the origin.
const farthest = 1e6

// structures are the structures of one file, by position in LPS mm.
type structures struct {
	contours [][][]volume.Point // per segment, per contour
}

// Is says by its SOP Class UID whether an object is a structure set.
func Is(o object.Set) bool { return o.Text(tag.SOPClassUID) == sopClass }

// Read reads the structures of the object o, which is the file at path. Contours are matched
// to a study by position, never by the instances they name: those are often not the ones at
// hand. Errors are clauses.
func Read(path string, o object.Set) (*annotation.Segmentation, error) {
	if !Is(o) {
		return nil, errors.New("it is not an RT Structure Set")
	}
	s := &annotation.Segmentation{Path: path, Format: "RTSTRUCT"}
	s.SeriesUID, s.FrameUID = referenced(o)
	drawn := contoursByNumber(o)
	codes := codesByNumber(o)
	var all structures
	for _, roi := range o.Items(tag.StructureSetROISequence) {
		number := roi.Int(tag.ROINumber, -1)
		label := name(roi, number)
		if frame := roi.Text(tag.ReferencedFrameOfReferenceUID); frame != "" {
			if s.FrameUID == "" {
				s.FrameUID = frame
			}
			if frame != s.FrameUID {
				s.Warnings = append(s.Warnings, fmt.Sprintf("%s was drawn in another frame of "+
					"reference and is left out", label))
				continue
			}
		}
		contours, note, err := closed(drawn[number])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", label, err)
		}
		if note != "" {
			s.Warnings = append(s.Warnings, label+" "+note)
		}
		if len(contours) == 0 {
			continue
		}
		s.Segments = append(s.Segments, annotation.Segment{
			Number: number, Label: label, Type: codes[number],
		})
		all.contours = append(all.contours, contours)
	}
	if len(s.Segments) == 0 {
		return nil, errors.New("no structure in it has a closed contour")
	}
	s.Rasteriser = &all
	return s, nil
}

func name(roi object.Set, number int) string {
	if n := roi.Text(tag.ROIName); n != "" {
		return n
	}
	return "ROI " + strconv.Itoa(number)
}

// referenced is the series and the frame of reference that the contours were drawn on.
func referenced(s object.Set) (series, frame string) {
	frames := s.Item(tag.ReferencedFrameOfReferenceSequence)
	study := frames.Item(tag.RTReferencedStudySequence)
	return study.Item(tag.RTReferencedSeriesSequence).Text(tag.SeriesInstanceUID),
		frames.Text(tag.FrameOfReferenceUID)
}

// contoursByNumber are the items of each structure's contours, by ROI number.
func contoursByNumber(s object.Set) map[int][]object.Set {
	all := map[int][]object.Set{}
	for _, roi := range s.Items(tag.ROIContourSequence) {
		number := roi.Int(tag.ReferencedROINumber, -1)
		all[number] = append(all[number], roi.Items(tag.ContourSequence)...)
	}
	return all
}

// codesByNumber say what each structure is, where the file has codes.
func codesByNumber(s object.Set) map[int]classes.Code {
	all := map[int]classes.Code{}
	for _, observation := range s.Items(tag.RTROIObservationsSequence) {
		if code := observation.Item(tag.RTROIIdentificationCodeSequence); code.Has(tag.CodeValue) {
			all[observation.Int(tag.ReferencedROINumber, -1)] = classes.Code{
				Value: code.Text(tag.CodeValue), Scheme: code.Text(tag.CodingSchemeDesignator),
				Meaning: code.Text(tag.CodeMeaning),
			}
		}
	}
	return all
}

// closed takes the closed contours from items. note says what was left out, as the end of
// a sentence.
func closed(items []object.Set) (contours [][]volume.Point, note string, err error) {
	open, short := 0, 0
	for i, item := range items {
		if !strings.HasPrefix(strings.ReplaceAll(item.Text(tag.ContourGeometricType), "_", ""),
			"CLOSEDPLANAR") {
			open++
			continue
		}
		points, err := pointsOf(item)
		if err != nil {
			return nil, "", fmt.Errorf("contour %d %w", i+1, err)
		}
		if len(points) < 3 {
			short++
			continue
		}
		contours = append(contours, points)
	}
	var notes []string
	if len(items) == 0 {
		notes = append(notes, "has no contours")
	}
	if open > 0 {
		notes = append(notes, fmt.Sprintf("has %s of points or open lines, which enclose nothing "+
			"and are left out", counted(open, "contour")))
	}
	if short > 0 {
		notes = append(notes, fmt.Sprintf("has %s of fewer than three points, left out",
			counted(short, "contour")))
	}
	return contours, strings.Join(notes, " and "), nil
}

// pointsOf are the points of one contour. Errors are predicates.
func pointsOf(item object.Set) ([]volume.Point, error) {
	numbers := item.Floats(tag.ContourData)
	if len(numbers) == 0 || len(numbers)%3 != 0 {
		return nil, errors.New("holds something else than points of three numbers")
	}
	points := make([]volume.Point, len(numbers)/3)
	if n := item.Int(tag.NumberOfContourPoints, len(points)); n != len(points) {
		return nil, fmt.Errorf("says that it has %s and has %d", counted(n, "point"), len(points))
	}
	for i := range points {
		points[i] = volume.Point(numbers[3*i:])
		for _, mm := range points[i] {
			if mm < -farthest || mm > farthest {
				return nil, fmt.Errorf("has a point %.3g mm from the origin, which is no place "+
					"in a patient", mm)
			}
		}
	}
	return points, nil
}

// Rasterise implements annotation.Rasteriser.
func (s *structures) Rasterise(ctx context.Context, i int, grid volume.Geometry,
	mask []uint8,
) ([]string, error) {
	return rasterise(ctx, s.contours[i], grid, mask)
}
