package report

import (
	"fmt"

	"glasswork/dataset/volume"
	"glasswork/training/experiment"
	"glasswork/training/score"
)

// pooled is what all runs of a column counted together, so that an interval is over
// patients and holds for the mean of the seeds.
func pooled(results []experiment.Result) *score.Set {
	var s score.Set
	for _, r := range results {
		for _, c := range r.Cases {
			s.AddCounted(c)
		}
	}
	return &s
}

// scored is an experiment by the patient protocol, each run and each column scored once.
type scored struct {
	Study
	runs [][]score.Report
	// columns score what all runs of a column counted together.
	columns []score.Report
}

func (s Study) score() scored {
	all := scored{Study: s, runs: make([][]score.Report, len(s.Results))}
	for i, results := range s.Results {
		for k := range results {
			all.runs[i] = append(all.runs[i], pooled(results[k:k+1]).Report())
		}
		all.columns = append(all.columns, pooled(results).Report())
	}
	return all
}

// patient makes the tables of the patient protocol: scores, and differences to the
// first column.
func (s Study) patient() []Table {
	all := s.score()
	scores := Table{Title: "Patient protocol, suite " + s.Plan.Suite, Columns: s.names()}
	number := func(v float64) *float64 { return &v }
	scores.Rows = append(scores.Rows,
		s.row("Epochs", 0, func(r experiment.Result) *float64 { return number(float64(r.Epochs)) }),
		s.row("Weights of epoch", 0, func(r experiment.Result) *float64 { return number(float64(r.Best)) }),
		all.row("Accuracy", 4, func(r score.Report) *float64 { return r.Accuracy }, nil))
	for class := volume.GroundGlass; class < volume.NumClasses; class++ {
		for _, row := range all.classRows(int(class)) {
			if !row.empty() {
				scores.Rows = append(scores.Rows, row)
			}
		}
	}
	scores.Notes = []string{
		fmt.Sprintf("Test: %d slices that had no part in training or choosing. Pooled scores count the pixels of all test cases together; mean scores are over the cases in whose reference the class is present. In brackets: 95 %% of 2000 bootstrap draws over patients.", len(s.Plan.Split.Test)),
		s.seedsNote(),
	}
	tables := []Table{scores}
	if d := s.differences(); len(d.Rows) > 0 {
		tables = append(tables, d)
	}
	return tables
}

// row makes a row of a score of each run, with the interval of each column.
func (s scored) row(label string, digits int, of func(r score.Report) *float64, interval func(r score.Report) *score.Interval) Row {
	row := Row{Label: label}
	for i, runs := range s.runs {
		c := Cell{Digits: digits}
		for _, r := range runs {
			c.Values = append(c.Values, defined(of(r))...)
		}
		if interval != nil && len(c.Values) > 0 {
			c.Interval = interval(s.columns[i])
		}
		row.Cells = append(row.Cells, c)
	}
	return row
}

// classRows are the rows of one foreground class.
func (s scored) classRows(class int) []Row {
	name, of := s.className(volume.Class(class)), class-1
	return []Row{
		s.row(name+" Dice, pooled", 3, func(r score.Report) *float64 { return r.Classes[of].DicePooled },
			func(r score.Report) *score.Interval { return r.Classes[of].DiceInterval }),
		s.row(name+" Dice, mean over cases", 3, func(r score.Report) *float64 { return r.Classes[of].DiceMean }, nil),
		s.row(name+" IoU, pooled", 3, func(r score.Report) *float64 { return r.Classes[of].IoUPooled },
			func(r score.Report) *score.Interval { return r.Classes[of].IoUInterval }),
		s.row(name+" IoU, mean over cases", 3, func(r score.Report) *float64 { return r.Classes[of].IoUMean }, nil),
	}
}

// differences sets every column beside the first: pooled Dice with the paired interval.
func (s Study) differences() Table {
	t := Table{Title: "Difference of pooled Dice to " + s.Plan.Columns[0].Name, Columns: s.names()[1:]}
	if len(s.Results[0]) == 0 {
		return t
	}
	base := pooled(s.Results[0])
	rows := make([]Row, volume.NumClasses-1)
	for i, results := range s.Results[1:] {
		next := pooled(results)
		for k, d := range score.Compare(base, next, false).Classes {
			if i == 0 {
				rows[k].Label = s.className(volume.Class(k + 1))
			}
			c := Cell{Values: defined(d.Dice), Interval: d.DiceInterval, Digits: 3, Signed: true}
			if len(results) == 0 {
				c = Cell{}
			}
			c.Strong = c.Interval != nil && (c.Interval.Low > 0 || c.Interval.High < 0)
			rows[k].Cells = append(rows[k].Cells, c)
		}
	}
	for _, r := range rows {
		if !r.empty() {
			t.Rows = append(t.Rows, r)
		}
	}
	t.Notes = []string{fmt.Sprintf("The same patients for both, drawn together (paired bootstrap). Bold where the interval excludes 0; of %d such comparisons one in twenty does so by chance.", len(t.Rows)*len(t.Columns))}
	return t
}
