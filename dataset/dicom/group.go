package dicom

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// group holds images that may form one volume, and how they were separated from others.
type group struct {
	headers []*header
	// labels are what the name of the volume says to distinguish it from others.
	labels []string
	// warnings are sentences. mixed says that this volume may hold images of several.
	warnings []string
	mixed    bool
	// doubted holds the names of traits in which the images differ although they are one volume.
	doubted []string
}

// with returns a group of some of the images of g.
func (g group) with(headers []*header, label string) group {
	out := group{
		headers: headers, labels: slices.Clone(g.labels), warnings: slices.Clone(g.warnings),
		doubted: slices.Clone(g.doubted),
	}
	if label != "" {
		out.labels = append(out.labels, label)
	}
	return out
}

// grouping sorts the images of one series into volumes.
type grouping struct {
	same func(a, b *header) bool // reports whether two images have the same pixels
	// reasons holds the names of what separated images, in the order found.
	reasons []string
}

func (s *grouping) reason(name string) {
	if !slices.Contains(s.reasons, name) {
		s.reasons = append(s.reasons, name)
	}
}

// split sorts the images of one series into volumes. Images are not one volume if they differ in
// matrix, pixel size or orientation, if they differ in what makes a reconstruction, or if several
// lie at one place (contrast or breathing phases). The largest volume comes first. reasons says in
// what the volumes differ.
func split(headers []*header, same func(a, b *header) bool) (stacks []*stack, reasons []string) {
	s := grouping{same: same}
	setNominal(headers)
	var groups []group
	for _, alike := range s.byGrid(group{headers: headers}) {
		groups = append(groups, s.byReconstruction(alike)...)
	}
	for _, g := range groups {
		for _, apart := range s.resolve(g) {
			stacks = append(stacks, newStack(apart))
		}
	}
	slices.SortStableFunc(stacks, func(a, b *stack) int {
		return cmp.Compare(len(b.slices), len(a.slices))
	})
	return stacks, s.reasons
}

// byGrid separates images whose pixels do not lie on one grid.
func (s *grouping) byGrid(all group) (groups []group) {
	for _, h := range all.headers {
		i := slices.IndexFunc(groups, func(g group) bool { return h.fits(g.headers[0]) })
		if i < 0 {
			groups = append(groups, group{})
			i = len(groups) - 1
		}
		groups[i].headers = append(groups[i].headers, h)
	}
	if len(groups) > 1 {
		s.reason("matrix, pixel size or orientation")
	}
	return groups
}

// byReconstruction separates images that differ in what makes a reconstruction, unless their
// positions show that they are one volume after all.
func (s *grouping) byReconstruction(all group) []group {
	groups := []group{all}
	for _, t := range reconstructions() {
		var next []group
		for _, g := range groups {
			next = append(next, s.byTrait(g, t)...)
		}
		groups = next
	}
	for i, g := range groups {
		if len(g.doubted) > 0 {
			groups[i].warnings = append(g.warnings, fmt.Sprintf("The slices of %s differ in %s "+
				"but follow each other; they are shown as one volume.", title(g.headers[0]),
				list(g.doubted)))
		}
	}
	return groups
}

// byTrait does what byReconstruction does, for one attribute. The attribute is doubted if the
// images lie on one regular grid and would not do so when separated. A weak attribute may change
// along a volume.
func (s *grouping) byTrait(g group, t trait) []group {
	if !t.differs(g.headers) {
		return []group{g}
	}
	parts := t.part(g.headers)
	if regular(g.headers) && !allRegular(parts) || t.weak && follow(parts) {
		g.doubted = append(g.doubted, t.name)
		return []group{g}
	}
	s.reason(t.name)
	var apart []group
	for _, p := range parts {
		apart = append(apart, g.with(p, t.shown(p[0])))
	}
	return apart
}

// resolve separates images that cannot be one volume: those at one place, and those of passes that
// interleave.
func (s *grouping) resolve(g group) []group {
	best := s.best(g, 2)
	var out []group
	for _, part := range best.groups {
		out = append(out, s.bySequence(part)...)
	}
	for _, name := range best.reasons {
		s.reason(name)
	}
	return out
}

// outcome is one way of separating images, and what it leaves unsolved.
type outcome struct {
	groups  []group
	reasons []string
	// extra is how many images lie at the place of another one of their volume. uneven is how many
	// volumes are not evenly spaced.
	extra, uneven int
}

// compare orders outcomes. The best comes first.
func (o outcome) compare(p outcome) int {
	return cmp.Or(cmp.Compare(o.extra, p.extra), cmp.Compare(o.uneven, p.uneven),
		cmp.Compare(len(o.groups), len(p.groups)))
}

// best finds the attribute that best separates the images of g, in up to depth steps.
func (s *grouping) best(g group, depth int) outcome {
	places := placesOf(g.headers)
	keep := outcome{groups: []group{g}, extra: len(g.headers) - len(places)}
	onGrid := g.headers[0].hasPosition
	if onGrid && keep.extra == 0 && !even(places) {
		keep.uneven = 1
	}
	if depth == 0 || len(g.headers) < 2 {
		return keep
	}
	best := keep
	said, guesses := acquisitions()
	for i, t := range append(said, guesses...) {
		if !t.tellsApart(g.headers, places, i >= len(said)) {
			continue
		}
		parts := t.part(g.headers)
		if keep.extra == 0 && !(onGrid && passes(parts, keep.uneven > 0)) {
			continue
		}
		var o outcome
		o.reasons = []string{t.name}
		for _, p := range parts {
			sub := s.best(g.with(p, t.shown(p[0])), depth-1)
			o.groups, o.reasons = append(o.groups, sub.groups...), append(o.reasons, sub.reasons...)
			o.extra, o.uneven = o.extra+sub.extra, o.uneven+sub.uneven
		}
		if keep.extra == 0 && keep.uneven == 0 { // passes that interleave
			return o
		}
		if o.compare(best) < 0 {
			best = o
		}
	}
	return best
}

// tellsApart reports whether an attribute may separate images rather than number them. A guess must
// have few values.
func (t trait) tellsApart(headers []*header, places [][]*header, guess bool) bool {
	parts := t.part(headers)
	if len(parts) < 2 {
		return false
	}
	atOnePlace := len(slices.MaxFunc(places, func(a, b []*header) int {
		return cmp.Compare(len(a), len(b))
	}))
	if guess {
		return len(parts) <= 2*atOnePlace
	}
	return len(parts) <= max(atOnePlace, len(headers)/2)
}

// passes reports whether parts of images that do not share places are separate passes. Either each
// is regular and they interleave, or they are few, large and do not fit together.
func passes(parts [][]*header, uneven bool) bool {
	const smallest, fewest = 3, 5
	least := len(parts[0])
	for _, p := range parts {
		least = min(least, len(p))
	}
	if least < smallest || !allRegular(parts) {
		return false
	}
	runs := len(runsOf(parts))
	if uneven {
		return runs > len(parts) || least >= fewest && len(parts) <= 4
	}
	return runs > len(parts)+1
}

// bySequence handles images that share places although nothing in their headers says why. It
// separates them by the order in which they were made, or not at all.
func (s *grouping) bySequence(g group) []group {
	g.headers, g.warnings = s.dropSame(g)
	places := placesOf(g.headers)
	if len(places) == len(g.headers) {
		return []group{g}
	}
	for _, order := range sequences() {
		if parts := order.blocks(g.headers, places); parts != nil {
			s.reason(order.name)
			return g.apart(parts, false, fmt.Sprintf("Nothing but %s tells apart which images of "+
				"%s belong together.", order.name, title(g.headers[0])))
		}
	}
	many := len(places[0])
	if slices.ContainsFunc(places, func(p []*header) bool { return len(p) != many }) {
		return []group{onePerPlace(g, places)}
	}
	parts := make([][]*header, many)
	for _, place := range places {
		for i, h := range place {
			parts[i] = append(parts[i], h)
		}
	}
	s.reason("their pixels alone")
	if len(places) == 1 {
		return g.apart(parts, false, fmt.Sprintf("Nothing in the files of %s says what sets the "+
			"%d images at its only place apart.", title(g.headers[0]), many))
	}
	return g.apart(parts, true, fmt.Sprintf("Nothing in the files of %s says which of the %d "+
		"images at each place belong together; this volume may mix images of several.",
		title(g.headers[0]), many))
}

// apart returns a group for each part.
func (g group) apart(parts [][]*header, mixed bool, warning string) (out []group) {
	for _, p := range parts {
		part := g.with(p, "")
		part.mixed = mixed
		part.warnings = append(part.warnings, warning)
		out = append(out, part)
	}
	return out
}

// dropSame leaves out images that have the same pixels as another one at their place. A warning
// says so.
func (s *grouping) dropSame(g group) (kept []*header, warnings []string) {
	dropped := 0
	for _, place := range placesOf(g.headers) {
		var unique []*header
		for _, h := range place {
			if slices.ContainsFunc(unique, func(o *header) bool { return s.same(h, o) }) {
				dropped++
				continue
			}
			unique = append(unique, h)
		}
		kept = append(kept, unique...)
	}
	if warnings = g.warnings; dropped > 0 {
		warnings = append(warnings, fmt.Sprintf("%s has %d duplicate %s with the pixels of "+
			"another one at the same place; one of each is used.", title(kept[0]), dropped,
			plural(dropped, "slice", "slices")))
	}
	return kept, warnings
}

// onePerPlace keeps the first slice at every place and says which others it left out.
func onePerPlace(g group, places [][]*header) group {
	var first []*header
	var at []string
	extra := 0
	for z, place := range places {
		first = append(first, place[0])
		if len(place) > 1 {
			extra += len(place) - 1
			at = append(at, fmt.Sprint(z+1))
		}
	}
	if len(at) > 5 {
		at = append(at[:5], "…")
	}
	out := g.with(first, "")
	out.warnings = append(out.warnings, fmt.Sprintf("%s has %d duplicate %s at a place where "+
		"another one lies (%s %s), with other pixels; the first of each is used, so what is "+
		"measured there may come from the wrong image.", title(first[0]), extra,
		plural(extra, "slice", "slices"), plural(len(at), "slice", "slices"),
		strings.Join(at, ", ")))
	return out
}
