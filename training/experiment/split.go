package experiment

import (
	"fmt"
	"math/rand/v2"

	"glasswork/dataset/example"
	"glasswork/training/experiment/study"
)

// Split has the indices of the slices for training, validation and test.
type Split struct {
	Train      []int `json:"train"`
	Validation []int `json:"validation,omitempty"`
	Test       []int `json:"test"`
}

// Shares of the patients' slices that are held out by the patient protocol, and the seed of
// its draw. Every column is scored on the same patients.
const (
	testShare       = 0.2
	validationShare = 0.16
	splitSeed       = 51
)

// split divides the data by the protocol's rule.
func (p Protocol) split(d *Data) (Split, error) {
	n := d.Pool.Len()
	if p == Published {
		train, test := study.Split(n)
		if len(train) == 0 {
			return Split{}, fmt.Errorf("%d slices are too few to split", n)
		}
		return Split{Train: train, Test: test}, nil
	}
	groups := patients(d.Pool, d.TestFrom)
	var s Split
	if d.TestFrom < n {
		for i := d.TestFrom; i < n; i++ {
			s.Test = append(s.Test, i)
		}
	} else {
		s.Test, groups = hold(groups, testShare)
	}
	s.Validation, groups = hold(groups, validationShare/(1-testShare))
	for _, g := range groups {
		s.Train = append(s.Train, g...)
	}
	if len(s.Train) == 0 || len(s.Validation) == 0 || len(s.Test) == 0 {
		return s, fmt.Errorf("%d slices of %d patients cannot be split by patient into training, "+
			"validation and test", n, len(patients(d.Pool, n)))
	}
	return s, nil
}

// patients groups the first n slices by patient, in a random order that is always the same.
func patients(e example.Set, n int) [][]int {
	at := map[string]int{}
	var groups [][]int
	for i := range n {
		name, _, _ := e.Key(i)
		g, ok := at[name]
		if !ok {
			g = len(groups)
			at[name] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	r := rand.New(rand.NewPCG(splitSeed, 0))
	r.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	return groups
}

// hold takes patients until they have about share of the slices, and returns the others. A
// patient with more than half of the slices always trains, since it would be most of the test
// set otherwise.
func hold(groups [][]int, share float64) (held []int, rest [][]int) {
	all := 0
	for _, g := range groups {
		all += len(g)
	}
	fits := func(g []int) bool { return 2*len(g) <= all }
	free := 0
	for _, g := range groups {
		if fits(g) {
			free += len(g)
		}
	}
	wanted := max(int(share*float64(free)+0.5), 1)
	for _, g := range groups {
		if len(held) < wanted && fits(g) {
			held = append(held, g...)
		} else {
			rest = append(rest, g)
		}
	}
	return held, rest
}
