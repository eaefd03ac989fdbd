package session

import (
	"image/color"
	"math"
	"strings"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/viewer"
)

// Measuring says how much there is of each class, in the study and slice by slice.
type Measuring struct {
	reading *Reading
	display *Display
	tools   *Tools
}

// ClassMeasure is one class as the findings panel shows it.
type ClassMeasure struct {
	Class classes.Class
	Name  string
	Color color.RGBA
	// ML is the volume in ml and AreaMM2 the area on the slice looked at: for LungsOther those
	// of the whole lung, lesions included, of which NormalML is without lesions. Percent is the
	// share of the whole lung. NaN where it cannot be measured, and Percent also while there are
	// slices of which nobody has said where the lung is.
	ML, NormalML, AreaMM2, Percent float64
	// Visible is drawn, Active is being painted.
	Visible, Active bool
}

// Classes are all but background, in their order. They follow a stroke while it is painted.
func (m *Measuring) Classes() []ClassMeasure {
	out := make([]ClassMeasure, 0, classes.Labels-1)
	style := m.display.state.style
	known, all := m.Known()
	complete := known == all
	for c := classes.GroundGlass; c < classes.Labels; c++ {
		f := ClassMeasure{
			Class: c, Name: classes.Name(c), Color: style.Palette.Colors[c],
			Visible: style.Visible[c], Active: m.tools.hand.class == c,
			ML: math.NaN(), NormalML: math.NaN(), Percent: math.NaN(), AreaMM2: math.NaN(),
		}
		if c == classes.LungsOther {
			f.Name = "lung"
		}
		if st := m.reading.open; st != nil {
			st.measure(&f, m.reading.slice, complete)
		}
		out = append(out, f)
	}
	return out
}

// Lesions is the sentence about all lesions of the study together, whatever their kind, such as
// "All lesions 212 ml   4.1 % of lung"; empty if nothing can be measured.
func (m *Measuring) Lesions() string {
	st := m.reading.open
	if st == nil || !st.Measurable {
		return ""
	}
	ml, percent := st.shown().Lesions()
	text := "All lesions " + viewer.Millilitres(ml)
	if known, all := m.Known(); known == all && !math.IsNaN(percent) {
		text += "   " + viewer.Percent(percent) + " of lung"
	}
	return text
}

// measure fills in how much there is of a class, in the study and on slice z.
func (st *study) measure(f *ClassMeasure, z int, complete bool) {
	if complete {
		f.Percent = st.shown().PercentOfLung(f.Class)
	}
	if !st.Measurable {
		return
	}
	f.ML, f.AreaMM2 = st.shown().ML(f.Class), st.shown().AreaMM2(z, f.Class)
	if f.Class == classes.LungsOther {
		f.NormalML, f.AreaMM2 = st.shown().NormalML(), st.shown().LungAreaMM2(z)
	}
}

// Known is on how many slices somebody has said what there is, of all: a model, an import or
// a person. Only when it is all of them is a volume that of the study.
func (m *Measuring) Known() (known, all int) {
	st := m.reading.open
	if st == nil {
		return 0, 0
	}
	for _, state := range st.labels.Slices {
		if state != (project.SliceState{}) {
			known++
		}
	}
	return known, st.Slices
}

// Text is the measure as a report writes it, such as "212 ml   4.1 % of lung", or "5.2 l".
func (f ClassMeasure) Text() string {
	text := viewer.Millilitres(f.ML)
	if f.Class != classes.LungsOther && !math.IsNaN(f.Percent) {
		text += "   " + viewer.Percent(f.Percent) + " of lung"
	}
	return text
}

// Detail is what may be left out where there is no room, such as "84 mm² here", or
// "of which normal 4.9 l, 212 cm² here".
func (f ClassMeasure) Detail() string {
	var parts []string
	if f.Class == classes.LungsOther && f.NormalML < f.ML {
		parts = append(parts, "of which normal "+viewer.Millilitres(f.NormalML))
	}
	if f.AreaMM2 > 0 {
		parts = append(parts, viewer.Area(f.AreaMM2)+" here")
	}
	return strings.Join(parts, ", ")
}

// Survey is the study at a glance, one entry a slice.
type Survey struct {
	Slices int
	// GroundGlass, Consolidation and Lesion, whose kind nobody has told, are areas in mm², in
	// voxels of 1 mm where nothing can be measured.
	GroundGlass, Consolidation, Lesion []float64
	Reviewed, Loaded                   []bool
	// Ends are what lies beyond the first and the last slice: "feet" and "head", or nothing.
	Ends [2]string
	// Uncertainty of the model, 0 to 1; NaN where it is not known.
	Uncertainty []float64
	// Colors are the overlay palette's.
	Colors [classes.Labels]color.RGBA
}

// Survey returns the open study at a glance; the slices in it are the caller's.
func (m *Measuring) Survey() Survey {
	out := Survey{Colors: m.display.state.style.Palette.Colors}
	st := m.reading.open
	if st == nil {
		return out
	}
	out.Slices = st.Slices
	out.Ends = viewer.Ends(st.Geometry)
	out.Uncertainty = append([]float64(nil), st.proposals.uncertainty...)
	for z := range st.Slices {
		out.GroundGlass = append(out.GroundGlass, st.shown().AreaMM2(z, classes.GroundGlass))
		out.Consolidation = append(out.Consolidation, st.shown().AreaMM2(z, classes.Consolidation))
		out.Lesion = append(out.Lesion, st.shown().AreaMM2(z, classes.Lesion))
		out.Reviewed = append(out.Reviewed, st.reviewed(z))
		out.Loaded = append(out.Loaded, st.loader.Loaded(z))
	}
	return out
}
