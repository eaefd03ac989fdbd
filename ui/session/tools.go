package session

import (
	"glasswork/dataset/classes"
	"glasswork/dataset/words"
	"glasswork/viewer"
)

// Tools is the tool in hand and how it is set.
type Tools struct {
	*hub
	remember func() // what outlives a session has changed
	hand     toolbox
}

// toolbox is what the left mouse button does.
type toolbox struct {
	tool   Tool
	erase  bool
	class  classes.Class
	tip    viewer.Tip
	ranges [classes.Labels]viewer.HURange
}

func defaultToolbox() toolbox {
	t := toolbox{class: classes.GroundGlass, tip: viewer.Tip{DiameterMM: 8}}
	for c := range t.ranges {
		t.ranges[c] = viewer.RangeFor(classes.Class(c))
	}
	return t
}

// Tool is what the left mouse button does.
func (t *Tools) Tool() Tool { return t.hand.tool }

// Hand is what the pointer does over the picture with the tool in hand, and how it looks.
func (t *Tools) Hand() viewer.Hand { return t.hand.tool.hand() }

// Brush says what a tool that paints would do.
func (t *Tools) Brush() (tip viewer.Tip, class classes.Class, erase bool) {
	return t.hand.tip, t.hand.class, t.hand.erase
}

// Erasing reports whether a tool that paints erases instead.
func (t *Tools) Erasing() bool { return t.hand.erase }

// Painting reports whether the left button paints the class chosen.
func (t *Tools) Painting() bool { return t.hand.tool != Look && !t.hand.erase }

// Range limits painting of the class that is painted.
func (t *Tools) Range() viewer.HURange { return t.hand.ranges[t.hand.class] }

// Text says what the left button will do right now, such as "brush 8 mm, ground glass,
// HU −750…−300".
func (t *Tools) Text() string { return t.hand.sentence() }

// set changes the tool and remembers what outlives a session.
func (t *Tools) set(change func(*toolbox)) {
	before := t.hand
	change(&t.hand)
	if t.hand != before {
		t.remember()
		t.changed(TopicTool | TopicMeasures)
	}
}

// Take takes a tool in hand, to paint with if it paints.
func (t *Tools) Take(tool Tool) {
	t.set(func(b *toolbox) { b.tool, b.erase = tool, false })
}

// SetErase turns a tool that paints into an eraser, and takes up the brush if no such tool
// is in hand.
func (t *Tools) SetErase(on bool) {
	t.set(func(b *toolbox) {
		b.erase = on
		if on && b.tool == Look {
			b.tool = Brush
		}
	})
}

// SetClass chooses the class that is painted, and takes up the brush to paint it.
func (t *Tools) SetClass(c classes.Class) {
	if c == classes.Background || c >= classes.Labels {
		return
	}
	t.set(func(b *toolbox) {
		b.class, b.erase = c, false
		if b.tool == Look {
			b.tool = Brush
		}
	})
}

// SetTip sets the tip's size in mm.
func (t *Tools) SetTip(tip viewer.Tip) {
	tip.DiameterMM = min(max(tip.DiameterMM, viewer.SmallestTip), viewer.LargestTip)
	t.set(func(b *toolbox) { b.tip = tip })
}

// ResizeTip makes the tip larger (steps > 0) or smaller.
func (t *Tools) ResizeTip(steps int) { t.SetTip(t.hand.tip.Larger(steps)) }

// SetRange changes the HU limits of the class that is painted. They are remembered.
func (t *Tools) SetRange(r viewer.HURange) {
	if r.Min > r.Max {
		r.Min, r.Max = r.Max, r.Min
	}
	t.set(func(b *toolbox) { b.ranges[b.class] = r })
}

// ReadRange sets the HU limits as a person has written them. What cannot be understood changes
// nothing, and is said.
func (t *Tools) ReadRange(low, high string) {
	r, err := viewer.ReadRange(low, high)
	if err != nil {
		t.messages.Toast(words.UpperFirst(err.Error()) + ".")
		return
	}
	t.SetRange(r)
}

// ToggleRange turns the HU limits of the class that is painted on or off.
func (t *Tools) ToggleRange() {
	r := t.Range()
	r.On = !r.On
	t.SetRange(r)
}

// ResetRange brings back the usual HU limits of the class that is painted.
func (t *Tools) ResetRange() { t.SetRange(viewer.RangeFor(t.hand.class)) }

// putAway leaves the left button to moving the picture. It reports whether there was a
// tool in hand.
func (t *Tools) putAway() bool {
	if t.hand.tool == Look && !t.hand.erase {
		return false
	}
	t.Take(Look)
	return true
}

// options are those of a stroke that begins now.
func (t *Tools) options(erase bool) viewer.StrokeOptions {
	b := t.hand
	return viewer.StrokeOptions{
		Class: b.class, Tip: b.tip, HU: b.ranges[b.class], Erase: erase || b.erase,
	}
}
