package ui

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// contrast is WCAG 2's contrast ratio of two opaque colours.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n.R) + 0.7152*linear(n.G) + 0.0722*linear(n.B)
}

func TestContrastKnown(t *testing.T) {
	if got := contrast(color.White, color.Black); math.Abs(got-21) > 0.01 {
		t.Fatalf("white on black is 21:1, got %.2f", got)
	}
}

func TestTextIsReadableOnEveryGround(t *testing.T) {
	th := Theme()
	texts := []fyne.ThemeColorName{
		theme.ColorNameForeground, theme.ColorNamePlaceHolder, theme.ColorNameDisabled,
		theme.ColorNameHyperlink,
		theme.ColorNameWarning, theme.ColorNameError, theme.ColorNamePrimary,
	}
	grounds := []fyne.ThemeColorName{
		theme.ColorNameBackground, theme.ColorNameButton, theme.ColorNameDisabledButton,
		theme.ColorNameInputBackground,
		theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground,
		theme.ColorNameHeaderBackground,
	}
	for _, text := range texts {
		for _, on := range grounds {
			if got := contrast(th.Color(text, theme.VariantLight),
				th.Color(on, theme.VariantLight)); got < 7 {
				t.Errorf("%s on %s has contrast %.1f:1, less than 7:1", text, on, got)
			}
		}
	}
	for _, pair := range [][2]fyne.ThemeColorName{
		{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary},
		{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning},
		{theme.ColorNameForegroundOnError, theme.ColorNameError},
	} {
		if got := contrast(th.Color(pair[0], 0), th.Color(pair[1], 0)); got < 7 {
			t.Errorf("%s on %s has contrast %.1f:1, less than 7:1", pair[0], pair[1], got)
		}
	}
	for _, text := range []color.Color{ink, inkQuiet, inkStrong} {
		if got := contrast(text, panel); got < 7 {
			t.Errorf("%v on a panel has contrast %.1f:1", text, got)
		}
	}
}

func TestGreysAreGrey(t *testing.T) {
	for _, c := range []color.NRGBA{ground, panel, raised, line, inkStrong, ink, inkQuiet, faint} {
		if spread := int(max(c.R, c.G, c.B)) - int(min(c.R, c.G, c.B)); spread > 24 {
			t.Errorf("%v is coloured; colour is for findings, the current slice and warnings", c)
		}
	}
}

func TestMenusShowTheirShortcuts(t *testing.T) {
	// What Fyne's menus do with the colour of text.
	_, _, _, a := Theme().Color(theme.ColorNameForeground, theme.VariantDark).RGBA()
	if got := uint8(uint32(float32(a) * 0.95)); got < 0xf0 {
		t.Errorf("shortcuts are drawn with alpha %d of 255", got)
	}
}
