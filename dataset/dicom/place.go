package dicom

import (
	"cmp"
	"math"
	"slices"

	"glasswork/dataset/internal/natural"
)

const (
	// Slices are at one place if they are closer than this many mm, or than a part of the usual
	// distance, up to a tenth of a mm.
	samePlaceMM     = 0.01
	samePlacePart   = 0.1
	samePlaceMostMM = 0.1
)

// placesOf sorts images along their stack and returns those at each place. Without positions it
// uses SliceLocation, or else numbers that several images share. If none of these is known, every
// image has its own place.
func placesOf(headers []*header) (places [][]*header) {
	along := placing(headers)
	sorted := slices.SortedStableFunc(slices.Values(headers), func(a, b *header) int {
		return cmp.Or(cmp.Compare(along(a), along(b)), byNumber(a, b))
	})
	tolerance := samePlace(sorted, along)
	for i, h := range sorted {
		if i == 0 || math.IsNaN(tolerance) ||
			along(h)-along(places[len(places)-1][0]) > tolerance {
			places = append(places, nil)
		}
		places[len(places)-1] = append(places[len(places)-1], h)
	}
	return places
}

// placing returns where an image lies, on a scale that all images share.
func placing(headers []*header) func(h *header) float64 {
	first := headers[0]
	location := func(h *header) float64 { return h.location }
	number := func(h *header) float64 { return float64(h.instance) }
	switch {
	case first.hasPosition:
		n := first.normal()
		return func(h *header) float64 { return h.along(n) }
	case first.manyFrames(): // frames have no numbers of their own
	case allOf(headers, func(h *header) bool { return h.hasLocation }) &&
		vary(headers, location):
		return location
	case allOf(headers, func(h *header) bool { return h.hasInstance }) && vary(headers, number):
		return number
	}
	return func(*header) float64 { return math.NaN() }
}

func vary(headers []*header, of func(h *header) float64) bool {
	return slices.ContainsFunc(headers, func(h *header) bool { return of(h) != of(headers[0]) })
}

// samePlace returns the distance in mm up to which sorted images are at one place. It is NaN if
// their places are not known.
func samePlace(sorted []*header, along func(h *header) float64) float64 {
	if math.IsNaN(along(sorted[0])) {
		return math.NaN()
	}
	var apart []float64
	for i := range sorted[1:] {
		if d := along(sorted[i+1]) - along(sorted[i]); d > samePlaceMM {
			apart = append(apart, d)
		}
	}
	if len(apart) == 0 {
		return samePlaceMM
	}
	// Rounding differences within one place must not count as the usual distance.
	far := slices.DeleteFunc(slices.Clone(apart), func(d float64) bool {
		return d < samePlaceMostMM
	})
	if len(far) == 0 {
		return samePlaceMM
	}
	return max(samePlaceMM, min(samePlaceMostMM, samePlacePart*median(far)))
}

// byNumber sorts images at one place by what numbers them.
func byNumber(a, b *header) int {
	return cmp.Or(cmp.Compare(a.acquisition, b.acquisition), cmp.Compare(a.instance, b.instance),
		natural.Compare(a.path, b.path), cmp.Compare(a.frame, b.frame))
}

// inOrder sorts the slices of a volume and returns the attribute it used.
func inOrder(headers []*header) (sorted []*header, by string) {
	if headers[0].hasPosition {
		n := headers[0].normal()
		return slices.SortedStableFunc(slices.Values(headers), func(a, b *header) int {
			return cmp.Compare(a.along(n), b.along(n))
		}), "position"
	}
	// A number or location that some slices lack cannot order them.
	numbered := allOf(headers, func(h *header) bool { return h.hasInstance })
	located := allOf(headers, func(h *header) bool { return h.hasLocation })
	sorted = slices.SortedStableFunc(slices.Values(headers), func(a, b *header) int {
		numbers, locations := 0, 0
		if numbered {
			numbers = cmp.Compare(a.instance, b.instance)
		}
		if located {
			locations = cmp.Compare(a.location, b.location)
		}
		return cmp.Or(numbers, locations, natural.Compare(a.path, b.path),
			cmp.Compare(a.inStack, b.inStack), cmp.Compare(a.frame, b.frame))
	})
	switch {
	case headers[0].manyFrames():
		return sorted, "number"
	case numbered && vary(headers, func(h *header) float64 { return float64(h.instance) }):
		return sorted, "number"
	case located && vary(headers, func(h *header) float64 { return h.location }):
		return sorted, "slice location"
	}
	return sorted, "file name"
}

// gapsOf returns the distances in mm between places that follow each other.
func gapsOf(places [][]*header) []float64 {
	along := placing(places[0])
	gaps := make([]float64, 0, len(places))
	for i := range places[1:] {
		gaps = append(gaps, along(places[i+1][0])-along(places[i][0]))
	}
	return gaps
}

// even reports whether places are equally far apart, except for missing ones.
func even(places [][]*header) bool {
	if len(places) < 3 {
		return true
	}
	gaps := gapsOf(places)
	_, ok := wholeGaps(gaps, median(gaps))
	return ok
}

// regular reports whether images with positions have one place each, equally far apart and without
// a missing one.
func regular(headers []*header) bool {
	if !headers[0].hasPosition {
		return false
	}
	places := placesOf(headers)
	if len(places) != len(headers) || len(places) < 3 {
		return len(places) == len(headers)
	}
	gaps := gapsOf(places)
	usual := median(gaps)
	return !slices.ContainsFunc(gaps, func(gap float64) bool {
		return math.Abs(gap-usual) > unevenPart*usual
	})
}

func allRegular(parts [][]*header) bool {
	return !slices.ContainsFunc(parts, func(p []*header) bool { return !regular(p) })
}

// runsOf walks along a stack and returns the runs of places that belong to one part.
func runsOf(parts [][]*header) (runs [][][]*header) {
	of := map[*header]int{}
	for i, p := range parts {
		for _, h := range p {
			of[h] = i
		}
	}
	last := -1
	for _, place := range placesOf(slices.Concat(parts...)) {
		if i := of[place[0]]; i != last {
			runs, last = append(runs, nil), i
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], place)
	}
	return runs
}

// follow reports whether parts of one stack lie one after the other, no farther apart than their
// own slices.
func follow(parts [][]*header) bool {
	all := slices.Concat(parts...)
	places := placesOf(all)
	runs := runsOf(parts)
	if !all[0].hasPosition || len(places) != len(all) || len(runs) != len(parts) {
		return false
	}
	usual := 0.0
	for _, run := range runs {
		if len(run) > 1 {
			usual = max(usual, median(gapsOf(run)))
		}
	}
	for i := range runs[1:] {
		before := runs[i][len(runs[i])-1]
		if gapsOf([][]*header{before, runs[i+1][0]})[0] > (1+unevenPart)*usual {
			return false
		}
	}
	return true
}

// sequence is an order in which images were made.
type sequence struct {
	name string
	// of returns the number or time of an image, or "" if the file does not give it.
	of func(h *header) string
}

// sequences returns the orders that separate passes. The most reliable comes first.
func sequences() []sequence {
	return []sequence{
		{"the time of acquisition", func(h *header) string { return h.acquired }},
		{"the image number", func(h *header) string {
			if !h.hasInstance {
				return ""
			}
			return counted(h.instance)
		}},
		{"the time of the images", func(h *header) string { return h.contentTime }},
		{"the number of frames", func(h *header) string {
			if !h.manyFrames() {
				return ""
			}
			return counted(h.frame + 1)
		}},
	}
}

// blocks separates images that were made one volume after the other, or one place after the other
// with the same number of images at each. It returns nil if they were made in neither way.
func (q sequence) blocks(headers []*header, places [][]*header) [][]*header {
	sorted := slices.SortedStableFunc(slices.Values(headers), func(a, b *header) int {
		return compareValues(q.of(a), q.of(b))
	})
	place := map[*header]int{}
	for i, p := range places {
		for _, h := range p {
			place[h] = i
		}
	}
	most, one := 0, true
	for _, p := range places {
		most, one = max(most, len(p)), one && len(p) == len(places[0])
	}
	for i, h := range sorted {
		if q.of(h) == "" || i > 0 && q.of(h) == q.of(sorted[i-1]) {
			return nil
		}
	}
	if parts := revisits(sorted, place); len(parts) == most {
		return parts
	}
	if !one {
		return nil
	}
	parts := make([][]*header, most)
	for i, h := range sorted {
		if place[h] != place[sorted[i-i%most]] {
			return nil
		}
		parts[i%most] = append(parts[i%most], h)
	}
	return parts
}

// revisits begins a new part whenever an image comes to a place where the part already has been.
func revisits(sorted []*header, place map[*header]int) (parts [][]*header) {
	been := map[int]bool{}
	for i, h := range sorted {
		if i == 0 || been[place[h]] {
			parts = append(parts, nil)
			clear(been)
		}
		been[place[h]] = true
		parts[len(parts)-1] = append(parts[len(parts)-1], h)
	}
	return parts
}
