package session

import (
	"context"
	"fmt"
	"math"
	"time"

	"glasswork/dataset"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// reading is the study that is open.
type reading struct {
	project.Study
	series   *volume.Series
	loader   *dataset.Loader
	labels   *project.Annotation
	measures *viewer.Measures
	history  viewer.History[*edit]
	stroke   *viewer.Stroke
	painted  time.Time // when findings were last told about the stroke in progress

	uncertainty []float64         // per slice, NaN where unknown
	withheld    map[int]withheld  // predictions for slices that a person had touched
	saved       *project.Revision // the last revision; nil: none yet
	edits       int               // changes of labels or review so far
	savedEdits  int               // of them are in the last revision

	// stored is closed when the voxels are in the project or could not be put there: storeErr.
	stored   chan struct{}
	storeErr error
	cancel   context.CancelFunc
}

// unsaved reports labels that are in the journal but in no revision yet.
func (r *reading) unsaved() bool { return r.edits != r.savedEdits }

// close stops loading and waits for it; the series' files are released.
func (r *reading) close() {
	r.cancel()
	r.loader.Close()
	_ = r.series.Close() // nothing was written through it
}

// Slice is the slice looked at, 0 the first.
func (s *Session) Slice() int { return s.slice }

// Slices is how many the open study has, 0 without one.
func (s *Session) Slices() int {
	if s.reading == nil {
		return 0
	}
	return s.reading.Slices
}

// GoTo looks at slice z, or the nearest there is. Its voxels are loaded next.
func (s *Session) GoTo(z int) {
	r := s.reading
	if r == nil {
		return
	}
	z = min(max(z, 0), r.Slices-1)
	if z == s.slice {
		return
	}
	if r.stroke != nil {
		s.Release()
	}
	s.slice = z
	r.loader.Want(z)
	s.changed(TopicSlice | TopicFindings)
}

// Voxels returns slice z's HU, nil while it is not loaded, and its labels, both [y,x] and
// to be read before the next event only.
func (s *Session) Voxels(z int) (hu []int16, labels []uint8) {
	r := s.reading
	if r == nil || z < 0 || z >= r.Slices {
		return nil, nil
	}
	if r.loader.Loaded(z) {
		hu = r.loader.Volume().Slice(z)
	}
	return hu, r.labels.Labels.Slice(z)
}

// Loaded is how many slices of the open study have been read, of how many.
func (s *Session) Loaded() (done, all int) {
	if s.reading == nil {
		return 0, 0
	}
	for z := range s.reading.Slices {
		if s.reading.loader.Loaded(z) {
			done++
		}
	}
	return done, s.reading.Slices
}

// StudyInfo is what the window says about the open study.
type StudyInfo struct {
	project.Study
	// Thickness is the slices' in mm, 0 if unknown.
	Thickness float64
	// Date is YYYY-MM-DD, or empty.
	Date string
	// Warnings say what measurements are worth.
	Warnings []string
}

// Study is the open study; ok is false if there is none.
func (s *Session) Study() (info StudyInfo, ok bool) {
	r := s.reading
	if r == nil {
		return info, false
	}
	return StudyInfo{Study: r.Study, Thickness: r.series.Thickness, Date: r.series.Date, Warnings: r.series.Warnings}, true
}

// Identity is who the patient is: shown only when the user asks for it, never logged.
func (s *Session) Identity() (name, id string) {
	if s.reading == nil {
		return "", ""
	}
	return s.reading.series.PatientName, s.reading.series.PatientID
}

// Title is the window's: it never says who the patient is.
func (s *Session) Title() string {
	if s.reading == nil {
		return "Glasswork"
	}
	return s.reading.Alias + " – Glasswork"
}

// Captions are the texts over the picture's top corners: the series, and who proposed
// the labels of this slice.
func (s *Session) Captions() (series, proposer string) {
	r := s.reading
	if r == nil {
		return "", ""
	}
	series = r.Description
	if series == "" {
		series = r.Alias
	}
	series += fmt.Sprintf("   %d", r.Slices)
	if mm := r.Geometry.Spacing()[0]; r.Measurable && mm > 0 {
		series += fmt.Sprintf(" × %s mm", viewer.Number(mm, 1))
	}
	state := r.labels.Slices[s.slice]
	switch {
	case state.Source != "":
		proposer = "imported from " + state.Source
	case state.Model != "" && state.Touched:
		proposer = "proposed by " + state.Model + ", corrected"
	case state.Model != "":
		proposer = "proposed by " + state.Model
	case state.Source != "":
		proposer = "imported from " + state.Source
	case state.Touched:
		proposer = "drawn by hand"
	}
	return series, proposer
}

// pointer is the voxel under the mouse.
type pointer struct {
	x, y int
	ok   bool
}

// Point tells which voxel of the slice is under the pointer; ok is false beside it.
func (s *Session) Point(x, y int, ok bool) {
	if p := (pointer{x, y, ok}); p != s.pointer {
		s.pointer = p
		s.changed(TopicPointer)
	}
}

// Here says what is under the pointer, such as "HU −712   x 41.2 y −88.0 z −212.5 mm",
// or nothing.
func (s *Session) Here() string {
	r := s.reading
	if r == nil || !s.pointer.ok || s.pointer.x >= r.Geometry.Size[2] || s.pointer.y >= r.Geometry.Size[1] {
		return ""
	}
	text := ""
	if hu, _ := s.Voxels(s.slice); hu != nil {
		unit := "HU "
		if !r.Calibrated {
			unit = "about HU "
		}
		text = unit + viewer.Number(float64(hu[s.pointer.y*r.Geometry.Size[2]+s.pointer.x]), 0)
	}
	if !r.Measurable {
		return text
	}
	p := r.Geometry.ToMM(float64(s.slice), float64(s.pointer.y), float64(s.pointer.x))
	return text + fmt.Sprintf("   x %s y %s z %s mm", viewer.Number(p[0], 1), viewer.Number(p[1], 1), viewer.Number(p[2], 1))
}

// Measurable reports whether mm and ml of the open study can be trusted.
func (s *Session) Measurable() bool { return s.reading != nil && s.reading.Measurable }

// PositionText is where the slice lies, such as "slice 31 / 64   −212.5 mm".
func (s *Session) PositionText() string {
	r := s.reading
	if r == nil {
		return ""
	}
	text := fmt.Sprintf("slice %d / %d", s.slice+1, r.Slices)
	if !r.Measurable {
		return text
	}
	mid := r.Geometry.ToMM(float64(s.slice), float64(r.Geometry.Size[1]-1)/2, float64(r.Geometry.Size[2]-1)/2)
	return text + "   " + viewer.Number(mid[2], 1) + " mm"
}

// unknown is n times "not known".
func unknown(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}
