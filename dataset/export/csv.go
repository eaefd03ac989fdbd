package export

import (
	"context"
	"io"
	"path/filepath"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/measure"
)

// csvExporter measures each study and writes all of them into measurements.csv.
type csvExporter struct {
	dir     string
	options Options
	studies []measure.Study
}

func newCSV(dir string, o Options) (exporter, error) {
	return &csvExporter{dir: dir, options: o}, nil
}

func (e *csvExporter) add(ctx context.Context, s Study) error {
	m, err := s.measured(ctx, s.exported(e.options))
	e.studies = append(e.studies, m)
	return err
}

func (e *csvExporter) finish() error {
	return atomicfile.WriteFile(filepath.Join(e.dir, "measurements.csv"), func(w io.Writer) error {
		return measure.WriteCSV(w, e.studies)
	})
}

func (e *csvExporter) abandon() {}
