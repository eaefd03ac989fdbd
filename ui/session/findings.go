package session

import (
	"image/color"
	"math"

	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// Finding is one class as the findings panel shows it.
type Finding struct {
	Class volume.Class
	Name  string
	Color color.RGBA
	// ML is the volume in ml, of the whole lung for LungsOther; Percent the share of the
	// lung; AreaMM2 the area on the slice looked at. NaN where it cannot be measured.
	ML, Percent, AreaMM2 float64
	// Visible is drawn, Active is being painted.
	Visible, Active bool
}

// Findings are the classes but background, in their order. They follow a stroke while it
// is painted.
func (s *Session) Findings() []Finding {
	out := make([]Finding, 0, volume.NumClasses-1)
	names, st := volume.ClassNames(), s.look.style
	for c := volume.GroundGlass; c < volume.NumClasses; c++ {
		f := Finding{
			Class: c, Name: names[c], Color: st.Palette.Colors[c], Visible: st.Visible[c], Active: s.hand.class == c,
			ML: math.NaN(), Percent: math.NaN(), AreaMM2: math.NaN(),
		}
		if r := s.reading; r != nil {
			f.Percent = r.measures.PercentOfLung(c)
			if r.Measurable {
				f.ML, f.AreaMM2 = r.measures.ML(c), r.measures.AreaMM2(s.slice, c)
			}
		}
		out = append(out, f)
	}
	return out
}

// Text is the finding as a report writes it, such as "212 ml   4.1 %".
func (f Finding) Text() string {
	if f.Class == volume.LungsOther {
		return viewer.Millilitres(f.ML)
	}
	return viewer.Millilitres(f.ML) + "   " + viewer.Percent(f.Percent)
}

// Survey is the study at a glance, one entry a slice.
type Survey struct {
	Slices int
	// GroundGlass and Consolidation are areas in mm², in voxels of 1 mm where nothing can be measured.
	GroundGlass, Consolidation []float64
	Reviewed, Loaded           []bool
	// Uncertainty of the model, 0 to 1; NaN where it is not known.
	Uncertainty []float64
	// Colors are the overlay palette's.
	Colors [volume.NumClasses]color.RGBA
}

// Survey returns the open study at a glance; the slices in it are the caller's.
func (s *Session) Survey() Survey {
	out := Survey{Colors: s.look.style.Palette.Colors}
	r := s.reading
	if r == nil {
		return out
	}
	out.Slices = r.Slices
	out.Uncertainty = append([]float64(nil), r.uncertainty...)
	for z := range r.Slices {
		out.GroundGlass = append(out.GroundGlass, r.measures.AreaMM2(z, volume.GroundGlass))
		out.Consolidation = append(out.Consolidation, r.measures.AreaMM2(z, volume.Consolidation))
		out.Reviewed = append(out.Reviewed, r.labels.Slices[z].Reviewed)
		out.Loaded = append(out.Loaded, r.loader.Loaded(z))
	}
	return out
}
