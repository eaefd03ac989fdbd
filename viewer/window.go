// Package viewer turns CT slices and label maps into pixels, and pointer movements
// into label changes. It holds what a reading pane needs and a test can call without
// a display: window/level, overlay rendering, viewport, brush, lasso, undo history
// and measurements. It knows no widget, no file and no network.
//
// Slices are [y,x], x fastest. Continuous positions on a slice are voxel coordinates
// in which the centre of voxel (i,j) is (i,j), as in volume.Geometry's indices.
package viewer

import (
	"fmt"
	"math"
)

// WindowLevel maps HU to grey: Center −Width/2 is black, Center +Width/2 is white.
type WindowLevel struct{ Center, Width float64 } // HU

// Preset is a window with the name that radiologists use.
type Preset struct {
	Name string
	WindowLevel
}

// Presets returns the windows of the keys 1 to 4, in that order.
func Presets() []Preset {
	return []Preset{
		{"lung", WindowLevel{Center: -600, Width: 1500}},
		{"mediastinum", WindowLevel{Center: 40, Width: 400}},
		{"bone", WindowLevel{Center: 350, Width: 2000}},
		{"lung wide", WindowLevel{Center: -500, Width: 1600}},
	}
}

// Auto returns a window from the 1st to the 99.5th percentile of a slice. The smallest value is
// not counted: it is padding, or air that the scanner clipped. A slice of one value gets a
// window around that value.
func Auto(hu []int16) WindowLevel {
	const narrowest = 20
	var hist [1 << 16]int
	for _, v := range hu {
		hist[int(v)+1<<15]++
	}
	first := 0
	for first < len(hist)-1 && hist[first] == 0 {
		first++
	}
	total := len(hu) - hist[first]
	if total <= 0 {
		v := 0
		if len(hu) > 0 {
			v = int(hu[0])
		}
		return WindowLevel{Center: float64(v), Width: narrowest}
	}
	lo := percentile(hist[:], first+1, total/100)
	hi := percentile(hist[:], first+1, total-total/200-1)
	width := float64(max(hi-lo, narrowest))
	return WindowLevel{Center: float64(lo+hi)/2 - 1<<15, Width: width}
}

// percentile returns the first bin up to which more than rank values were counted.
func percentile(hist []int, from, rank int) int {
	for seen := 0; from < len(hist); from++ {
		if seen += hist[from]; seen > rank {
			return from
		}
	}
	return len(hist) - 1
}

// Drag returns the window after a right-drag by dx and dy, which are shares of the view. Dragging
// right makes the window wider, and dragging down raises its centre. Both changes are proportional
// to the width, so that narrow windows can be set finely.
func (wl WindowLevel) Drag(dx, dy float64) WindowLevel {
	gain := max(wl.Width, 100) * 2
	wl.Width = min(max(math.Round(wl.Width+dx*gain), 1), 8000)
	wl.Center = min(max(math.Round(wl.Center+dy*gain), -4000), 8000)
	return wl
}

// String is "W 1500 L −600".
func (wl WindowLevel) String() string {
	return fmt.Sprintf("W %s L %s", Number(wl.Width, 0), Number(wl.Center, 0))
}

// fill writes the grey of every int16 (indexed by its bits as uint16) into lut, by
// the linear function of DICOM PS3.3 C.11.2.1.2.1.
func (wl WindowLevel) fill(lut *[1 << 16]uint8) {
	width := max(wl.Width, 1)
	lo, hi := wl.Center-0.5-(width-1)/2, wl.Center-0.5+(width-1)/2
	for i := range lut {
		switch x := float64(int16(uint16(i))); {
		case x <= lo:
			lut[i] = 0
		case x > hi:
			lut[i] = 255
		default:
			lut[i] = uint8(((x-(wl.Center-0.5))/(width-1)+0.5)*255 + 0.5)
		}
	}
}
