package session

import (
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// look is how the picture is drawn.
type look struct {
	window viewer.WindowLevel
	style  viewer.Style
	hidden bool
}

func defaultLook() look {
	return look{window: viewer.Presets()[0].WindowLevel, style: viewer.DefaultStyle()}
}

// Window is the window/level in HU.
func (s *Session) Window() viewer.WindowLevel { return s.look.window }

// SetWindow sets the window/level.
func (s *Session) SetWindow(wl viewer.WindowLevel) {
	wl.Width = max(wl.Width, 1)
	if wl != s.look.window {
		s.look.window = wl
		s.changed(TopicLook)
	}
}

// UsePreset sets the window of preset i of viewer.Presets: keys 1 to 4 are 0 to 3.
func (s *Session) UsePreset(i int) {
	if all := viewer.Presets(); i >= 0 && i < len(all) {
		s.SetWindow(all[i].WindowLevel)
	}
}

// AutoWindow sets the window that suits the slice looked at.
func (s *Session) AutoWindow() {
	if hu, _ := s.Voxels(s.slice); hu != nil {
		s.SetWindow(viewer.Auto(hu))
	}
}

// Style is how overlays are drawn now; while they are hidden nothing in it is visible.
func (s *Session) Style() viewer.Style {
	st := s.look.style
	if s.look.hidden {
		st.Visible = [volume.NumClasses]bool{}
	}
	return st
}

// Hide hides all overlays while on.
func (s *Session) Hide(on bool) {
	if s.look.hidden != on {
		s.look.hidden = on
		s.changed(TopicLook)
	}
}

// setStyle changes the style and remembers it.
func (s *Session) setStyle(change func(*viewer.Style)) {
	before := s.look.style
	change(&s.look.style)
	if s.look.style != before {
		s.remember()
		s.changed(TopicLook | TopicFindings | TopicStrip)
	}
}

// SetOpacity sets the overlays' opacity, 0 to 1.
func (s *Session) SetOpacity(v float64) {
	s.setStyle(func(st *viewer.Style) { st.Opacity = min(max(v, 0), 1) })
}

// SetMode draws overlays filled, outlined or both.
func (s *Session) SetMode(m viewer.Mode) { s.setStyle(func(st *viewer.Style) { st.Mode = m }) }

// SetPalette chooses palette i of viewer.Palettes.
func (s *Session) SetPalette(i int) {
	if all := viewer.Palettes(); i >= 0 && i < len(all) {
		s.setStyle(func(st *viewer.Style) { st.Palette = all[i] })
	}
}

// SetVisible shows or hides one class.
func (s *Session) SetVisible(c volume.Class, on bool) {
	if c < volume.NumClasses {
		s.setStyle(func(st *viewer.Style) { st.Visible[c] = on })
	}
}
