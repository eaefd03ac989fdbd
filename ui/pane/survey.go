package pane

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"glasswork/dataset/classes"
)

// Heights in the strip, in device pixels.
const (
	reviewedHeight = 4 // the band of marks at the bottom
	reviewedGap    = 2 // between it and the bars
	fullScale      = 100.0
)

// draw paints the survey over the whole of dst. The highest bar fills the height, but a
// study with little to find is not blown up: full scale is at least 100 mm².
func (s Survey) draw(dst *image.RGBA, look Look) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	draw.Draw(dst, dst.Rect, image.NewUniform(look.Ground), image.Point{}, draw.Src)
	floor := h - reviewedHeight - reviewedGap
	if s.Slices <= 0 || floor <= 0 {
		return
	}
	scale := fullScale
	for z := range s.Slices {
		scale = max(scale, s.lesion(z))
	}
	quiet := color.RGBAModel.Convert(look.Quiet).(color.RGBA)
	current := color.RGBAModel.Convert(look.Text).(color.RGBA)
	for x := range w {
		first, last := s.under(x, w)
		top, reviewed, loaded, unsure := s.column(first, last)
		height := func(area float64) int { return int(math.Round(area / scale * float64(floor))) }
		consolidation := height(at(s.Consolidation, top))
		told := height(at(s.Consolidation, top) + at(s.GroundGlass, top))
		column(dst, x, floor-height(s.lesion(top)), floor-told, s.Colors[classes.Lesion])
		column(dst, x, floor-told, floor-consolidation, s.Colors[1])
		column(dst, x, floor-consolidation, floor, s.Colors[2])
		if loaded {
			column(dst, x, floor, floor+1, quiet)
		}
		if reviewed {
			column(dst, x, h-reviewedHeight, h, current)
		}
		if unsure > 0 {
			y := int(math.Round((1 - min(unsure, 1)) * float64(floor-1)))
			column(dst, x, y, y+1, quiet)
		}
	}
}

// under returns the slices first to last, excluded, that pixel column x of w stands for: one
// if the strip is wider than the study is long.
func (s Survey) under(x, w int) (first, last int) {
	first = x * s.Slices / w
	return first, max((x+1)*s.Slices/w, first+1)
}

// column sums up the slices of one pixel column: the one with the most findings, and whether
// all are reviewed and loaded.
func (s Survey) column(first, last int) (top int, reviewed, loaded bool, unsure float64) {
	top, reviewed, loaded = first, true, true
	for z := first; z < last; z++ {
		if s.lesion(z) > s.lesion(top) {
			top = z
		}
		reviewed = reviewed && z < len(s.Reviewed) && s.Reviewed[z]
		loaded = loaded && z < len(s.Loaded) && s.Loaded[z]
		unsure = max(unsure, at(s.Uncertainty, z))
	}
	return top, reviewed, loaded, unsure
}

// lesion is the area of all lesions on slice z.
func (s Survey) lesion(z int) float64 {
	return at(s.GroundGlass, z) + at(s.Consolidation, z) + at(s.Lesion, z)
}

// at is v[z], or 0 if that is missing or not a number.
func at(v []float64, z int) float64 {
	if z >= len(v) || !(v[z] > 0) {
		return 0
	}
	return v[z]
}

func column(dst *image.RGBA, x, y0, y1 int, c color.RGBA) {
	for y := max(y0, 0); y < min(y1, dst.Rect.Dy()); y++ {
		dst.SetRGBA(x, y, c)
	}
}
