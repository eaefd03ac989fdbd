package report

import (
	"fmt"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/training/experiment"
	"glasswork/training/score"
)

// pooled adds up what all runs of a column counted, so that an interval is over patients and
// holds for the mean of the seeds.
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
		s.row("Weights of epoch", 0, func(r experiment.Result) *float64 {
			return number(float64(r.Best))
		}),
		all.row("Accuracy", 4, func(r score.Report) *float64 { return r.Accuracy }, nil))
	for class := classes.GroundGlass; class < classes.Count; class++ {
		for _, row := range all.classRows(int(class)) {
			if !row.empty() {
				scores.Rows = append(scores.Rows, row)
			}
		}
	}
	scores.Notes = []string{
		fmt.Sprintf("Test: %d slices that had no part in training or choosing. Pooled scores "+
			"count the pixels of all test cases together; mean scores are over the cases in "+
			"whose reference the class is present. In brackets: 95 %% of 2000 bootstrap "+
			"draws over patients.", len(s.Plan.Split.Test)),
		s.seedsNote(),
	}
	tables := []Table{scores}
	if d := s.differences(); len(d.Rows) > 0 {
		tables = append(tables, d)
	}
	return tables
}

// row makes a row of a score of each run, with the interval of each column.
func (s scored) row(label string, digits int, of func(r score.Report) *float64,
	interval func(r score.Report) *score.Interval,
) Row {
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
	name, of := s.className(classes.Class(class)), class-1
	dice := func(r score.Report) *float64 { return r.Classes[of].DicePooled }
	diceMean := func(r score.Report) *float64 { return r.Classes[of].DiceMean }
	iou := func(r score.Report) *float64 { return r.Classes[of].IoUPooled }
	iouMean := func(r score.Report) *float64 { return r.Classes[of].IoUMean }
	diceRange := func(r score.Report) *score.Interval { return r.Classes[of].DiceInterval }
	iouRange := func(r score.Report) *score.Interval { return r.Classes[of].IoUInterval }
	return []Row{
		s.row(name+" Dice, pooled", 3, dice, diceRange),
		s.row(name+" Dice, mean over cases", 3, diceMean, nil),
		s.row(name+" IoU, pooled", 3, iou, iouRange),
		s.row(name+" IoU, mean over cases", 3, iouMean, nil),
	}
}

// differences compares every column with the first by pooled Dice: the mean over seeds of the
// difference within a seed, with the paired interval over patients.
func (s Study) differences() Table {
	t := Table{
		Title: "Difference of pooled Dice to " + s.Plan.Columns[0].Name, Columns: s.names()[1:],
	}
	if len(s.Results[0]) == 0 {
		return t
	}
	for class := classes.GroundGlass; class < classes.Count; class++ {
		row := Row{Label: s.className(class)}
		for _, results := range s.Results[1:] {
			row.Cells = append(row.Cells, difference(int(class), s.Results[0], results))
		}
		if !row.empty() {
			t.Rows = append(t.Rows, row)
		}
	}
	t.Notes = []string{"In brackets: 95 % of 2000 bootstrap draws over patients, the same for " +
		"both columns. It does not hold what other seeds would change. Bold where it excludes 0 " +
		"and two seeds or more all say the same; one in twenty " +
		"intervals excludes 0 by chance."}
	return t
}

// difference is that between next and base in one class: one value for each seed that both
// have.
func difference(class int, base, next []experiment.Result) Cell {
	c := Cell{Digits: 3, Signed: true}
	for i, n := range next {
		k := slices.IndexFunc(base, func(b experiment.Result) bool { return b.Seed == n.Seed })
		if k >= 0 {
			d := score.Compare(pooled(base[k:k+1]), pooled(next[i:i+1]), false)
			c.Values = append(c.Values, defined(d.Classes[class-1].Dice)...)
		}
	}
	if len(c.Values) == 0 {
		return c
	}
	c.Interval = score.Compare(pooled(base), pooled(next), false).Classes[class-1].DiceInterval
	low, high := slices.Min(c.Values), slices.Max(c.Values)
	c.Strong = len(c.Values) > 1 && c.Interval != nil && (c.Interval.Low > 0 && low > 0 ||
		c.Interval.High < 0 && high < 0)
	return c
}
