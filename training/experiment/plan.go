package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"glasswork/dataset/atomicfile"
)

// Plan is an experiment's definition: together with the data it determines every run. It is
// kept in plan.json in the experiment's folder.
type Plan struct {
	Suite    string   `json:"suite"`
	Protocol Protocol `json:"protocol"`
	// Data names the datasets; Slices and Patients are what they hold.
	Data     []string `json:"data"`
	Slices   int      `json:"slices"`
	Patients int      `json:"patients"`
	// Arrays says that the data are the study's own, so that its numbers can be compared.
	Arrays bool  `json:"arrays"`
	Split  Split `json:"split"`
	// Columns are with all settings filled in.
	Columns []Column `json:"columns"`
	// Seeds is how many runs each column has: their seeds are 1 to Seeds.
	Seeds   int    `json:"seeds"`
	Command string `json:"command"`
	// Created is RFC 3339.
	Created string `json:"created"`
}

// Run is one column trained once.
type Run struct {
	// Number counts columns from 1.
	Number int
	Column Column
	Seed   uint64
	// Dir is the run's folder.
	Dir string
}

// NewPlan fills in the suite's columns. Flags override columns, and columns override the
// protocol's defaults.
func NewPlan(s Suite, p Protocol, flags Settings, seeds int, d *Data) (Plan, error) {
	plan := Plan{
		Suite: s.Name, Protocol: p, Data: d.Names, Slices: d.Pool.Len(),
		Patients: len(patients(d.Pool, d.Pool.Len())), Arrays: d.Arrays, Seeds: seeds,
		Created: time.Now().UTC().Format(time.RFC3339),
	}
	if seeds < 1 || seeds > 1000 {
		return plan, fmt.Errorf("%d seeds are not between 1 and 1000", seeds)
	}
	for _, c := range s.Columns {
		c.Settings = flags.over(c.Settings).over(p.Defaults())
		if err := c.check(); err != nil {
			return plan, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if !plan.Arrays {
			c.Published = nil // of other data
		}
		plan.Columns = append(plan.Columns, c)
	}
	var err error
	plan.Split, err = p.split(d)
	return plan, err
}

const planName = "plan.json"

// Open writes the plan into dir, or continues the one that is there. It refuses a folder whose
// experiment differs in anything but the number of seeds.
func (p Plan) Open(dir string) (Plan, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return p, fmt.Errorf("cannot make the folder %s: %w", dir, plain(err))
	}
	old, err := ReadPlan(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p, writeJSON(filepath.Join(dir, planName), p)
	case err != nil:
		return p, err
	}
	if what := p.differs(old); what != "" {
		return p, fmt.Errorf("%s holds another experiment (its %s); name another folder, or the "+
			"same settings", dir, what)
	}
	p.Created, p.Seeds = old.Created, max(p.Seeds, old.Seeds)
	if p.Seeds == old.Seeds {
		return old, nil
	}
	return p, writeJSON(filepath.Join(dir, planName), p)
}

// ReadPlan reads the plan of an experiment's folder.
func ReadPlan(dir string) (Plan, error) {
	var p Plan
	err := readJSON(filepath.Join(dir, planName), &p)
	return p, err
}

// differs says in a few words how p differs from the experiment old.
func (p Plan) differs(old Plan) string {
	switch {
	case p.Protocol != old.Protocol:
		return "protocol is " + string(old.Protocol)
	case p.Suite != old.Suite:
		return "suite is " + old.Suite
	case p.Slices != old.Slices || p.Patients != old.Patients ||
		!reflect.DeepEqual(p.Split, old.Split):
		return fmt.Sprintf("data are %d slices of %d patients, split otherwise", old.Slices,
			old.Patients)
	case len(p.Columns) != len(old.Columns):
		return fmt.Sprintf("suite has %d columns", len(old.Columns))
	}
	for i, c := range p.Columns {
		if was := old.Columns[i]; c.Name != was.Name || c.Settings != was.Settings {
			return fmt.Sprintf("column %d, %s, has other settings", i+1, was.Name)
		}
	}
	return ""
}

// Runs are all runs of the plan, in the order in which one process does them: every column
// once, then every column again with the next seed.
func (p Plan) Runs(dir string) []Run {
	var all []Run
	for seed := 1; seed <= p.Seeds; seed++ {
		for i, c := range p.Columns {
			name := fmt.Sprintf("%02d-%s-seed%d", i+1, Slug(c.Name), seed)
			all = append(all, Run{
				Number: i + 1, Column: c, Seed: uint64(seed), Dir: filepath.Join(dir, "runs", name),
			})
		}
	}
	return all
}

// Deviations lists how the plan's columns differ from the protocol. Each difference is listed
// once, with its columns if it does not hold for all of them.
func (p Plan) Deviations() []string {
	var order []string
	columns := map[string][]string{}
	for _, c := range p.Columns {
		for _, d := range p.Protocol.deviations(c.Settings) {
			if columns[d] == nil {
				order = append(order, d)
			}
			columns[d] = append(columns[d], c.Name)
		}
	}
	for i, d := range order {
		if n := columns[d]; len(n) < len(p.Columns) {
			order[i] = fmt.Sprintf("%s: %s", list(n), d)
		}
	}
	if p.Protocol == Published && !p.Arrays {
		order = append(order, "the data are not the study's")
	}
	return order
}

// list joins names as in a sentence.
func list(names []string) string {
	text := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			text += " and "
		default:
			text += ", "
		}
		text += n
	}
	return text
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// readJSON reads a file of an experiment's folder; one that is missing is fs.ErrNotExist.
func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", path, plain(err))
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s is damaged; remove it to begin that part again", path)
	}
	return nil
}
