package score

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"glasswork/dataset/classes"
)

var allKnown = Known{true, true, true, true}

func near(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > 1e-12 {
		t.Errorf("%s = %s, want %g", what, text(got), want)
	}
}

func text(v *float64) string {
	if v == nil {
		return "undefined"
	}
	return fmt.Sprint(*v)
}

func TestCountMergesUnknownClasses(t *testing.T) {
	reference := []uint8{0, 1, 2, 3, 3, 1}
	predicted := []uint8{3, 1, 1, 3, 0, 2}
	m := Count(reference, predicted, allKnown)
	if m[0][3] != 1 || m[1][1] != 1 || m[2][1] != 1 || m[3][3] != 1 || m[3][0] != 1 ||
		m[1][2] != 1 {
		t.Errorf("confusion %v", m)
	}
	noLungs := Count(reference, predicted, Known{true, true, true, false})
	if noLungs[0][0] != 3 || noLungs[3] != [4]int64{} {
		t.Errorf("confusion without known lungs %v, want three background pixels", noLungs)
	}
}

// Pooled and mean scores of two cases worked out by hand.
func TestReport(t *testing.T) {
	var s Set
	// a: ground glass TP 1 FP 1 FN 0, consolidation FN 1; in two slices of one case.
	s.Add("a", "p1", []uint8{1, 0}, []uint8{1, 1}, allKnown, 0.5)
	s.Add("a", "p1", []uint8{2, 0}, []uint8{0, 0}, allKnown, 0.5)
	// b: ground glass TP 1 FN 2.
	s.Add("b", "p2", []uint8{1, 1, 1, 0}, []uint8{1, 0, 0, 0}, allKnown, 0)
	r := s.Report()
	if r.Cases != 2 || r.Patients != 2 || len(r.Classes) != 3 {
		t.Fatalf("%d cases of %d patients, %d classes", r.Cases, r.Patients, len(r.Classes))
	}
	near(t, "accuracy", r.Accuracy, 4.0/8)
	g := r.Classes[0]
	near(t, "pooled IoU", g.IoUPooled, 2.0/5)
	near(t, "pooled Dice", g.DicePooled, 4.0/7)
	near(t, "mean IoU", g.IoUMean, (1.0/2+1.0/3)/2)
	near(t, "mean Dice", g.DiceMean, (2.0/3+2.0/4)/2)
	near(t, "reference volume", g.ReferenceML, 0.5)
	near(t, "predicted volume", g.PredictedML, 1)
	near(t, "volume error", g.VolumeErrorML, 0.5)
	c := r.Classes[1]
	near(t, "consolidation IoU", c.IoUPooled, 0)
	if g.Present != 2 || c.Present != 1 {
		t.Errorf("present in %d and %d cases, want 2 and 1", g.Present, c.Present)
	}
	lungs := r.Classes[2]
	if lungs.IoUPooled != nil || lungs.DiceMean != nil || lungs.Present != 0 ||
		lungs.IoUInterval != nil {
		t.Errorf("lungs, absent from both, are scored: %+v", lungs)
	}
	b, err := json.Marshal(lungs)
	if err != nil || !strings.Contains(string(b), `"iou_pooled":null`) ||
		!strings.Contains(string(b), `"dice_mean":null`) {
		t.Errorf("undefined is written as %s, %v", b, err)
	}
}

func TestAPredictedButAbsentClassCountsInPooledScoresOnly(t *testing.T) {
	var s Set
	s.Add("a", "p", []uint8{0, 0}, []uint8{1, 0}, allKnown, 0)
	g := s.Report().Classes[0]
	near(t, "pooled IoU", g.IoUPooled, 0)
	if g.IoUMean != nil {
		t.Errorf("the mean over no case is %g", *g.IoUMean)
	}
}

func TestUnknownClassesAreUndefined(t *testing.T) {
	var s Set
	s.Add("a", "p", []uint8{1, 0, 0}, []uint8{1, 3, 3}, Known{true, true, true, false}, 1)
	r := s.Report()
	near(t, "accuracy", r.Accuracy, 1)
	if l := r.Classes[2]; l.IoUPooled != nil || l.ReferenceML != nil {
		t.Errorf("lungs were not annotated and are scored: %+v", l)
	}
}

func TestAnEmptySet(t *testing.T) {
	r := new(Set).Report()
	if r.Accuracy != nil || r.Cases != 0 || len(r.Classes) != 3 {
		t.Errorf("report of nothing: %+v", r)
	}
}

func TestIntervals(t *testing.T) {
	one := []outcome{{tp: 5, fp: 5}}
	if interval(one, outcome.iou) != nil {
		t.Error("one patient has an interval")
	}
	same := []outcome{{5, 5, 0, 0}, {5, 5, 0, 0}, {5, 5, 0, 0}}
	if i := interval(same, outcome.iou); i.Low != 0.5 || i.High != 0.5 {
		t.Errorf("interval of equal patients %v", i)
	}
	mixed := []outcome{
		{9, 1, 0, 0}, {5, 5, 0, 0}, {7, 3, 0, 0}, {8, 2, 0, 0}, {6, 4, 0, 0}, {7, 3, 0, 0},
	}
	i := interval(mixed, outcome.iou)
	if !(i.Low > 0.5 && i.Low < 0.7 && i.High > 0.7 && i.High < 0.9) {
		t.Errorf("interval %v around 0.7", i)
	}
	if j := interval(mixed, outcome.iou); *i != *j {
		t.Error("the same patients have two intervals")
	}
	absent := []outcome{{}, {}, {}}
	if interval(absent, outcome.iou) != nil {
		t.Error("an undefined score has an interval")
	}
}

// patientSlice is one slice of 100 pixels with 50 of class, of which hit are found.
func patientSlice(class uint8, hit int) (reference, predicted []uint8) {
	reference, predicted = make([]uint8, 100), make([]uint8, 100)
	for i := range 50 {
		reference[i] = class
		if i < hit {
			predicted[i] = class
		}
	}
	return reference, predicted
}

// cohort scores n patients; hits says per class how many of 50 pixels patient i finds.
func cohort(n int, hits map[uint8]func(i int) int) *Set {
	var s Set
	for i := range n {
		for class, hit := range hits {
			ref, pred := patientSlice(class, hit(i))
			s.Add(fmt.Sprint("case", i, class), fmt.Sprint("p", i), ref, pred, allKnown, 0.1)
		}
	}
	return &s
}

func steady(n int) func(int) int { return func(i int) int { return n + i%3 } }

func TestVerdicts(t *testing.T) {
	const g, c = classes.GroundGlass, classes.Consolidation
	base := map[uint8]func(int) int{g: steady(30), c: steady(20)}
	noisy := func(i int) int { return 20 + []int{-8, 8}[i%2] }
	for _, tc := range []struct {
		name      string
		n         int
		next      map[uint8]func(int) int
		synthetic bool
		better    bool
		verdict   string
	}{
		{
			"one better", 6,
			map[uint8]func(int) int{g: steady(30), c: steady(35)},
			false, true,
			"Better on consolidation, no worse elsewhere",
		},
		{
			"both better", 6,
			map[uint8]func(int) int{g: steady(40), c: steady(35)},
			false, true,
			"Better on ground glass and consolidation, no worse elsewhere",
		},
		{
			"one worse", 6,
			map[uint8]func(int) int{g: steady(20), c: steady(35)},
			false, false,
			"Better on consolidation, but worse on ground glass",
		},
		{
			"worse", 6,
			map[uint8]func(int) int{g: steady(20), c: steady(20)},
			false, false,
			"Not better: worse on ground glass",
		},
		{"perhaps worse", 6, map[uint8]func(int) int{g: func(i int) int {
			return 28 + []int{-5, 8}[i%2]
		}, c: steady(35)}, false, false, "Better on consolidation, but perhaps worse on ground " +
			"glass"},
		{
			"chance", 8,
			map[uint8]func(int) int{g: steady(30), c: noisy},
			false, false,
			"Not proven better: no difference beyond chance on 8 held-out patients",
		},
		{"same", 6, base, false, false, "Not proven better: no difference beyond chance on 6 " +
			"held-out patients"},
		{
			"two patients", 2,
			map[uint8]func(int) int{g: steady(40), c: steady(35)},
			false, false,
			"Not proven better: 2 held-out patients are too few to tell",
		},
		{
			"one patient", 1,
			map[uint8]func(int) int{g: steady(40), c: steady(35)},
			false, false,
			"Not proven better: 1 held-out patient is too few to tell",
		},
		{
			"synthetic", 9,
			map[uint8]func(int) int{g: steady(40), c: steady(35)},
			true, false,
			"Not proven better: no patient is held out, only synthetic studies were scored",
		},
	} {
		got := Compare(cohort(tc.n, base), cohort(tc.n, tc.next), tc.synthetic)
		if got.Better != tc.better || got.Verdict != tc.verdict {
			t.Errorf("%s: better %v, %q; want %v, %q", tc.name, got.Better, got.Verdict, tc.better,
				tc.verdict)
		}
	}
}

func TestCompareDifferences(t *testing.T) {
	base := map[uint8]func(int) int{classes.GroundGlass: func(int) int { return 25 }}
	next := map[uint8]func(int) int{classes.GroundGlass: func(int) int { return 50 }}
	c := Compare(cohort(5, base), cohort(5, next), false)
	d := c.Classes[0]
	near(t, "current IoU", d.CurrentIoU, 0.5)
	near(t, "new IoU", d.NewIoU, 1)
	near(t, "IoU difference", d.IoU, 0.5)
	near(t, "Dice difference", d.Dice, 1-50.0/75)
	if d.IoUInterval == nil || math.Abs(d.IoUInterval.Low-0.5) > 1e-12 ||
		math.Abs(d.IoUInterval.High-0.5) > 1e-12 {
		t.Errorf("interval %v, want exactly the difference", d.IoUInterval)
	}
	if c.Classes[1].Dice != nil || c.Patients != 5 {
		t.Errorf("%d patients, consolidation difference %v", c.Patients, c.Classes[1].Dice)
	}
}

func TestCountedCasesAreTheSameSet(t *testing.T) {
	s := cohort(6, map[uint8]func(int) int{
		classes.GroundGlass: steady(30), classes.Consolidation: steady(20),
	})
	var again, twice Set
	for _, c := range s.Counted() {
		again.AddCounted(c)
		twice.AddCounted(c)
		twice.AddCounted(c)
	}
	want, _ := json.Marshal(s.Report())
	if got, _ := json.Marshal(again.Report()); string(got) != string(want) {
		t.Errorf("counted again: %s\nwant %s", got, want)
	}
	if a, b := s.Report(), twice.Report(); b.Cases != a.Cases ||
		*a.Classes[0].DicePooled != *b.Classes[0].DicePooled {
		t.Errorf("counted twice: %d cases, Dice %g; want %d and %g", b.Cases,
			*b.Classes[0].DicePooled, a.Cases, *a.Classes[0].DicePooled)
	}
}

// All five scores of one class by hand, pooled, as a mean over cases and over batches.
func TestScoresOfAClass(t *testing.T) {
	var s Set
	// TP 1 FP 1 FN 1 TN 1, then TP 0 FP 0 FN 1 TN 3; a batch each.
	s.Add("a", "p1", []uint8{1, 1, 0, 0}, []uint8{1, 0, 1, 0}, allKnown, 0)
	s.EndBatch()
	s.Add("b", "p2", []uint8{1, 0, 0, 0}, []uint8{0, 0, 0, 0}, allKnown, 0)
	s.EndBatch()
	// A batch without the class counts in no mean.
	s.Add("c", "p3", []uint8{0, 0}, []uint8{0, 0}, allKnown, 0)
	s.EndBatch()
	r := s.Report()
	g := r.Classes[0]
	near(t, "pooled precision", g.PrecisionPooled, 1.0/2)
	near(t, "pooled recall", g.RecallPooled, 1.0/3)
	near(t, "pooled accuracy", g.AccuracyPooled, 7.0/10)
	near(t, "mean precision", g.PrecisionMean, 1.0/2) // of a alone: in b nothing is predicted
	near(t, "mean recall", g.RecallMean, 1.0/4)
	near(t, "mean accuracy", g.AccuracyMean, (0.5+0.75)/2)
	near(t, "IoU over batches", g.IoUBatches, (1.0/3+0)/2)
	near(t, "Dice over batches", g.DiceBatches, (1.0/2+0)/2)
	near(t, "accuracy over batches", r.AccuracyBatches, (0.5+0.75+1)/3)
	near(t, "background IoU", r.Background.IoUPooled, 6.0/9)
	if c := r.Classes[1]; c.AccuracyPooled != nil || c.PrecisionMean != nil || c.IoUBatches != nil {
		t.Errorf("an absent class is scored: %+v", c)
	}
	if r.Batches != 3 || r.Confusion[1][0] != 2 || g.DiceMeanInterval == nil {
		t.Errorf("%d batches, confusion %v, interval %v", r.Batches, r.Confusion,
			g.DiceMeanInterval)
	}
}

func TestIgnoredPixelsAreNotCounted(t *testing.T) {
	m := Count([]uint8{1, classes.Ignored, classes.Ignored}, []uint8{1, 2, 0}, allKnown)
	if m != (Confusion{1: {1: 1}}) {
		t.Errorf("confusion %v", m)
	}
}
