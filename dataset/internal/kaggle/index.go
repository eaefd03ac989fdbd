// Package kaggle holds the index of arrays in the layout of the Kaggle datasets: which slice
// of which study each of them is. The layout itself has no place for that.
package kaggle

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"glasswork/dataset/internal/osfile"
)

// Row says of one slice of the arrays which it is.
type Row struct {
	// Case is its study, Z its slice there.
	Case     string
	Z        int
	Reviewed bool
	// Spacing is in mm [y,x], 0 where unknown.
	Spacing [2]float64
}

// header are the columns; index is the slice's number in the arrays.
var header = []string{"index", "case", "z", "reviewed", "spacing_y_mm", "spacing_x_mm"}

// ReadIndex reads the rows by the slice's number in the arrays; nil without the file.
func ReadIndex(path string) (map[int]Row, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, osfile.Reason(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) == 0 || !slices.Equal(lines[0], header) {
		return nil, fmt.Errorf("%s is damaged", filepath.Base(path))
	}
	rows := map[int]Row{}
	for _, line := range lines[1:] {
		i, err1 := strconv.Atoi(line[0])
		z, err2 := strconv.Atoi(line[2])
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%s is damaged", filepath.Base(path))
		}
		r := Row{Case: line[1], Z: z, Reviewed: line[3] == "1"}
		for axis := range 2 {
			r.Spacing[axis], _ = strconv.ParseFloat(line[4+axis], 64) // unknown spacing is empty
		}
		rows[i] = r
	}
	return rows, nil
}

// WriteIndex writes rows in the order of the arrays' slices.
func WriteIndex(w io.Writer, rows []Row) error {
	lines := [][]string{header}
	for i, r := range rows {
		reviewed := "0"
		if r.Reviewed {
			reviewed = "1"
		}
		lines = append(lines, []string{
			strconv.Itoa(i), r.Case, strconv.Itoa(r.Z), reviewed, mm(r.Spacing[0]),
			mm(r.Spacing[1]),
		})
	}
	return csv.NewWriter(w).WriteAll(lines)
}

func mm(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
