package voxels

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"glasswork/dataset/series"
)

// Series offers an image as a series. head identifies it: it holds the bytes of the header.
// oriented says that the file states how the patient lies. scaled says that it states how numbers
// become HU. 8-bit numbers without a scale are grey values.
func (im *Image) Series(format, path string, head []byte, oriented, scaled bool) *series.Series {
	sum := sha256.Sum256(fmt.Appendf(head, "|%d", im.Data.Size()))
	s := &series.Series{
		ID: hex.EncodeToString(sum[:]), Format: format, Path: path, Files: []string{path},
		Modality:    "CT",
		Description: stem(path), Geometry: im.Geometry, Thickness: im.Geometry.Spacing()[0],
		Calibrated: true, Measurable: true, Source: im,
	}
	name := filepath.Base(path)
	if !oriented {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s does not say how the patient lies; left "+
			"and right may be exchanged and slices may not be axial.", name))
	}
	if im.Kind == Uint8 && !scaled {
		im.Slope, im.Intercept = series.AssumedScale()
		s.Calibrated = false
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s holds 8-bit grey values, not HU; they "+
			"are shown in an assumed lung window, so nothing can be measured by HU.", name))
	} else if im.Kind.Float() {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s holds floating-point values without a "+
			"unit; they are taken as HU and rounded to whole HU.", name))
	}
	return s
}
