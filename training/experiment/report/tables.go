package report

import (
	"fmt"

	"glasswork/dataset/classes"
	"glasswork/training/experiment"
	"glasswork/training/experiment/study"
)

// Study is an experiment's plan with the results that are there.
type Study struct {
	Plan experiment.Plan
	// Results are by column of the plan, one a seed.
	Results [][]experiment.Result
	// Missing counts the runs without a result.
	Missing int
}

// Read collects the results in an experiment's folder.
func Read(dir string) (Study, error) {
	plan, err := experiment.ReadPlan(dir)
	if err != nil {
		return Study{}, err
	}
	s := Study{Plan: plan, Results: make([][]experiment.Result, len(plan.Columns))}
	for _, run := range plan.Runs(dir) {
		r, ok, err := run.Result()
		switch {
		case err != nil:
			return s, err
		case ok:
			s.Results[run.Number-1] = append(s.Results[run.Number-1], r)
		default:
			s.Missing++
		}
	}
	return s, nil
}

// Tables are the study's tables of an experiment.
func (s Study) Tables() []Table {
	if s.Plan.Protocol == experiment.Published {
		return []Table{s.published()}
	}
	return s.patient()
}

func (s Study) names() []string {
	var names []string
	for _, c := range s.Plan.Columns {
		names = append(names, c.Name)
	}
	return names
}

// row makes a row of what of says of each run.
func (s Study) row(label string, digits int, of func(r experiment.Result) *float64) Row {
	row := Row{Label: label}
	for _, results := range s.Results {
		c := Cell{Digits: digits}
		for _, r := range results {
			c.Values = append(c.Values, defined(of(r))...)
		}
		row.Cells = append(row.Cells, c)
	}
	return row
}

// beside makes the row of what the study published; it is empty for columns of one's own.
func (s Study) beside(digits int, of func(p study.Scores) float64) Row {
	row := Row{Label: "the study", Study: true}
	for _, c := range s.Plan.Columns {
		cell := Cell{Digits: digits}
		if c.Published != nil {
			if v := of(*c.Published); v != 0 {
				cell.Values = []float64{v}
			}
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// published is the study's table: its rows, and below each what it reported where the
// data are its own.
func (s Study) published() Table {
	t := Table{Title: "Published protocol, suite " + s.Plan.Suite, Columns: s.names()}
	add := func(row, beside Row) {
		if !row.empty() || !beside.empty() {
			t.Rows = append(t.Rows, row)
		}
		if !beside.empty() {
			t.Rows = append(t.Rows, beside)
		}
	}
	number := func(v float64) *float64 { return &v }
	add(s.row("Epochs", 0, func(r experiment.Result) *float64 { return number(float64(r.Epochs)) }),
		s.beside(0, func(p study.Scores) float64 { return float64(p.Epochs) }))
	add(s.row("Loss", 4, func(r experiment.Result) *float64 { return &r.Loss }),
		s.beside(4, func(p study.Scores) float64 { return p.Loss }))
	add(s.row("Accuracy", 4, func(r experiment.Result) *float64 { return r.Accuracy }),
		s.beside(4, func(p study.Scores) float64 { return p.Accuracy }))
	for _, class := range classes.KaggleChannels() {
		add(s.row(s.className(class)+" IoU", 4, func(r experiment.Result) *float64 {
			return r.IoU[class]
		}),
			s.beside(4, func(p study.Scores) float64 { return p.IoU[class] }))
	}
	t.Notes = append(t.Notes, "IoU is per class over each test batch, then the mean over "+
		"batches; accuracy is over all pixels; loss is the sum over the batches of the best epoch.")
	return t
}

// className is a class as the table calls it: with two classes all of the lung is one.
func (s Study) className(class classes.Class) string {
	if class == classes.LungsOther && s.Plan.Columns[0].Classes == 2 {
		return "Lungs"
	}
	return classes.Table()[class].Title()
}

// seedsNote says what a mean and its interval are of.
func (s Study) seedsNote() string {
	if s.Plan.Seeds == 1 {
		return "One run each: how much another seed would change is not known."
	}
	return fmt.Sprintf("Mean ± standard deviation over %d seeds.", s.Plan.Seeds)
}
