package experiment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Setup is an experiment as a person asks for it.
type Setup struct {
	// Suite is a name or a file (OpenSuite), Protocol published or patient.
	Suite, Protocol string
	// Data are labelled datasets, Test those that the patient protocol only scores.
	Data, Test []string
	// Seeds is the number of runs of each column.
	Seeds int
	// Settings stand above what the suite says.
	Settings Settings
	// Dir is the experiment's folder, Command what stands in its plan.
	Dir, Command string
}

// Open opens the datasets, makes the plan and puts it into Dir, or finds there that it was
// begun before.
func (s Setup) Open(ctx context.Context) (Plan, *Data, error) {
	suite, err := OpenSuite(s.Suite)
	if err != nil {
		return Plan{}, nil, err
	}
	p, err := ParseProtocol(s.Protocol)
	if err != nil {
		return Plan{}, nil, err
	}
	data, err := OpenData(ctx, s.Data, s.Test)
	if err != nil {
		return Plan{}, nil, err
	}
	plan, err := NewPlan(suite, p, s.Settings, s.Seeds, data)
	if err != nil {
		return plan, nil, err
	}
	plan.Command = s.Command
	plan, err = plan.Open(s.Dir)
	return plan, data, err
}

// Listed is a run and where it stands; before there is a plan, a column of the suite.
type Listed struct {
	Column int    `json:"column"`
	Name   string `json:"name"`
	Seed   uint64 `json:"seed,omitempty"`
	State  string `json:"state,omitempty"`
}

// List lists the runs of a folder and where they stand, or, before there is a plan, the
// columns of the suite.
func List(dir, suite string) (all []Listed, err error) {
	plan, err := ReadPlan(dir)
	switch {
	case err == nil:
		for _, r := range plan.Runs(dir) {
			all = append(all, Listed{r.Number, r.Column.Name, r.Seed, r.State()})
		}
		return all, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case suite == "":
		return nil, fmt.Errorf("%s holds no experiment; name its --suite", dir)
	}
	s, err := OpenSuite(suite)
	if err != nil {
		return nil, err
	}
	for i, c := range s.Columns {
		all = append(all, Listed{Column: i + 1, Name: c.Name})
	}
	return all, nil
}
