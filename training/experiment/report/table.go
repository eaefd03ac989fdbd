// Package report presents the results of an experiment: tables in Markdown, CSV and LaTeX,
// curves as PNG and SVG, pages of example predictions and one self-contained HTML file. It
// trains nothing and knows no network.
package report

import (
	"fmt"
	"math"
	"slices"

	"glasswork/training/score"
)

// Table is one table of a report: a column for every column of the suite.
type Table struct {
	Title   string
	Columns []string
	Rows    []Row
	// Notes stand below it, a sentence each.
	Notes []string
}

// Row is one line of a table.
type Row struct {
	Label string
	// Study is set for rows that repeat what the study published.
	Study bool
	Cells []Cell
}

// Cell is one number of a table, of all seeds of a column.
type Cell struct {
	// Values are one a seed; none where the runs are missing or the score is undefined.
	Values   []float64
	Interval *score.Interval
	// Digits after the point.
	Digits int
	// Signed writes a plus before what is greater than 0: a difference.
	Signed bool
	// Strong is set for a difference that is unlikely to be chance.
	Strong bool
}

// mean and sd are over the seeds; sd is the sample's, 0 of fewer than two.
func (c Cell) mean() float64 {
	sum := 0.0
	for _, v := range c.Values {
		sum += v
	}
	return sum / float64(len(c.Values))
}

func (c Cell) sd() float64 {
	if len(c.Values) < 2 {
		return 0
	}
	mean, sum := c.mean(), 0.0
	for _, v := range c.Values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(c.Values)-1))
}

// number writes v as the cell's numbers are written.
func (c Cell) number(v float64) string {
	if c.Signed {
		return fmt.Sprintf("%+.*f", c.Digits, v)
	}
	return fmt.Sprintf("%.*f", c.Digits, v)
}

// text is the cell with plusMinus between mean and standard deviation.
func (c Cell) text(plusMinus string) string {
	if len(c.Values) == 0 {
		return "–"
	}
	text := c.number(c.mean())
	if len(c.Values) > 1 {
		text += plusMinus + fmt.Sprintf("%.*f", c.Digits, c.sd())
	}
	if i := c.Interval; i != nil {
		text += " (" + c.number(i.Low) + " to " + c.number(i.High) + ")"
	}
	return text
}

// defined keeps the scores that are defined.
func defined(values ...*float64) []float64 {
	var all []float64
	for _, v := range values {
		if v != nil {
			all = append(all, *v)
		}
	}
	return all
}

// empty says that no cell of the row holds a number.
func (r Row) empty() bool {
	return !slices.ContainsFunc(r.Cells, func(c Cell) bool { return len(c.Values) > 0 })
}
