package session

import (
	"image/color"
	"math"

	"glasswork/dataset/classes"
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
	// ML is the volume in ml, of the whole lung for LungsOther; Percent the share of the
	// lung; AreaMM2 the area on the slice looked at. NaN where it cannot be measured.
	ML, Percent, AreaMM2 float64
	// Visible is drawn, Active is being painted.
	Visible, Active bool
}

// Classes are all but background, in their order. They follow a stroke while it is painted.
func (m *Measuring) Classes() []ClassMeasure {
	out := make([]ClassMeasure, 0, classes.Count-1)
	names, style := classes.Names(), m.display.state.style
	for c := classes.GroundGlass; c < classes.Count; c++ {
		f := ClassMeasure{
			Class: c, Name: names[c], Color: style.Palette.Colors[c],
			Visible: style.Visible[c], Active: m.tools.hand.class == c,
			ML: math.NaN(), Percent: math.NaN(), AreaMM2: math.NaN(),
		}
		if st := m.reading.open; st != nil {
			f.Percent = st.measures.PercentOfLung(c)
			if st.Measurable {
				f.ML, f.AreaMM2 = st.measures.ML(c), st.measures.AreaMM2(m.reading.slice, c)
			}
		}
		out = append(out, f)
	}
	return out
}

// Text is the measure as a report writes it, such as "212 ml   4.1 %".
func (f ClassMeasure) Text() string {
	if f.Class == classes.LungsOther {
		return viewer.Millilitres(f.ML)
	}
	return viewer.Millilitres(f.ML) + "   " + viewer.Percent(f.Percent)
}

// Survey is the study at a glance, one entry a slice.
type Survey struct {
	Slices int
	// GroundGlass and Consolidation are areas in mm², in voxels of 1 mm where nothing can
	// be measured.
	GroundGlass, Consolidation []float64
	Reviewed, Loaded           []bool
	// Uncertainty of the model, 0 to 1; NaN where it is not known.
	Uncertainty []float64
	// Colors are the overlay palette's.
	Colors [classes.Count]color.RGBA
}

// Survey returns the open study at a glance; the slices in it are the caller's.
func (m *Measuring) Survey() Survey {
	out := Survey{Colors: m.display.state.style.Palette.Colors}
	st := m.reading.open
	if st == nil {
		return out
	}
	out.Slices = st.Slices
	out.Uncertainty = append([]float64(nil), st.proposals.uncertainty...)
	for z := range st.Slices {
		out.GroundGlass = append(out.GroundGlass, st.measures.AreaMM2(z, classes.GroundGlass))
		out.Consolidation = append(out.Consolidation, st.measures.AreaMM2(z, classes.Consolidation))
		out.Reviewed = append(out.Reviewed, st.labels.Slices[z].Reviewed)
		out.Loaded = append(out.Loaded, st.loader.Loaded(z))
	}
	return out
}
