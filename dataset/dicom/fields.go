package dicom

import (
	"math"
	"strconv"
	"strings"

	"glasswork/dataset/dicom/internal/walk"
)

// Tags of the elements that are read (PS3.6).
const (
	tagCharacterSet     = 0x0008_0005
	tagImageType        = 0x0008_0008
	tagSOPClass         = 0x0008_0016
	tagSOPInstance      = 0x0008_0018
	tagStudyDate        = 0x0008_0020
	tagModality         = 0x0008_0060
	tagStudyText        = 0x0008_1030
	tagSeriesText       = 0x0008_103E
	tagPatientName      = 0x0010_0010
	tagPatientID        = 0x0010_0020
	tagThickness        = 0x0018_0050
	tagGantryTilt       = 0x0018_1120
	tagKernel           = 0x0018_1210
	tagStudyUID         = 0x0020_000D
	tagSeriesUID        = 0x0020_000E
	tagSeriesNumber     = 0x0020_0011
	tagAcquisition      = 0x0020_0012
	tagInstance         = 0x0020_0013
	tagPosition         = 0x0020_0032
	tagOrientation      = 0x0020_0037
	tagFrameUID         = 0x0020_0052
	tagSamples          = 0x0028_0002
	tagPhotometric      = 0x0028_0004
	tagFrames           = 0x0028_0008
	tagRows             = 0x0028_0010
	tagColumns          = 0x0028_0011
	tagSpacing          = 0x0028_0030
	tagBitsAllocated    = 0x0028_0100
	tagBitsStored       = 0x0028_0101
	tagHighBit          = 0x0028_0102
	tagSigned           = 0x0028_0103
	tagPadding          = 0x0028_0120
	tagPaddingLimit     = 0x0028_0121
	tagIntercept        = 0x0028_1052
	tagSlope            = 0x0028_1053
	tagRescaleType      = 0x0028_1054
	tagModalityLUT      = 0x0028_3000
	tagReferencedFile   = 0x0004_1500
	tagDirectory        = 0x0004_1220
	tagFrameOffsets     = 0x7FE0_0001
	tagFrameLengths     = 0x7FE0_0002
	tagFloatPixels      = 0x7FE0_0008
	tagDoublePixels     = 0x7FE0_0009
	tagPixelData        = walk.PixelData
	uidMediaDirectory   = "1.2.840.10008.1.3.10"
	uidCTImage          = "1.2.840.10008.5.1.4.1.1.2"
	uidEnhancedCT       = "1.2.840.10008.5.1.4.1.1.2.1"
	uidLegacyEnhancedCT = "1.2.840.10008.5.1.4.1.1.2.2"
	uidSecondary        = "1.2.840.10008.5.1.4.1.1.7"
	defaultPaddingHU    = -1024
	largestSide         = 1 << 14 // pixels; CT matrices end at 2,048
	largestSlicePixels  = 1 << 26
	absurdMM            = 1e5 // no position, pixel or thickness is that large
)

// wanted says whether the value of a tag is read.
func wanted(tag uint32) bool {
	switch tag {
	case tagCharacterSet, tagImageType, tagSOPClass, tagSOPInstance, tagStudyDate, tagModality, tagStudyText, tagSeriesText,
		tagPatientName, tagPatientID, tagThickness, tagGantryTilt, tagKernel, tagSeriesNumber, tagStudyUID, tagSeriesUID, tagAcquisition, tagInstance,
		tagPosition, tagOrientation, tagFrameUID, tagSamples, tagPhotometric, tagFrames, tagRows, tagColumns, tagSpacing,
		tagBitsAllocated, tagBitsStored, tagHighBit, tagSigned, tagPadding, tagPaddingLimit, tagIntercept, tagSlope, tagRescaleType,
		tagReferencedFile:
		return true
	}
	return false
}

// isDirectorySequence says which sequences are walked through for their values.
func isDirectorySequence(e walk.Element) bool { return e.Tag == tagDirectory }

// fields are the values of a header by tag, as the library gives them.
type fields map[uint32]any

// text returns the first value of a text element, trimmed; "" if there is none.
func (f fields) text(tag uint32) string {
	if all := f.texts(tag); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (f fields) texts(tag uint32) []string {
	all, _ := f[tag].([]string)
	out := make([]string, 0, len(all))
	for _, s := range all {
		out = append(out, strings.Trim(s, " \x00"))
	}
	return out
}

// numbers returns the finite numbers of an element, whatever its representation.
func (f fields) numbers(tag uint32) []float64 {
	var out []float64
	switch v := f[tag].(type) {
	case []int:
		for _, n := range v {
			out = append(out, float64(n))
		}
	case []float64:
		out = v
	case []string:
		for _, s := range v {
			n, err := strconv.ParseFloat(strings.Trim(s, " \x00"), 64)
			if err != nil {
				return nil
			}
			out = append(out, n)
		}
	}
	if !finite(out) {
		return nil
	}
	return out
}

func (f fields) number(tag uint32) (float64, bool) {
	if n := f.numbers(tag); len(n) > 0 {
		return n[0], true
	}
	return 0, false
}

// whole returns an integer, or otherwise if the element is absent or no number.
func (f fields) whole(tag uint32, otherwise int) int {
	if n, ok := f.number(tag); ok && math.Abs(n) < 1<<31 {
		return int(n)
	}
	return otherwise
}

// fill copies the values into h.
func (h *header) fill(f fields) {
	h.sopClass, h.sopUID = f.text(tagSOPClass), f.text(tagSOPInstance)
	h.seriesUID, h.studyUID, h.frameUID = f.text(tagSeriesUID), f.text(tagStudyUID), f.text(tagFrameUID)
	h.modality, h.date = f.text(tagModality), isoDate(f.text(tagStudyDate))
	if h.description = f.text(tagSeriesText); h.description == "" {
		h.description = f.text(tagStudyText)
	}
	h.patientID, h.patientName = f.text(tagPatientID), f.text(tagPatientName)
	h.kernel, h.number = f.text(tagKernel), f.text(tagSeriesNumber)
	h.imageType = f.texts(tagImageType)
	h.instance, h.acquisition = f.whole(tagInstance, 0), f.whole(tagAcquisition, 0)
	h.directoryRecords = f.texts(tagReferencedFile)
	h.fillPixels(f)
	h.fillPlace(f)
}

// fillPixels copies what says how pixels become HU.
func (h *header) fillPixels(f fields) {
	h.rows, h.columns = f.whole(tagRows, 0), f.whole(tagColumns, 0)
	h.frames, h.samples = f.whole(tagFrames, 1), f.whole(tagSamples, 1)
	h.bitsAllocated = f.whole(tagBitsAllocated, 16)
	h.bitsStored = f.whole(tagBitsStored, h.bitsAllocated)
	h.highBit = f.whole(tagHighBit, h.bitsStored-1)
	h.signed = f.whole(tagSigned, 0) == 1
	h.inverted = f.text(tagPhotometric) == "MONOCHROME1"
	h.slope = 1
	h.setRescale(f.numbers(tagSlope), f.numbers(tagIntercept))
	h.unit = f.text(tagRescaleType)
	if p, ok := f.number(tagPadding); ok {
		h.hasPadding = true
		h.padding[0] = h.stored(int(p))
		h.padding[1] = h.padding[0]
		if limit, ok := f.number(tagPaddingLimit); ok {
			other := h.stored(int(limit))
			h.padding = [2]int{min(h.padding[0], other), max(h.padding[0], other)}
		}
	}
}

// stored interprets a padding value as the pixels are: it is written unsigned or
// signed without regard to them.
func (h *header) stored(v int) int {
	if h.signed && h.bitsAllocated == 16 {
		return int(int16(v))
	}
	return v
}

// fillPlace copies where the slice lies.
func (h *header) fillPlace(f fields) {
	h.rowAxis, h.columnAxis, h.spacing = [3]float64{1, 0, 0}, [3]float64{0, 1, 0}, [2]float64{1, 1}
	h.setPosition(f.numbers(tagPosition))
	h.setOrientation(f.numbers(tagOrientation))
	h.setSpacing(f.numbers(tagSpacing))
	h.setThickness(f.numbers(tagThickness))
	h.tilt, _ = f.number(tagGantryTilt)
}

// setPosition takes ImagePositionPatient if it is one.
func (h *header) setPosition(p []float64) {
	if len(p) == 3 && finite(p) && largest(p) < absurdMM {
		h.hasPosition, h.position = true, [3]float64(p)
	}
}

// setOrientation takes ImageOrientationPatient if it is one.
func (h *header) setOrientation(o []float64) {
	if len(o) != 6 || !finite(o) {
		return
	}
	row, okRow := unit([3]float64(o[:3]))
	column, okColumn := unit([3]float64(o[3:]))
	if okRow && okColumn && math.Abs(dot(row, column)) < 0.01 {
		h.hasOrientation, h.rowAxis, h.columnAxis = true, row, column
	}
}

// setSpacing takes PixelSpacing if it is one.
func (h *header) setSpacing(s []float64) {
	if len(s) == 2 && finite(s) && min(s[0], s[1]) > 1/absurdMM && largest(s) < absurdMM {
		h.hasSpacing, h.spacing = true, [2]float64(s)
	}
}

// setThickness takes SliceThickness if it is one.
func (h *header) setThickness(t []float64) {
	if len(t) > 0 && t[0] > 1/absurdMM && t[0] < absurdMM {
		h.thickness = t[0]
	}
}

// setRescale takes RescaleSlope and RescaleIntercept if they are usable.
func (h *header) setRescale(slope, intercept []float64) {
	if len(slope) > 0 && len(intercept) > 0 && finite(slope[:1]) && finite(intercept[:1]) && slope[0] != 0 {
		h.slope, h.intercept, h.hasRescale = slope[0], intercept[0], true
	}
}

// inHU says whether the values are Hounsfield units. A rescale without a type gives them,
// as a CT's always did (PS3.3 C.8.2.1).
func (h *header) inHU() bool {
	return (h.hasRescale || h.lut != nil) && (h.unit == "" || h.unit == "HU")
}

// finite says whether all are numbers that can be calculated with.
func finite(v []float64) bool {
	for _, n := range v {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return false
		}
	}
	return true
}

// largest is the largest absolute value.
func largest(v []float64) float64 {
	out := 0.0
	for _, n := range v {
		out = max(out, math.Abs(n))
	}
	return out
}

// isoDate turns YYYYMMDD into YYYY-MM-DD, anything else into "".
func isoDate(s string) string {
	s = strings.ReplaceAll(s, ".", "") // ACR-NEMA wrote YYYY.MM.DD
	if len(s) != 8 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:]
}
