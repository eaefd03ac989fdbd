package measure

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
)

// columns are the columns of the table, with units in brackets.
var columns = []string{
	"study", "region", "voxels", "volume [ml]", "share of lung [%]",
	"mean [HU]", "SD [HU]", "minimum [HU]", "maximum [HU]",
	"reviewed slices", "slices",
}

// WriteCSV writes one row for each region of each study (RFC 4180, decimal points, UTF-8). Fields
// that cannot be measured are empty: volumes where mm are not known, HU where the study is not
// calibrated, and shares where no lung is marked.
func WriteCSV(w io.Writer, studies []Study) error {
	table := csv.NewWriter(w)
	table.UseCRLF = true
	if err := table.Write(columns); err != nil {
		return err
	}
	for _, s := range studies {
		for _, r := range s.Regions {
			if err := table.Write(s.row(r)); err != nil {
				return err
			}
		}
	}
	table.Flush()
	return table.Error()
}

func (s Study) row(r Region) []string {
	row := []string{
		s.Name, r.Name(), strconv.Itoa(r.Voxels), number(r.ML, 3, s.Measurable),
		number(r.Percent, 3, true),
	}
	for _, hu := range []float64{r.Mean, r.SD} {
		row = append(row, number(hu, 2, s.Calibrated))
	}
	for _, hu := range []float64{r.Min, r.Max} {
		row = append(row, number(hu, 0, s.Calibrated))
	}
	return append(row, strconv.Itoa(s.Reviewed), strconv.Itoa(s.Slices))
}

// number formats v with digits after the point. It is empty if v is not known.
func number(v float64, digits int, known bool) string {
	if !known || math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}
