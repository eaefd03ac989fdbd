package dicom

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"glasswork/dataset/volume"
)

const (
	unevenPart = 0.1 // of the usual gap: beyond it, slices are unevenly spaced
	// Within one volume, orientation and pixel size may differ by rounding. These limit the angle,
	// the share of the pixel size, and how far a voxel moves in total. From saidMoveMM on, a
	// warning mentions the move. Thickness may differ by a share.
	roundedDegrees   = 0.25
	roundedPart      = 0.01
	largestMoveMM    = 1.5
	saidMoveMM       = 0.1
	roundedThickness = 0.05

	tiltFromDegrees  = 0.5
	unknownThickness = 1 // mm, used if nothing says how far apart slices are
)

// stack is one volume: slices in order along their normal, and the place of each.
type stack struct {
	slices []*header
	// at holds slices by z. It is nil where a slice is missing between two others.
	at         []*header
	geometry   volume.Geometry
	measurable bool
	// labels are what the name of the volume says to distinguish it from others.
	labels, warnings []string
	// Why a straight grid is offered besides this one. tilt is in degrees, 0 if there is none.
	tilt           float64
	uneven, drifts bool
}

// fits reports whether h can be in one volume with o.
func (h *header) fits(o *header) bool {
	same := h.rows == o.rows && h.columns == o.columns && h.hasPosition == o.hasPosition &&
		h.hasOrientation == o.hasOrientation
	for i := range 2 {
		same = same && math.Abs(h.spacing[i]-o.spacing[i]) <= roundedPart*o.spacing[i]
	}
	return same && degrees(h.rowAxis, o.rowAxis) <= roundedDegrees &&
		degrees(h.columnAxis, o.columnAxis) <= roundedDegrees && h.moved(o) <= largestMoveMM
}

// moved returns how far, in mm, the pixels of h lie at most from where they would lie with the
// orientation and pixel size of o.
func (h *header) moved(o *header) float64 {
	x, y := float64(h.columns-1), float64(h.rows-1)
	right := h.rowAxis.Scale(x * h.spacing[1]).Sub(o.rowAxis.Scale(x * o.spacing[1]))
	down := h.columnAxis.Scale(y * h.spacing[0]).Sub(o.columnAxis.Scale(y * o.spacing[0]))
	return max(right.Length(), down.Length(), right.Add(down).Length())
}

// degrees returns the angle between two directions.
func degrees(a, b volume.Vector) float64 {
	return math.Atan2(a.Cross(b).Length(), a.Dot(b)) * 180 / math.Pi
}

// normal returns the direction in which slices are stacked. For axial slices it is towards the
// head.
func (h *header) normal() volume.Vector {
	n := h.rowAxis.Cross(h.columnAxis)
	if n[2] < 0 && math.Abs(n[2]) > 0.5 {
		return n.Scale(-1)
	}
	return n
}

// along returns the position of the slice along the stacking direction n, in mm.
func (h *header) along(n volume.Vector) float64 { return h.position.Dot(n) }

// newStack sorts the images of a group and computes their grid.
func newStack(g group) *stack {
	sorted, by := inOrder(g.headers)
	s := &stack{
		slices: sorted, at: sorted, labels: g.labels, measurable: !g.mixed, warnings: g.warnings,
	}
	h := sorted[0]
	switch {
	case !h.hasPosition && len(sorted) > 1:
		s.distrust("The files of %s do not say where their slices lie; they are ordered by "+
			"%s and %.3g mm apart by assumption, so lengths across slices and volumes cannot "+
			"be measured.", title(h), by, s.assumedGap())
		s.grid(h.normal().Scale(s.assumedGap()))
	case len(sorted) == 1:
		if h.thickness == 0 {
			s.warn("%s is one slice of unknown thickness; areas can be measured, volumes assume "+
				"1 mm.", title(h))
		}
		s.grid(h.normal().Scale(s.assumedGap()))
	default:
		s.place()
	}
	s.checkRounding()
	if i := slices.IndexFunc(sorted, func(h *header) bool { return h.mended }); i >= 0 {
		s.warn("The Transfer Syntax UID of %s is missing or is not how the files are encoded; "+
			"they were read as %s.", title(h), sorted[i].Name)
	}
	if !h.hasSpacing {
		s.distrust("The files of %s do not say how large a pixel is; lengths, areas and volumes "+
			"cannot be measured.", title(h))
	}
	if !h.hasOrientation {
		s.warn("The files of %s do not say how the patient lies; left and right are assumed as "+
			"usual for axial CT.", title(h))
	} else if math.Abs(h.normal()[2]) < 0.9 {
		s.warn("The slices of %s are not axial; the models know axial slices only.", title(h))
	}
	return s
}

func (s *stack) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

func (s *stack) distrust(format string, args ...any) {
	s.warn(format, args...)
	s.measurable = false
}

// checkRounding warns of what was made equal: orientations and pixel sizes. It also warns of values
// that count as absent.
func (s *stack) checkRounding() {
	first, worst := s.slices[0], 0.0
	var unusable []string
	for _, h := range s.slices {
		worst = max(worst, h.moved(first))
		unusable = append(unusable, h.unusable...)
	}
	if worst > saidMoveMM {
		s.warn("The slices of %s differ in orientation or pixel size, by up to %.2g mm at their "+
			"edges; all are shown as the first one lies.", title(first), worst)
	}
	slices.Sort(unusable)
	if unusable = slices.Compact(unusable); len(unusable) > 0 {
		s.warn("Files of %s have values that cannot be used and count as absent: %s.",
			title(first), strings.Join(unusable, ", "))
	}
}

// assumedGap returns the distance between slices in mm if positions do not give it.
func (s *stack) assumedGap() float64 {
	if t := s.slices[0].thickness; t > 0 {
		return t
	}
	return unknownThickness
}

// grid sets the geometry. step is the vector in LPS mm from one slice to the next.
func (s *stack) grid(step volume.Vector) {
	h := s.slices[0]
	g := volume.Geometry{Size: [3]int{len(s.at), h.rows, h.columns}}
	for i := range 3 {
		g.Affine[i] = [4]float64{
			h.rowAxis[i] * h.spacing[1], h.columnAxis[i] * h.spacing[0], step[i], h.position[i],
		}
	}
	s.geometry = g
}

// place sets the grid from the positions of the slices. It warns of gaps, uneven distances and
// gantry tilt.
func (s *stack) place() {
	first, last := s.slices[0], s.slices[len(s.slices)-1]
	n := first.normal()
	gaps := make([]float64, len(s.slices)-1)
	for i := range gaps {
		gaps[i] = s.slices[i+1].along(n) - s.slices[i].along(n)
	}
	usual := median(gaps)
	if places, ok := wholeGaps(gaps, usual); ok {
		s.leaveRoom(places, n)
	} else {
		s.uneven = true
		s.distrust("The slices of %s are unevenly spaced, %.3g to %.3g mm apart (%s); lengths "+
			"across slices and volumes would be wrong.",
			title(first), slices.Min(gaps), slices.Max(gaps), whereUneven(gaps))
	}
	step := last.position.Sub(first.position).Scale(1 / float64(len(s.at)-1))
	s.grid(step)
	s.checkTilt(step, n)
	s.checkDrift(step, n)
}

// whereUneven says how far apart slices are, for the first three distances.
func whereUneven(gaps []float64) string {
	var runs []string
	for from := 0; from < len(gaps); {
		to := from + 1
		for to < len(gaps) && math.Abs(gaps[to]-gaps[from]) < unevenPart/2*gaps[from] {
			to++
		}
		if len(runs) == 3 {
			return strings.Join(runs, ", ") + " and so on"
		}
		runs = append(runs, fmt.Sprintf("%.3g mm from slice %d to %d", gaps[from], from+1, to+1))
		from = to
	}
	return strings.Join(runs, ", ")
}

// wholeGaps returns for every gap how many places it spans. ok is false if the gaps are not
// multiples of the usual one, or if more slices are missing than there are.
func wholeGaps(gaps []float64, usual float64) (places []int, ok bool) {
	missing := 0
	for _, gap := range gaps {
		k := int(math.Round(min(gap/usual, 1e6)))
		if k < 1 || math.Abs(gap-float64(k)*usual) > unevenPart*usual {
			return nil, false
		}
		places = append(places, k)
		missing += k - 1
	}
	return places, missing <= (len(gaps)+1)/2
}

// leaveRoom gives missing slices an empty place, so that all others lie where they are.
func (s *stack) leaveRoom(places []int, n volume.Vector) {
	total := 1
	for _, k := range places {
		total += k
	}
	s.at = make([]*header, 0, total)
	for i, h := range s.slices {
		s.at = append(s.at, h)
		if i == len(places) || places[i] == 1 {
			continue
		}
		from, to := len(s.at)+1, len(s.at)+places[i]-1
		which := fmt.Sprintf("Slice %d of %d is", from, total)
		if to > from {
			which = fmt.Sprintf("Slices %d to %d of %d are", from, to, total)
		}
		s.warn("%s missing from %s; measurements would be wrong between %.4g and %.4g mm.",
			which, title(h), h.along(n), s.slices[i+1].along(n))
		s.at = append(s.at, make([]*header, places[i]-1)...)
	}
}

// checkTilt warns if slices are sheared against each other.
func (s *stack) checkTilt(step, n volume.Vector) {
	direction, ok := step.Unit()
	if !ok {
		return
	}
	angle := math.Acos(min(math.Abs(direction.Dot(n)), 1)) * 180 / math.Pi
	if angle >= tiltFromDegrees {
		s.tilt = angle
		s.warn("%s was acquired with a gantry tilt of %.1f degrees; slices are shown as "+
			"acquired, positions and volumes take the tilt into account, coronal and sagittal "+
			"views would be sheared.",
			title(s.slices[0]), angle)
	}
}

// checkDrift warns if slices are shifted sideways from the straight line between the first and the
// last.
func (s *stack) checkDrift(step, n volume.Vector) {
	worst := 0.0
	first := s.slices[0].position
	for z, h := range s.at {
		if h == nil {
			continue
		}
		off := h.position.Sub(first).Sub(step.Scale(float64(z)))
		off = off.Sub(n.Scale(off.Dot(n)))
		worst = max(worst, off.Length())
	}
	if worst > 1 {
		s.drifts = true
	}
	if worst > 1 && s.measurable {
		s.distrust("The slices of %s are shifted sideways by up to %.1f mm against each other; "+
			"lengths across slices would be wrong.", title(s.slices[0]), worst)
	}
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}

// quartile returns the value that a quarter of v lies below.
func quartile(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/4]
}
