package score

// Counted is what was counted in one case: enough to score it again, alone or with others.
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
	all := make([]Counted, len(s.cases))
	for i, c := range s.cases {
		all[i] = Counted{c.name, c.patient, c.known, c.confusion, c.voxelML}
	}
	return all
}

// AddCounted adds what was counted before. Counts of a case that is there already are added
// to its own.
func (s *Set) AddCounted(c Counted) {
	own := s.of(c.Name, c.Patient, c.Known, c.VoxelML)
	own.confusion = own.confusion.Plus(c.Confusion)
}
