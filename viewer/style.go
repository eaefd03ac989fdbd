package viewer

import (
	"image/color"

	"glasswork/dataset/classes"
)

// Palette gives every class its colour.
type Palette struct {
	Name   string
	Colors [classes.Labels]color.RGBA
}

// Palettes returns the palettes to choose from. The first is red and green, as radiologists expect.
// The next has colours that can be told apart with every common colour vision deficiency.
func Palettes() []Palette {
	common, safe := Palette{Name: "red and green"}, Palette{Name: "colour-blind safe"}
	for c, info := range classes.Table() {
		if c != int(classes.Background) {
			common.Colors[c], safe.Colors[c] = opaque(info.Color), opaque(info.SafeColor)
		}
	}
	return []Palette{common, safe}
}

func opaque(c [3]uint8) color.RGBA { return color.RGBA{R: c[0], G: c[1], B: c[2], A: 255} }

// Mode says how lesions are drawn.
type Mode uint8

// The modes. Lungs are drawn as an outline in every mode.
const (
	Fill Mode = iota
	Outline
	Both
)

// String names the mode as the window does.
func (m Mode) String() string { return [...]string{"fill", "outline", "both"}[m%3] }

// Style is how overlays look. Two equal styles (==) give equal pixels.
type Style struct {
	Palette Palette
	// Opacity is that of the filling, 0 to 1. Lines have twice this opacity, at most 1.
	Opacity float64
	Mode    Mode
	// Visible is per class; background is never drawn.
	Visible [classes.Labels]bool
}

// DefaultStyle shows everything: lesions filled and outlined.
func DefaultStyle() Style {
	return Style{
		Palette: Palettes()[0], Opacity: 0.4, Mode: Both,
		Visible: [classes.Labels]bool{false, true, true, true, true},
	}
}

// empty reports a style that draws nothing.
func (s Style) empty() bool {
	return s.Opacity <= 0 || s.Visible == [classes.Labels]bool{0: s.Visible[0]}
}
