package score

import (
	"cmp"
	"slices"

	"glasswork/dataset/volume"
)

// Set collects the scored slices of one model, case by case.
type Set struct {
	cases []caseScore
	at    map[string]int
}

// caseScore is what is known of one case: the sum over its slices.
type caseScore struct {
	name, patient string
	known         Known
	confusion     Confusion
	// voxelML is the size of one voxel in ml, 0 if unknown.
	voxelML float64
}

// Add scores one slice of a case. reference and predicted are [y,x]; voxelML is the
// size of one voxel in ml, 0 if unknown. A class counts as known in a case if it is
// known in all its slices.
func (s *Set) Add(name, patient string, reference, predicted []uint8, known Known, voxelML float64) {
	c := s.of(name, patient, known, voxelML)
	c.confusion = c.confusion.Plus(Count(reference, predicted, known))
}

// of returns the case of that name, which may be new, for a slice with these classes known.
func (s *Set) of(name, patient string, known Known, voxelML float64) *caseScore {
	if s.at == nil {
		s.at = map[string]int{}
	}
	key := patient + "\x00" + name
	i, ok := s.at[key]
	if !ok {
		i = len(s.cases)
		s.at[key] = i
		s.cases = append(s.cases, caseScore{name: name, patient: patient, known: known, voxelML: voxelML})
	}
	c := &s.cases[i]
	for class := range known {
		c.known[class] = c.known[class] && known[class]
	}
	return c
}

// Cases is the number of cases so far.
func (s *Set) Cases() int { return len(s.cases) }

// Report sums up the set.
func (s *Set) Report() Report {
	var all Confusion
	for _, c := range s.cases {
		all = all.Plus(c.confusion)
	}
	people := s.patients()
	r := Report{Cases: len(s.cases), Patients: len(people), Accuracy: all.accuracy()}
	for class := 1; class < volume.NumClasses; class++ {
		r.Classes = append(r.Classes, s.class(class, people))
	}
	return r
}

// patients groups the cases by patient, in an order that does not depend on theirs.
func (s *Set) patients() [][]caseScore {
	sorted := slices.Clone(s.cases)
	slices.SortStableFunc(sorted, func(a, b caseScore) int {
		return cmp.Or(cmp.Compare(a.patient, b.patient), cmp.Compare(a.name, b.name))
	})
	var groups [][]caseScore
	for i, c := range sorted {
		if i == 0 || c.patient != sorted[i-1].patient {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], c)
	}
	return groups
}

func (s *Set) class(class int, people [][]caseScore) ClassScore {
	outcomes := outcomesOf(people, class)
	pooled := sum(outcomes)
	r := ClassScore{
		Name:      volume.ClassNames()[class],
		IoUPooled: pooled.iou(), DicePooled: pooled.dice(),
		IoUInterval:  interval(outcomes, outcome.iou),
		DiceInterval: interval(outcomes, outcome.dice),
	}
	r.meanOverCases(s.cases, class)
	r.volumes(people, class)
	return r
}

// meanOverCases fills the means over those cases whose reference shows the class.
func (r *ClassScore) meanOverCases(cases []caseScore, class int) {
	var iou, dice float64
	for _, c := range cases {
		if o := c.confusion.outcome(class); c.known[class] && o.tp+o.fn > 0 {
			iou += *o.iou()
			dice += *o.dice()
			r.Present++
		}
	}
	if r.Present > 0 {
		iou, dice = iou/float64(r.Present), dice/float64(r.Present)
		r.IoUMean, r.DiceMean = &iou, &dice
	}
}

// volumes fills the volumes in ml and the mean absolute error per patient.
func (r *ClassScore) volumes(people [][]caseScore, class int) {
	var reference, predicted, wrong float64
	measured := 0
	for _, cases := range people {
		var ref, pred float64
		known := false
		for _, c := range cases {
			if c.voxelML <= 0 || !c.known[class] {
				continue
			}
			o := c.confusion.outcome(class)
			ref += float64(o.tp+o.fn) * c.voxelML
			pred += float64(o.tp+o.fp) * c.voxelML
			known = true
		}
		if known {
			measured++
			reference += ref
			predicted += pred
			wrong += max(ref-pred, pred-ref)
		}
	}
	if measured > 0 {
		wrong /= float64(measured)
		r.ReferenceML, r.PredictedML, r.VolumeErrorML = &reference, &predicted, &wrong
	}
}

// outcomesOf sums the outcomes of each patient over the cases that know the class.
func outcomesOf(people [][]caseScore, class int) []outcome {
	outcomes := make([]outcome, len(people))
	for i, cases := range people {
		for _, c := range cases {
			if c.known[class] {
				outcomes[i] = outcomes[i].plus(c.confusion.outcome(class))
			}
		}
	}
	return outcomes
}

func sum(outcomes []outcome) outcome {
	var o outcome
	for _, q := range outcomes {
		o = o.plus(q)
	}
	return o
}
