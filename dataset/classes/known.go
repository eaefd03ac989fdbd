package classes

// Known says what was annotated in a slice: each class by itself, and lesion as a whole, under
// Lesion. Lesion is also known where both kinds are. What is not known may be anywhere: it is
// not background.
type Known [Labels]bool

// All returns what is known where every class was annotated.
func All() (k Known) {
	for c := range k {
		k[c] = true
	}
	return k
}

// Knows returns what is known where these were annotated. Background always is.
func Knows(annotated ...Class) Known {
	k := Known{Background: true}
	for _, c := range annotated {
		k[c] = true
	}
	k[Lesion] = k.Whole()
	return k
}

// Whole reports whether lesion as a whole is known: every lesion is marked, of whatever kind.
func (k Known) Whole() bool { return k[Lesion] || k.Kinds() }

// Kinds reports whether both kinds of lesion are known.
func (k Known) Kinds() bool { return k[GroundGlass] && k[Consolidation] }

// LungAlone reports whether lungs are known and no lesion is. Lungs other then means the whole
// lung: lesions lie in it, and none outside.
func (k Known) LungAlone() bool {
	return k[LungsOther] && !k[Lesion] && !k[GroundGlass] && !k[Consolidation]
}

// And returns what both know.
func (k Known) And(o Known) Known {
	for c := range k {
		k[c] = k[c] && o[c]
	}
	return k
}

// May returns the classes that a pixel with a label can be, one at least.
//
// A kind that was not annotated by itself can be where a lesion is marked, and where nothing
// is unless lesion as a whole is known. Lungs that were not annotated can be where nothing is
// marked.
func (k Known) May(label Class) (may [Count]bool) {
	open := func(kind Class) bool { return !k[kind] && !k.Whole() }
	switch {
	case label == Lesion, IsLesion(label) && !k[label] && k.Whole():
		may[GroundGlass], may[Consolidation] = true, true
	case label < Count && label != Background && k[label]:
		may[label] = true
		if label == LungsOther {
			may[GroundGlass], may[Consolidation] = open(GroundGlass), open(Consolidation)
		}
	default:
		may[Background], may[LungsOther] = true, !k[LungsOther]
		if !k.LungAlone() {
			may[GroundGlass], may[Consolidation] = open(GroundGlass), open(Consolidation)
		}
	}
	return may
}
