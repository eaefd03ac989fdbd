package dicom

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

const (
	uidMediaDirectory   = "1.2.840.10008.1.3.10"
	uidCTImage          = "1.2.840.10008.5.1.4.1.1.2"
	uidEnhancedCT       = "1.2.840.10008.5.1.4.1.1.2.1"
	uidLegacyEnhancedCT = "1.2.840.10008.5.1.4.1.1.2.2"
	uidSecondary        = "1.2.840.10008.5.1.4.1.1.7"
	defaultPaddingHU    = -1024
	largestSide         = 1 << 14 // pixels; CT matrices have at most 2,048
	largestSlicePixels  = 1 << 26
	absurdMM            = 1e5 // no position, pixel or thickness is that large
)

// fill copies the values of elements into h.
func (h *header) fill(o object.Set) {
	h.sopClass, h.sopUID = o.Text(tag.SOPClassUID), o.Text(tag.SOPInstanceUID)
	h.seriesUID, h.studyUID = o.Text(tag.SeriesInstanceUID), o.Text(tag.StudyInstanceUID)
	h.frameUID = o.Text(tag.FrameOfReferenceUID)
	h.modality, h.date = o.Text(tag.Modality), isoDate(o.Text(tag.StudyDate))
	if h.description = o.Text(tag.SeriesDescription); h.description == "" {
		h.description = o.Text(tag.StudyDescription)
	}
	h.patientID, h.patientName = o.Text(tag.PatientID), o.Text(tag.PatientName)
	h.instance, h.hasInstance = o.Whole(tag.InstanceNumber).Get()
	h.location, h.hasLocation = o.Number(tag.SliceLocation).Get()
	h.fillOrigin(o)
	for _, record := range o.Items(tag.DirectoryRecordSequence) {
		if file := record.Texts(tag.ReferencedFileID); len(file) > 0 {
			h.directoryRecords = append(h.directoryRecords, strings.Join(file, `\`))
		}
	}
	h.fillPixels(o)
	h.fillPlace(o)
	for name, t := range safelyAbsent() {
		if o.Number(t).Unusable() {
			h.unusable = append(h.unusable, name)
		}
	}
	slices.Sort(h.unusable)
}

// safelyAbsent returns attributes that an image can lack and still be the same image, in the same
// place and with the same values.
func safelyAbsent() map[string]tag.Tag {
	return map[string]tag.Tag{
		"Slice Thickness": tag.SliceThickness, "Instance Number": tag.InstanceNumber,
		"Acquisition Number": tag.AcquisitionNumber, "Gantry/Detector Tilt": tag.GantryDetectorTilt,
		"Pixel Padding Value": tag.PixelPaddingValue,
	}
}

// fillPixels copies what determines how pixels become HU.
func (h *header) fillPixels(o object.Set) {
	h.rows, h.columns = o.Whole(tag.Rows).Or(0), o.Whole(tag.Columns).Or(0)
	h.samples = o.Whole(tag.SamplesPerPixel).Or(1)
	h.setFrames(o.Whole(tag.NumberOfFrames))
	h.bitsAllocated = o.Whole(tag.BitsAllocated).Or(16)
	h.bitsStored = o.Whole(tag.BitsStored).Or(h.bitsAllocated)
	h.highBit = o.Whole(tag.HighBit).Or(h.bitsStored - 1)
	h.signed = o.Whole(tag.PixelRepresentation).Or(0) == 1
	h.inverted = o.Text(tag.PhotometricInterpretation) == "MONOCHROME1"
	h.slope = 1
	h.setRescale(o.Number(tag.RescaleSlope), o.Number(tag.RescaleIntercept))
	h.unit = o.Text(tag.RescaleType)
	if p, ok := o.Whole(tag.PixelPaddingValue).Get(); ok {
		h.hasPadding = true
		value, limit := h.stored(p), h.stored(o.Whole(tag.PixelPaddingRangeLimit).Or(p))
		h.padding = [2]int{min(value, limit), max(value, limit)}
	}
}

// setFrames sets the number of frames. It is 1 for classes of images that have one frame, whatever
// the file says.
func (h *header) setFrames(n object.Value[int]) {
	if !h.enhanced() {
		n = n.If(func(n int) bool { return n > 0 })
	}
	if n.Unusable() {
		h.unusable = append(h.unusable, "Number of Frames")
	}
	h.frames = n.Or(1)
}

// stored interprets a padding value as the pixels are interpreted, because files write it as signed
// or unsigned regardless of them.
func (h *header) stored(v int) int {
	if h.signed && h.bitsAllocated == 16 {
		return int(int16(v))
	}
	return v
}

// fillPlace copies where the slice lies.
func (h *header) fillPlace(o object.Set) {
	h.rowAxis, h.columnAxis = volume.Vector{1, 0, 0}, volume.Vector{0, 1, 0}
	h.spacing = [2]float64{1, 1}
	h.setPosition(o)
	h.setOrientation(o)
	h.setMeasures(o)
	h.tilt = o.Number(tag.GantryDetectorTilt).Or(0)
}

// setPosition copies ImagePositionPatient if it is usable.
func (h *header) setPosition(o object.Set) {
	if p, ok := o.Numbers(tag.ImagePositionPatient, 3).Get(); ok && largest(p) < absurdMM {
		h.hasPosition, h.position = true, volume.Point(p)
	}
}

// setOrientation copies ImageOrientationPatient if it is usable.
func (h *header) setOrientation(o object.Set) {
	v, ok := o.Numbers(tag.ImageOrientationPatient, 6).Get()
	if !ok {
		return
	}
	row, okRow := volume.Vector(v[:3]).Unit()
	column, okColumn := volume.Vector(v[3:]).Unit()
	if okRow && okColumn && math.Abs(row.Dot(column)) < 0.01 {
		h.hasOrientation, h.rowAxis, h.columnAxis = true, row, column
	}
}

// setMeasures copies PixelSpacing and SliceThickness if they are usable.
func (h *header) setMeasures(o object.Set) {
	s, ok := o.Numbers(tag.PixelSpacing, 2).Get()
	if ok && min(s[0], s[1]) > 1/absurdMM && largest(s) < absurdMM {
		h.hasSpacing, h.spacing = true, [2]float64(s)
	}
	if t := o.Number(tag.SliceThickness).Or(0); t > 1/absurdMM && t < absurdMM {
		h.thickness = t
	}
}

// setRescale copies the slope and the intercept of HU if they are usable.
func (h *header) setRescale(slope, intercept object.Value[float64]) {
	a, okSlope := slope.Get()
	b, okIntercept := intercept.Get()
	if okSlope && okIntercept && a != 0 {
		h.slope, h.intercept, h.hasRescale = a, b, true
	}
}

// inHU reports whether the values are Hounsfield units. A rescale without a type gives HU, as it
// always did for CT (PS3.3 C.8.2.1).
func (h *header) inHU() bool {
	return (h.hasRescale || h.lut != nil) && (h.unit == "" || h.unit == "HU" || spelledHU(h.unit))
}

// hounsfield matches the unit written in words, also misspelt.
var hounsfield = regexp.MustCompile(`^(hu|h[aou]+n?d?sfi?e?ld(s?units?|s)?)$`)

// spelledHU reports whether a unit other than the standard's "HU" means HU.
func spelledHU(unit string) bool {
	return hounsfield.MatchString(strings.NewReplacer(" ", "", ".", "", "'", "").
		Replace(strings.ToLower(unit)))
}

// largest returns the largest absolute value.
func largest(v []float64) float64 {
	out := 0.0
	for _, n := range v {
		out = max(out, math.Abs(n))
	}
	return out
}

// isoDate converts YYYYMMDD to YYYY-MM-DD. It returns "" for anything else.
func isoDate(s string) string {
	s = strings.ReplaceAll(s, ".", "") // ACR-NEMA wrote YYYY.MM.DD
	if len(s) != 8 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:]
}
