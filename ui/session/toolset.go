package session

import (
	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// Tool is one of the tools of the hand.
type Tool uint8

// The tools. Look changes no labels.
const (
	Look Tool = iota
	Brush
	Lasso
	numTools
)

// toolset is all that is known of each tool. A new tool is a constant and an entry here.
var toolset = [numTools]struct {
	// name is what menus and panels call it; key is the key that takes it in hand.
	name, key string
	hand      viewer.Hand
	// says is what the left button does: a sentence, or the beginning of one that goes on
	// with the class and its HU limits.
	says func(b toolbox) string

	// Of a tool that paints along the pointer's path: it begins a stroke.
	draw func(l *volume.LabelMap, hu []int16, z int, o viewer.StrokeOptions) *viewer.Stroke
	// Of a tool that works inside a closed line: it says what changes there.
	enclose func(
		l *volume.LabelMap, hu []int16, z int, line []viewer.Point, o viewer.StrokeOptions,
	) (volume.Patch, bool)
}{
	Look: {
		name: "Look", hand: viewer.Hand{Gesture: viewer.Pan, Cursor: viewer.Arrow},
		says: func(toolbox) string { return "look: drag moves the picture" },
	},
	Brush: {
		name: "Brush", key: "T", hand: viewer.Hand{Gesture: viewer.Draw, Cursor: viewer.TipOutline},
		says: func(b toolbox) string {
			return b.verb("brush") + " " + viewer.Millimetres(b.tip.DiameterMM)
		},
		draw: viewer.NewStroke,
	},
	Lasso: {
		name: "Lasso", key: "O", hand: viewer.Hand{Gesture: viewer.Enclose, Cursor: viewer.Cross},
		says:    func(b toolbox) string { return b.verb("lasso") },
		enclose: viewer.LassoPatch,
	},
}

// AllTools lists the tools in the order in which they are offered.
func AllTools() []Tool {
	all := make([]Tool, numTools)
	for i := range all {
		all[i] = Tool(i)
	}
	return all
}

// Name is what menus and panels call the tool.
func (t Tool) Name() string { return toolset[t].name }

// Key is the key that takes the tool in hand; empty: Escape does.
func (t Tool) Key() string { return toolset[t].key }

func (t Tool) hand() viewer.Hand { return toolset[t].hand }

// sentence says what the left button will do.
func (b toolbox) sentence() string {
	text := toolset[b.tool].says(b)
	if b.tool == Look || b.erase {
		return text
	}
	return text + ", " + classes.Name(b.class) + ", " + b.ranges[b.class].String()
}

// verb is what a tool does: its name, or what it erases.
func (b toolbox) verb(name string) string {
	switch {
	case !b.erase:
		return name
	case b.class == classes.LungsOther:
		return "erase everything"
	}
	return "erase lesions"
}
