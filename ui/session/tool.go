package session

import (
	"fmt"

	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// toolbox is what the left mouse button does.
type toolbox struct {
	tool   viewer.Tool
	erase  bool
	class  volume.Class
	tip    viewer.Tip
	ranges [volume.NumClasses]viewer.HURange
}

func defaultToolbox() toolbox {
	t := toolbox{class: volume.GroundGlass, tip: viewer.Tip{DiameterMM: 8}}
	for c := range t.ranges {
		t.ranges[c] = viewer.RangeFor(volume.Class(c))
	}
	return t
}

// Tool is what the left mouse button does.
func (s *Session) Tool() viewer.Tool { return s.hand.tool }

// Brush says what the brush or the lasso would do.
func (s *Session) Brush() (tip viewer.Tip, class volume.Class, erase bool) {
	return s.hand.tip, s.hand.class, s.hand.erase
}

// Range limits painting of the class that is painted.
func (s *Session) Range() viewer.HURange { return s.hand.ranges[s.hand.class] }

// setTool changes the tool and remembers what outlives a session.
func (s *Session) setTool(change func(*toolbox)) {
	before := s.hand
	change(&s.hand)
	if s.hand != before {
		s.remember()
		s.changed(TopicTool | TopicFindings)
	}
}

// SetTool chooses the tool.
func (s *Session) SetTool(t viewer.Tool) { s.setTool(func(b *toolbox) { b.tool = t }) }

// SetErase turns the brush or lasso into an eraser, and takes up the brush if no such tool is in hand.
func (s *Session) SetErase(on bool) {
	s.setTool(func(b *toolbox) {
		b.erase = on
		if on && b.tool == viewer.Look {
			b.tool = viewer.Brush
		}
	})
}

// SetClass chooses the class that is painted, and takes up the brush to paint it.
func (s *Session) SetClass(c volume.Class) {
	if c == volume.Background || c >= volume.NumClasses {
		return
	}
	s.setTool(func(b *toolbox) {
		b.class, b.erase = c, false
		if b.tool == viewer.Look {
			b.tool = viewer.Brush
		}
	})
}

// SetTip sets the tip's size in mm.
func (s *Session) SetTip(t viewer.Tip) {
	t.DiameterMM = min(max(t.DiameterMM, viewer.SmallestTip), viewer.LargestTip)
	s.setTool(func(b *toolbox) { b.tip = t })
}

// SetRange changes the HU limits of the class that is painted. They are remembered.
func (s *Session) SetRange(r viewer.HURange) {
	if r.Min > r.Max {
		r.Min, r.Max = r.Max, r.Min
	}
	s.setTool(func(b *toolbox) { b.ranges[b.class] = r })
}

// ResetRange brings back the usual HU limits of the class that is painted.
func (s *Session) ResetRange() { s.SetRange(viewer.RangeFor(s.hand.class)) }

// LeaveTool is Esc: a stroke in progress is given up, else the tool put away. It reports
// whether there was anything to leave.
func (s *Session) LeaveTool() bool {
	if r := s.reading; r != nil && r.stroke != nil {
		r.stroke.Abort()
		r.stroke = nil
		r.measures.Recount(r.labels.Labels, s.slice)
		s.changed(TopicLabels | TopicFindings | TopicStrip)
		return true
	}
	if s.hand.tool == viewer.Look && !s.hand.erase {
		return false
	}
	s.setTool(func(b *toolbox) { b.tool, b.erase = viewer.Look, false })
	return true
}

// ToolText says what the left button will do right now, such as "brush 8 mm, ground
// glass, HU −750…−300".
func (s *Session) ToolText() string {
	b := s.hand
	name := volume.ClassNames()[b.class]
	size := ""
	switch b.tool {
	case viewer.Look:
		return "look: drag moves the picture"
	case viewer.Brush:
		size = fmt.Sprintf(" %s mm", viewer.Number(b.tip.DiameterMM, digits(b.tip.DiameterMM)))
	}
	if b.erase {
		if b.class == volume.LungsOther {
			return "erase everything" + size
		}
		return "erase lesions" + size
	}
	return b.tool.String() + size + ", " + name + ", " + b.ranges[b.class].String()
}

func digits(mm float64) int {
	if mm == float64(int(mm)) {
		return 0
	}
	return 1
}

// options are those of a stroke that begins now.
func (s *Session) options(erase bool) viewer.StrokeOptions {
	b := s.hand
	return viewer.StrokeOptions{Class: b.class, Tip: b.tip, HU: b.ranges[b.class], Erase: erase || b.erase}
}
