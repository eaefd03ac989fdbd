// Package rtstruct reads and writes DICOM RT Structure Sets: contours drawn on the slices of
// a series (PS3.3 C.8.8.5 and C.8.8.6). It knows nothing of dose and plans.
package rtstruct

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// sopClass is RT Structure Set Storage.
const sopClass = "1.2.840.10008.5.1.4.1.1.481.3"

// farthest is how far, in mm, a point may lie from the origin.
const farthest = 1e6

// structures holds the structures of one file, by position in LPS mm.
type structures struct {
	contours [][][]volume.Point // by segment and contour
	// instances holds the SOP Instance UIDs of the images that the file names.
	instances map[string]bool
}

// Is reports whether an object is a structure set, by its SOP Class UID.
func Is(o object.Set) bool { return o.Text(tag.SOPClassUID) == sopClass }

// Read reads the structures of the object o, which is the file at path. Contours are put onto a
// study by position, not by the instances that they name, because the study often has others.
// Errors are clauses.
func Read(path string, o object.Set) (*annotation.Segmentation, error) {
	if !Is(o) {
		return nil, errors.New("it is not an RT Structure Set")
	}
	s := reading{&annotation.Segmentation{Path: path, Format: "RTSTRUCT"}}
	s.SeriesUID, s.FrameUID = referenced(o)
	drawn := contoursByNumber(o)
	codes := codesByNumber(o)
	frames := framesOf(o)
	all := structures{instances: instancesOf(o, drawn)}
	for _, roi := range o.Items(tag.StructureSetROISequence) {
		number := roi.Int(tag.ROINumber, -1)
		label := name(roi, number)
		usable, note := s.inFrame(roi.Text(tag.ReferencedFrameOfReferenceUID), frames)
		s.warn(label, note)
		if !usable {
			continue
		}
		contours, note := closed(drawn[number])
		s.warn(label, note)
		if len(contours) == 0 {
			continue
		}
		s.Segments = append(s.Segments, annotation.Segment{
			Number: number, Label: label, Type: codes[number],
		})
		all.contours = append(all.contours, contours)
	}
	if len(s.Segments) == 0 {
		if len(s.Warnings) > 0 {
			return nil, fmt.Errorf("no structure in it can be used: %s",
				strings.Join(s.Warnings, "; "))
		}
		return nil, errors.New("no structure in it has a closed contour")
	}
	s.Rasteriser = &all
	return s.Segmentation, nil
}

// reading is a segmentation that is being read.
type reading struct{ *annotation.Segmentation }

// warn notes something about a structure.
func (s reading) warn(label, note string) {
	if note != "" {
		s.Warnings = append(s.Warnings, label+" "+note)
	}
}

// inFrame says whether a structure that names a frame of reference lies in that of the file's
// series. A frame that the file does not describe anywhere contradicts the series that it names,
// and the series is believed.
func (s reading) inFrame(frame string, described []string) (usable bool, note string) {
	if s.FrameUID == "" {
		s.FrameUID = frame
	}
	switch {
	case frame == "" || frame == s.FrameUID:
		return true, ""
	case slices.Contains(described, frame) || s.SeriesUID == "":
		return false, "was drawn in another frame of reference and is left out"
	}
	return true, "names a frame of reference that the file does not describe; it is taken to lie " +
		"on the series that the file names"
}

func name(roi object.Set, number int) string {
	if n := roi.Text(tag.ROIName); n != "" {
		return n
	}
	return "ROI " + strconv.Itoa(number)
}

// referenced returns the series and the frame of reference that the contours were drawn on.
func referenced(s object.Set) (series, frame string) {
	frames := s.Item(tag.ReferencedFrameOfReferenceSequence)
	study := frames.Item(tag.RTReferencedStudySequence)
	return study.Item(tag.RTReferencedSeriesSequence).Text(tag.SeriesInstanceUID),
		frames.Text(tag.FrameOfReferenceUID)
}

// framesOf returns the frames of reference that the file describes.
func framesOf(o object.Set) (uids []string) {
	for _, frame := range o.Items(tag.ReferencedFrameOfReferenceSequence) {
		uids = append(uids, frame.Text(tag.FrameOfReferenceUID))
	}
	return uids
}

// instancesOf returns the images that the file names: those of its series, and those of contours.
func instancesOf(o object.Set, drawn map[int][]object.Set) map[string]bool {
	all := map[string]bool{}
	add := func(of object.Set) {
		for _, image := range of.Items(tag.ContourImageSequence) {
			if uid := image.Text(tag.ReferencedSOPInstanceUID); uid != "" {
				all[uid] = true
			}
		}
	}
	for _, frame := range o.Items(tag.ReferencedFrameOfReferenceSequence) {
		for _, study := range frame.Items(tag.RTReferencedStudySequence) {
			for _, series := range study.Items(tag.RTReferencedSeriesSequence) {
				add(series)
			}
		}
	}
	for _, contours := range drawn {
		for _, contour := range contours {
			add(contour)
		}
	}
	return all
}

// contoursByNumber returns the items of each structure's contours, by ROI number.
func contoursByNumber(s object.Set) map[int][]object.Set {
	all := map[int][]object.Set{}
	for _, roi := range s.Items(tag.ROIContourSequence) {
		number := roi.Int(tag.ReferencedROINumber, -1)
		all[number] = append(all[number], roi.Items(tag.ContourSequence)...)
	}
	return all
}

// codesByNumber returns what each structure is, if the file has codes.
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

// closed returns the closed contours of items. note says what was left out and what is doubtful, as
// the end of a sentence.
func closed(items []object.Set) (contours [][]volume.Point, note string) {
	open, short, miscounted, damaged := 0, 0, 0, 0
	var why error
	for _, item := range items {
		if !strings.HasPrefix(strings.ReplaceAll(item.Text(tag.ContourGeometricType), "_", ""),
			"CLOSEDPLANAR") {
			open++
			continue
		}
		points, err := pointsOf(item)
		switch {
		case err != nil:
			damaged, why = damaged+1, err
			continue
		case len(points) < 3:
			short++
			continue
		}
		if item.Int(tag.NumberOfContourPoints, len(points)) != len(points) {
			miscounted++
		}
		contours = append(contours, points)
	}
	var notes []string
	add := func(n int, format string, args ...any) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf("has %s "+format,
				append([]any{counted(n, "contour")}, args...)...))
		}
	}
	if len(items) == 0 {
		notes = append(notes, "has no contours")
	}
	add(open, "of points or open lines, which enclose nothing and are left out")
	add(short, "of fewer than three points, left out")
	add(damaged, "left out, of which one %v", why)
	add(miscounted, "with another number of points than written there; the points are used")
	return contours, strings.Join(notes, " and ")
}

// pointsOf returns the points of one contour. Errors are predicates.
func pointsOf(item object.Set) ([]volume.Point, error) {
	numbers := item.Floats(tag.ContourData)
	if len(numbers) == 0 || len(numbers)%3 != 0 {
		return nil, errors.New("holds something other than points of three numbers")
	}
	points := make([]volume.Point, len(numbers)/3)
	for i := range points {
		points[i] = volume.Point(numbers[3*i:])
		for _, mm := range points[i] {
			if mm < -farthest || mm > farthest {
				return nil, fmt.Errorf("has a point %.3g mm from the origin, which is not a place "+
					"in a patient", mm)
			}
		}
	}
	return points, nil
}

// Belongs implements annotation.Matcher: contours belong to the series that their file names, to
// one in the same frame of reference, and to one with images that the file names.
func (s *structures) Belongs(
	_ context.Context, sg *annotation.Segmentation, on *series.Series,
) error {
	if sg.SeriesUID == "" || annotation.NamesSeries(sg, on.ID) ||
		sg.FrameUID != "" && sg.FrameUID == on.FrameUID {
		return nil
	}
	if on.Format == "DICOM" && len(on.Files) > 0 {
		image, err := object.ReadTags(on.Files[0], tag.SOPInstanceUID)
		if err == nil && s.instances[image.Text(tag.SOPInstanceUID)] {
			return nil
		}
	}
	return fmt.Errorf("%s: it was drawn on another series than this study",
		filepath.Base(sg.Path))
}

// Rasterise implements annotation.Rasteriser.
func (s *structures) Rasterise(ctx context.Context, i int, grid volume.Geometry,
	mask []uint8,
) ([]string, error) {
	return rasterise(ctx, s.contours[i], grid, mask)
}
