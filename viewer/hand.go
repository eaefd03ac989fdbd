package viewer

// Hand is what the pointer does over the picture, and how it looks there.
type Hand struct {
	Gesture Gesture
	Cursor  Cursor
}

// Gesture is what dragging with the left button means.
type Gesture uint8

// The gestures.
const (
	Pan     Gesture = iota // the picture follows the pointer
	Draw                   // a Stroke follows the pointer
	Enclose                // the pointer draws a line, and what is inside it is changed
)

// Cursor is how the pointer looks.
type Cursor uint8

// The cursors.
const (
	Arrow Cursor = iota
	Cross
	TipOutline // the outline of the brush's Tip takes its place
)
