package viewer

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"glasswork/dataset/classes"
)

// Point is a position on a slice in voxel coordinates.
type Point struct{ X, Y float64 }

// Tip is the brush's circular tip.
type Tip struct{ DiameterMM float64 }

// Limits and step of the tip's diameter.
const (
	SmallestTip = 1.0 // mm
	LargestTip  = 100.0
	tipStep     = 1.2
)

// Larger returns a tip that is steps sizes larger, or smaller if steps is negative. Sizes are whole
// millimetres from 5 mm on, and halves below.
func (t Tip) Larger(steps int) Tip {
	for range max(steps, -steps) {
		d, grid := t.DiameterMM*tipStep, 0.5
		if steps < 0 {
			d = t.DiameterMM / tipStep
		}
		if d >= 5 {
			grid = 1
		}
		rounded := math.Round(d/grid) * grid
		if rounded == t.DiameterMM {
			rounded += math.Copysign(grid, float64(steps))
		}
		t.DiameterMM = min(max(rounded, SmallestTip), LargestTip)
	}
	return t
}

// HURange limits painting to voxels from Min to Max HU, both included, while On.
type HURange struct {
	Min, Max int16
	On       bool
}

// RangeFor returns the usual limits for a class, switched on. A class without limits may be
// painted at any HU.
func RangeFor(c classes.Class) HURange {
	if c < classes.Labels {
		if hu := classes.Table()[c].HU; hu != [2]int16{} {
			return HURange{Min: hu[0], Max: hu[1], On: true}
		}
	}
	return HURange{Min: math.MinInt16, Max: math.MaxInt16}
}

// Allows reports whether a voxel of that HU may be painted.
func (r HURange) Allows(hu int16) bool { return !r.On || (hu >= r.Min && hu <= r.Max) }

// String is "HU −750…−300", "HU from −750", "HU up to −300" or "any HU".
func (r HURange) String() string {
	low, high := r.Bounds()
	switch {
	case !r.On || low == "" && high == "":
		return "any HU"
	case low == "":
		return "HU up to " + high
	case high == "":
		return "HU from " + low
	}
	return "HU " + low + "…" + high
}

// Bounds are the two limits as a person reads them. A limit that excludes nothing is empty.
func (r HURange) Bounds() (low, high string) {
	if r.Min != math.MinInt16 {
		low = Number(float64(r.Min), 0)
	}
	if r.Max != math.MaxInt16 {
		high = Number(float64(r.Max), 0)
	}
	return low, high
}

// ReadRange reads a range, switched on, from two limits as a person writes them. An empty one
// excludes nothing. The error is a sentence for the user.
func ReadRange(low, high string) (r HURange, err error) {
	r = HURange{Min: math.MinInt16, Max: math.MaxInt16, On: true}
	if r.Min, err = readHU(low, r.Min); err != nil {
		return r, err
	}
	if r.Max, err = readHU(high, r.Max); err != nil {
		return r, err
	}
	if r.Min > r.Max {
		return r, fmt.Errorf("the lower limit, %s HU, is above the upper one, %s HU",
			Number(float64(r.Min), 0), Number(float64(r.Max), 0))
	}
	return r, nil
}

// readHU reads a whole number of HU with any kind of minus sign, or returns what stands for
// an empty text.
func readHU(text string, empty int16) (int16, error) {
	clean := strings.NewReplacer("−", "-", "–", "-", " ", "").Replace(text)
	if clean == "" {
		return empty, nil
	}
	v, err := strconv.ParseInt(clean, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number of HU; type a whole number such as −750", text)
	}
	return int16(v), nil
}

// StrokeOptions say what a stroke or a lasso does to the voxels it covers.
type StrokeOptions struct {
	// Class is the class to paint or, with Erase, to erase.
	Class classes.Class
	Tip   Tip
	// HU limits painting; erasing is never limited.
	HU HURange
	// Erase turns lesions of any kind into other lung. With Class LungsOther it turns
	// everything into background. On a slice without other lung an erased lesion becomes
	// background.
	Erase bool
}

// painter decides what happens to single voxels.
type painter struct {
	StrokeOptions
	hu     []int16 // nil: unknown, the HU range does not apply
	erased classes.Class
	// inside and outside say whether any voxel inside, or outside, the HU range was met.
	inside, outside bool
}

func newPainter(slice []uint8, hu []int16, o StrokeOptions) painter {
	p := painter{StrokeOptions: o, hu: hu}
	if o.Class != classes.LungsOther && bytes.IndexByte(slice, classes.LungsOther) >= 0 {
		p.erased = classes.LungsOther
	}
	return p
}

// paint returns the class that voxel i gets. It is old if the voxel does not change.
func (p *painter) paint(i int, old classes.Class) classes.Class {
	switch {
	case p.Erase && p.Class == classes.LungsOther:
		return classes.Background
	case p.Erase && classes.IsLesion(old):
		return p.erased
	case p.Erase:
		return old
	case p.hu != nil && !p.HU.Allows(p.hu[i]):
		p.outside = true
		return old
	}
	p.inside = true
	return p.Class
}
