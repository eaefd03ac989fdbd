package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"glasswork/ui/pane"
)

// The colours of a dark room. Every grey that is text has a contrast of 7:1 or more on every
// ground it stands on; other colours than grey mean a finding, the current slice or a
// warning.
var (
	ground     = color.NRGBA{R: 0x08, G: 0x09, B: 0x0b, A: 0xff}
	panel      = color.NRGBA{R: 0x12, G: 0x14, B: 0x17, A: 0xff}
	raised     = color.NRGBA{R: 0x25, G: 0x28, B: 0x2d, A: 0xff}
	line       = color.NRGBA{R: 0x2e, G: 0x32, B: 0x38, A: 0xff}
	inkStrong  = color.NRGBA{R: 0xee, G: 0xf0, B: 0xf2, A: 0xff}
	ink        = color.NRGBA{R: 0xd2, G: 0xd6, B: 0xdb, A: 0xff}
	inkQuiet   = color.NRGBA{R: 0xb0, G: 0xb6, B: 0xbe, A: 0xff}
	faint      = color.NRGBA{R: 0x6a, G: 0x71, B: 0x7a, A: 0xff} // marks, never text
	current    = color.NRGBA{R: 0xff, G: 0xc4, B: 0x3d, A: 0xff}
	warning    = color.NRGBA{R: 0xff, G: 0xb0, B: 0x5c, A: 0xff}
	failure    = color.NRGBA{R: 0xff, G: 0x9c, B: 0x8a, A: 0xff}
	veil       = color.NRGBA{A: 0xd4} // over what waits behind a sheet
	hoverVeil  = color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0x12}
	pressVeil  = color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0x26}
	selectVeil = color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0x20}
)

var colors = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:          ground,
	theme.ColorNameButton:              raised,
	theme.ColorNameDisabledButton:      panel,
	theme.ColorNameDisabled:            inkQuiet,
	theme.ColorNameError:               failure,
	theme.ColorNameFocus:               color.NRGBA{R: 0x8a, G: 0x91, B: 0x9a, A: 0x80},
	theme.ColorNameForeground:          menuInk{ink},
	theme.ColorNameForegroundOnError:   ground,
	theme.ColorNameForegroundOnPrimary: ground,
	theme.ColorNameForegroundOnSuccess: ground,
	theme.ColorNameForegroundOnWarning: ground,
	theme.ColorNameHeaderBackground:    panel,
	theme.ColorNameHover:               hoverVeil,
	theme.ColorNameHyperlink:           inkStrong,
	theme.ColorNameInputBackground:     color.NRGBA{R: 0x1b, G: 0x1e, B: 0x22, A: 0xff},
	theme.ColorNameInputBorder:         faint,
	theme.ColorNameMenuBackground:      color.NRGBA{R: 0x1b, G: 0x1e, B: 0x22, A: 0xff},
	theme.ColorNameOverlayBackground:   color.NRGBA{R: 0x17, G: 0x1a, B: 0x1e, A: 0xff},
	theme.ColorNamePlaceHolder:         inkQuiet,
	theme.ColorNamePressed:             pressVeil,
	theme.ColorNamePrimary:             ink,
	theme.ColorNameScrollBar:           faint,
	theme.ColorNameScrollBarBackground: color.Transparent,
	theme.ColorNameSelection:           selectVeil,
	theme.ColorNameSeparator:           line,
	theme.ColorNameShadow:              color.NRGBA{A: 0x80},
	theme.ColorNameSuccess:             ink,
	theme.ColorNameWarning:             warning,
}

// smallestText is from which size on something in sizes is a size of text or of an icon.
const smallestText = 12

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:               13,
	theme.SizeNameCaptionText:        12,
	theme.SizeNameSubHeadingText:     15,
	theme.SizeNameHeadingText:        19,
	theme.SizeNameInlineIcon:         16,
	theme.SizeNamePadding:            4,
	theme.SizeNameInnerPadding:       6,
	theme.SizeNameLineSpacing:        3,
	theme.SizeNameScrollBar:          10,
	theme.SizeNameScrollBarSmall:     3,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameInputBorder:        1,
	theme.SizeNameInputRadius:        4,
	theme.SizeNameSelectionRadius:    4,
}

// menuInk is a colour with an alpha just below full. Fyne 2.7 shows shortcuts in menus with the
// lower byte of 95 % of the text's 16-bit alpha, which makes them all but invisible at full alpha.
type menuInk struct{ color.NRGBA }

// RGBA returns the colour with the highest alpha that survives that.
func (c menuInk) RGBA() (r, g, b, a uint32) {
	r, g, b, _ = c.NRGBA.RGBA()
	return r, g, b, 0xffc9
}

// readingRoom is the application's theme. It is dark whatever the system prefers.
// Its text is scale times as large as usual.
type readingRoom struct{ scale float32 }

// Theme returns the theme of a dark reading room.
func Theme() fyne.Theme { return readingRoom{1} }

// Color returns our colour, or Fyne's dark one for what we do not name.
func (readingRoom) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if c, ok := colors[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, theme.VariantDark)
}

// Size returns our size, or Fyne's.
func (r readingRoom) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		if s >= smallestText {
			s *= r.scale
		}
		return s
	}
	return theme.DefaultTheme().Size(name)
}

// Font returns Fyne's font.
func (readingRoom) Font(style fyne.TextStyle) fyne.Resource {
	return theme.DefaultTheme().Font(style)
}

// Icon returns Fyne's icon.
func (readingRoom) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

// paneLook gives the reading pane the theme's colours.
func paneLook() pane.Look {
	return pane.Look{
		Ground: ground, Text: ink, Quiet: faint, Current: current,
		Size: theme.Size(theme.SizeNameText),
	}
}
