package score

import "glasswork/dataset/classes"

// Counted is what was counted in those slices of one case in which the same is known: enough to
// score it again, alone or with others.
type Counted struct {
	Name      string    `json:"name"`
	Patient   string    `json:"patient"`
	Known     Known     `json:"known"`
	Confusion Confusion `json:"confusion"`
	// VoxelML is the size of a voxel in ml, 0 if unknown.
	VoxelML float64 `json:"voxel_ml,omitempty"`
}

// Counted returns what s counted, case by case.
func (s *Set) Counted() []Counted {
	var all []Counted
	for _, c := range s.cases {
		for _, p := range c.parts {
			all = append(all, Counted{c.name, c.patient, p.known, p.confusion, c.voxelML})
		}
	}
	return all
}

// AddCounted adds what was counted before. Counts of a case that is there already are added
// to its own.
func (s *Set) AddCounted(c Counted) {
	c.Known[classes.Lesion] = c.Known.Whole() // older files do not say it
	s.of(c.Name, c.Patient, c.VoxelML).add(c.Known, c.Confusion)
}
