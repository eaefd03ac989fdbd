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

// caseScore is what is known of one case.
type caseScore struct {
	name, patient string
	parts         []part
	// voxelML is the size of one voxel in ml, 0 if unknown.
	voxelML float64
}

// part is the sum over those slices of a case in which the same is known.
type part struct {
	known     Known
	confusion Confusion
}

// outcome is that of a class in the slices in which it is known; ok is false if there are none.
func (c caseScore) outcome(class int) (o outcome, ok bool) {
	for _, p := range c.parts {
		if p.known[class] || class == int(classes.Lesion) && p.known.Whole() {
			o, ok = o.plus(p.confusion.outcome(class)), true
		}
	}
	return o, ok
}

// Add scores one slice of a case. reference and predicted are [y,x]; voxelML is the
// size of one voxel in ml, 0 if unknown. A class is scored in the slices in which it is known.
// A lesion of unspecified kind in the reference leaves the kinds of its slice unknown.
func (s *Set) Add(name, patient string, reference, predicted []uint8, known Known,
	voxelML float64,
) {
	if slices.Contains(reference, classes.Lesion) {
		known[classes.Lesion] = known.Whole()
		known[classes.GroundGlass], known[classes.Consolidation] = false, false
	}
	m := Count(reference, predicted, known)
	s.of(name, patient, voxelML).add(known, m)
	s.batch = s.batch.Plus(m)
}

func (c *caseScore) add(known Known, m Confusion) {
	for i := range c.parts {
		if c.parts[i].known == known {
			c.parts[i].confusion = c.parts[i].confusion.Plus(m)
			return
		}
	}
	c.parts = append(c.parts, part{known, m})
}

// of returns the case of that name, or makes it.
func (s *Set) of(name, patient string, voxelML float64) *caseScore {
	if s.at == nil {
		s.at = map[string]int{}
	}
	key := patient + "\x00" + name
	i, ok := s.at[key]
	if !ok {
		i = len(s.cases)
		s.at[key] = i
		s.cases = append(s.cases, caseScore{name: name, patient: patient, voxelML: voxelML})
	}
	return &s.cases[i]
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
		for _, p := range c.parts {
			all = all.Plus(p.confusion)
		}
	}
	people := s.patients()
	r := Report{
		Cases: len(s.cases), Patients: len(people), Batches: len(s.batches),
		Confusion: all, Accuracy: all.accuracy(), AccuracyBatches: s.accuracyOverBatches(),
		Background: s.class(int(classes.Background), people),
		Lesion:     s.lesion(people),
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

// lesion scores both kinds together with lesions of unspecified kind.
func (s *Set) lesion(people [][]caseScore) ClassScore {
	r := s.class(int(classes.Lesion), people)
	r.Name = LesionName
	return r
}

func (s *Set) class(class int, people [][]caseScore) ClassScore {
	outcomes := outcomesOf(people, class)
	pooled := sum(outcomes)
	r := ClassScore{
		Name:      classes.Name(classes.Class(class)),
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
			if o, _ := c.outcome(class); o.tp+o.fn > 0 {
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
			o, ok := c.outcome(class)
			if c.voxelML <= 0 || !ok {
				continue
			}
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

// outcomesOf sums the outcomes of each patient over the slices in which the class is known.
func outcomesOf(people [][]caseScore, class int) []outcome {
	outcomes := make([]outcome, len(people))
	for i, cases := range people {
		for _, c := range cases {
			o, _ := c.outcome(class)
			outcomes[i] = outcomes[i].plus(o)
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
