package score

import (
	"cmp"
	"slices"

	"glasswork/dataset/classes"
)

// Set collects the scored slices of one model, case by case.
type Set struct {
	cases []caseScore
	at    map[string]int
	// batches are the confusions of closed batches, batch that of the open one.
	batches []Confusion
	batch   Confusion
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
func (s *Set) Add(name, patient string, reference, predicted []uint8, known Known,
	voxelML float64,
) {
	c := s.of(name, patient, known, voxelML)
	m := Count(reference, predicted, known)
	c.confusion = c.confusion.Plus(m)
	s.batch = s.batch.Plus(m)
}

// of returns the case of that name, or makes it, for a slice with these classes known.
func (s *Set) of(name, patient string, known Known, voxelML float64) *caseScore {
	if s.at == nil {
		s.at = map[string]int{}
	}
	key := patient + "\x00" + name
	i, ok := s.at[key]
	if !ok {
		i = len(s.cases)
		s.at[key] = i
		s.cases = append(s.cases, caseScore{
			name: name, patient: patient, known: known, voxelML: voxelML,
		})
	}
	c := &s.cases[i]
	for class := range known {
		c.known[class] = c.known[class] && known[class]
	}
	return c
}

// EndBatch closes a batch of what was added since the last one, for means over batches.
func (s *Set) EndBatch() {
	s.batches = append(s.batches, s.batch)
	s.batch = Confusion{}
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
	r := Report{
		Cases: len(s.cases), Patients: len(people), Batches: len(s.batches),
		Confusion: all, Accuracy: all.accuracy(), AccuracyBatches: s.accuracyOverBatches(),
		Background: s.class(int(classes.Background), people),
	}
	for class := 1; class < classes.Count; class++ {
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
		Name:      classes.Names()[class],
		IoUPooled: pooled.iou(), DicePooled: pooled.dice(), AccuracyPooled: pooled.accuracy(),
		PrecisionPooled: pooled.precision(), RecallPooled: pooled.recall(),
		IoUInterval:  interval(outcomes, outcome.iou),
		DiceInterval: interval(outcomes, outcome.dice),
	}
	r.meanOverCases(people, class)
	r.meanOverBatches(s.batches, class)
	r.volumes(people, class)
	return r
}

// meanOverCases fills the means over those cases whose reference shows the class.
func (r *ClassScore) meanOverCases(people [][]caseScore, class int) {
	present := make([][]outcome, len(people))
	var all []outcome
	for i, cases := range people {
		for _, c := range cases {
			if o := c.confusion.outcome(class); c.known[class] && o.tp+o.fn > 0 {
				present[i] = append(present[i], o)
			}
		}
		all = append(all, present[i]...)
	}
	r.Present = len(all)
	r.IoUMean, r.DiceMean, r.AccuracyMean = mean(all, outcome.iou), mean(all, outcome.dice),
		mean(all, outcome.accuracy)
	r.PrecisionMean, r.RecallMean = mean(all, outcome.precision), mean(all, outcome.recall)
	r.IoUMeanInterval = meanInterval(present, outcome.iou)
	r.DiceMeanInterval = meanInterval(present, outcome.dice)
}

// meanOverBatches fills the means over those batches in which a score is defined.
func (r *ClassScore) meanOverBatches(batches []Confusion, class int) {
	all := make([]outcome, len(batches))
	for i, m := range batches {
		all[i] = m.outcome(class)
	}
	r.IoUBatches, r.DiceBatches, r.AccuracyBatches = mean(all, outcome.iou),
		mean(all, outcome.dice), mean(all, outcome.accuracy)
	r.PrecisionBatches, r.RecallBatches = mean(all, outcome.precision), mean(all, outcome.recall)
}

func (s *Set) accuracyOverBatches() *float64 {
	total, n := 0.0, 0
	for _, m := range s.batches {
		if a := m.accuracy(); a != nil {
			total += *a
			n++
		}
	}
	if n == 0 {
		return nil
	}
	total /= float64(n)
	return &total
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

// mean is that of a score over those outcomes for which it is defined, nil without any.
func mean(outcomes []outcome, of func(outcome) *float64) *float64 {
	total, n := 0.0, 0
	for _, o := range outcomes {
		if v := of(o); v != nil {
			total += *v
			n++
		}
	}
	if n == 0 {
		return nil
	}
	total /= float64(n)
	return &total
}
