package session

import (
	"strings"

	"glasswork/dataset/classes"
	"glasswork/viewer"
)

// Display is how the picture is drawn: window/level and overlays.
type Display struct {
	*hub
	remember func() // what outlives a session has changed
	state    display
}

type display struct {
	window viewer.WindowLevel
	style  viewer.Style
	hidden bool
}

func defaultDisplay() display {
	return display{window: viewer.Presets()[0].WindowLevel, style: viewer.DefaultStyle()}
}

// Window is the window/level in HU.
func (d *Display) Window() viewer.WindowLevel { return d.state.window }

// SetWindow sets the window/level.
func (d *Display) SetWindow(wl viewer.WindowLevel) {
	wl.Width = max(wl.Width, 1)
	if wl != d.state.window {
		d.state.window = wl
		d.changed(TopicDisplay)
	}
}

// UsePreset sets the window of preset i of viewer.Presets: keys 1 to 4 are 0 to 3.
func (d *Display) UsePreset(i int) {
	if all := viewer.Presets(); i >= 0 && i < len(all) {
		d.SetWindow(all[i].WindowLevel)
	}
}

// AutoWindow sets the window that suits a slice's HU ([y,x]); nil changes nothing.
func (d *Display) AutoWindow(hu []int16) {
	if hu != nil {
		d.SetWindow(viewer.Auto(hu))
	}
}

// Style is how overlays are drawn now; while they are hidden nothing in it is visible.
func (d *Display) Style() viewer.Style {
	st := d.state.style
	if d.state.hidden {
		st.Visible = [classes.Labels]bool{}
	}
	return st
}

// Hide hides all overlays while on.
func (d *Display) Hide(on bool) {
	if d.state.hidden != on {
		d.state.hidden = on
		d.changed(TopicDisplay)
	}
}

// reveal shows classes that are about to change or have just been changed, because nothing
// is to change unseen. It returns what it had to show, such as "ground glass", or nothing.
func (d *Display) reveal(all ...classes.Class) (shown string) {
	var names []string
	style := d.state.style
	for _, c := range all {
		if c != classes.Background && !style.Visible[c] {
			names = append(names, classes.Names()[c])
			style.Visible[c] = true
		}
	}
	if style.Opacity <= 0 && len(all) > 0 {
		names = append(names, "the overlay")
		style.Opacity = viewer.DefaultStyle().Opacity
	}
	if len(names) > 0 {
		d.setStyle(func(now *viewer.Style) { *now = style })
	}
	return strings.Join(names, " and ")
}

// setStyle changes the style and remembers it.
func (d *Display) setStyle(change func(*viewer.Style)) {
	before := d.state.style
	change(&d.state.style)
	if d.state.style != before {
		d.remember()
		d.changed(TopicDisplay | TopicMeasures | TopicStrip)
	}
}

// SetOpacity sets the overlays' opacity, 0 to 1.
func (d *Display) SetOpacity(v float64) {
	d.setStyle(func(st *viewer.Style) { st.Opacity = min(max(v, 0), 1) })
}

// SetMode draws overlays filled, outlined or both.
func (d *Display) SetMode(m viewer.Mode) { d.setStyle(func(st *viewer.Style) { st.Mode = m }) }

// SetPalette chooses palette i of viewer.Palettes.
func (d *Display) SetPalette(i int) {
	if all := viewer.Palettes(); i >= 0 && i < len(all) {
		d.setStyle(func(st *viewer.Style) { st.Palette = all[i] })
	}
}

// SetVisible shows or hides one class.
func (d *Display) SetVisible(c classes.Class, on bool) {
	if c < classes.Labels {
		d.setStyle(func(st *viewer.Style) { st.Visible[c] = on })
	}
}
