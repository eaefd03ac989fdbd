package report

import (
	"encoding/csv"
	"io"
	"strconv"
)

// writeCSV writes the tables in long form, one line for each number, so that programs can read
// them without knowing a table's layout.
func writeCSV(w io.Writer, tables []Table) error {
	out := csv.NewWriter(w)
	lines := [][]string{{
		"table", "row", "column", "source", "mean", "sd", "seeds", "low_95", "high_95",
	}}
	for _, t := range tables {
		for _, r := range t.Rows {
			source := "here"
			if r.Study {
				source = "study"
			}
			for i, c := range r.Cells {
				lines = append(lines, append([]string{t.Title, r.Label, t.Columns[i], source},
					c.fields()...))
			}
		}
	}
	if err := out.WriteAll(lines); err != nil {
		return err
	}
	return out.Error()
}

// fields are mean, sd, seeds and interval; empty where there is nothing.
func (c Cell) fields() []string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 8, 64) }
	fields := []string{"", "", strconv.Itoa(len(c.Values)), "", ""}
	if len(c.Values) > 0 {
		fields[0] = number(c.mean())
	}
	if len(c.Values) > 1 {
		fields[1] = number(c.sd())
	}
	if c.Interval != nil {
		fields[3], fields[4] = number(c.Interval.Low), number(c.Interval.High)
	}
	return fields
}
