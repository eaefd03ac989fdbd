package score

import (
	"encoding/json"
	"testing"

	"glasswork/dataset/classes"
)

// A reference that does not tell the kind of its lesions scores lesions, and no kind on that
// slice. Other slices of the case keep theirs.
func TestLesionsOfUntoldKind(t *testing.T) {
	var s Set
	s.Add("a", "p", []uint8{4, 4, 4, 0, 3}, []uint8{1, 2, 3, 2, 3}, allKnown, 0.5)
	r := s.Report()
	near(t, "lesion Dice", r.Lesion.DicePooled, 2*2/(2*2+1+1.0))
	near(t, "lesion ml", r.Lesion.ReferenceML, 1.5)
	near(t, "predicted ml", r.Lesion.PredictedML, 1.5)
	near(t, "accuracy", r.Accuracy, 3.0/5)
	near(t, "lungs", r.Classes[2].DicePooled, 2.0/3)
	if r.Lesion.Name != LesionName || r.Classes[0].DicePooled != nil ||
		r.Classes[1].DicePooled != nil || r.Classes[0].ReferenceML != nil {
		t.Errorf("lesion %+v, kinds %+v", r.Lesion, r.Classes[:2])
	}
	s.Add("a", "p", []uint8{1, 2, 0, 0, 0}, []uint8{1, 1, 0, 0, 0}, allKnown, 0.5)
	r = s.Report()
	near(t, "lesion of both slices", r.Lesion.DicePooled, 2*4/(2*4+1+1.0))
	near(t, "ground glass of the second", r.Classes[0].DicePooled, 2.0/3)
	near(t, "consolidation of the second", r.Classes[1].DicePooled, 0)
	if r.Cases != 1 || r.Patients != 1 {
		t.Errorf("%d cases of %d patients", r.Cases, r.Patients)
	}
	var again Set
	for _, c := range s.Counted() {
		again.AddCounted(c)
	}
	want, _ := json.Marshal(r)
	if got, _ := json.Marshal(again.Report()); string(got) != string(want) {
		t.Errorf("counted again: %s\nwant %s", got, want)
	}
}

// Lesions known as a whole are scored as such even if the reference happens to name a kind.
func TestLesionsKnownAsAWhole(t *testing.T) {
	var s Set
	s.Add("a", "p", []uint8{1, 4, 0, 0}, []uint8{2, 2, 2, 3}, classes.Knows(classes.Lesion), 0)
	r := s.Report()
	near(t, "lesion", r.Lesion.DicePooled, 2*2/(2*2+1.0))
	if r.Classes[1].DicePooled != nil || r.Classes[2].DicePooled != nil {
		t.Errorf("%+v", r.Classes)
	}
}

// Where lungs were annotated alone, a predicted lesion lies in the lung and is right.
func TestLungsAloneHoldTheirLesions(t *testing.T) {
	var s Set
	s.Add("a", "p", []uint8{3, 3, 3, 0}, []uint8{1, 2, 3, 3}, classes.Knows(classes.LungsOther), 0)
	r := s.Report()
	near(t, "lungs", r.Classes[2].DicePooled, 2*3/(2*3+1.0))
	if r.Lesion.DicePooled != nil {
		t.Errorf("lesions of which nothing is known are scored %g", *r.Lesion.DicePooled)
	}
}

// Where no kind could be scored, lesion as a whole decides.
func TestVerdictOnLesionsAlone(t *testing.T) {
	set := func(hit int) *Set {
		return cohort(6, map[uint8]func(int) int{classes.Lesion: steady(hit)})
	}
	predicted := func(s *Set, hit int) { // cohort predicts the label itself, which no network does
		*s = Set{}
		for i := range 6 {
			ref, pred := patientSlice(classes.Lesion, hit+i%3)
			for k, v := range pred {
				if v == classes.Lesion {
					pred[k] = classes.GroundGlass
				}
			}
			s.Add(string(rune('a'+i)), string(rune('a'+i)), ref, pred, allKnown, 0)
		}
	}
	current, next := set(20), set(40)
	predicted(current, 20)
	predicted(next, 40)
	c := Compare(current, next, false)
	if !c.Better || c.Verdict != "Better on lesion, no worse elsewhere" {
		t.Errorf("%v, %q", c.Better, c.Verdict)
	}
	if c := Compare(next, current, false); c.Verdict != "Not better: worse on lesion" {
		t.Errorf("%q", c.Verdict)
	}
}
