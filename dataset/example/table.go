package example

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"glasswork/dataset/internal/osfile"
)

// table is a CSV file whose first line names its columns.
type table struct {
	name    string
	columns map[string]int
	rows    [][]string
}

// readTable reads a table that has the given columns.
func readTable(path string, needed ...string) (*table, error) {
	t := &table{name: filepath.Base(path), columns: map[string]int{}}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", t.name, osfile.Reason(err))
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, fmt.Errorf("%s is not a table of comma-separated values", t.name)
	}
	for i, column := range lines[0] {
		t.columns[strings.TrimSpace(column)] = i
	}
	for _, column := range needed {
		if !t.has(column) {
			return nil, fmt.Errorf("%s has no column %q; it has %s", t.name, column,
				strings.Join(lines[0], ", "))
		}
	}
	t.rows = lines[1:]
	return t, nil
}

func (t *table) has(column string) bool { _, ok := t.columns[column]; return ok }

func (t *table) text(row []string, column string) string { return row[t.columns[column]] }

// number returns a number of a row; the error names the table and the row.
func (t *table) number(row []string, column string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(t.text(row, column)), 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %q of %s is not a number", t.name, t.text(row, column), row[0])
	}
	return v, nil
}

// median returns the middle value of v, which must not be empty.
func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}
