package export

import (
	"context"
	"path/filepath"

	"glasswork/dataset/classes"
	"glasswork/dataset/nrrd"
)

// nrrdExporter writes NAME.nrrd (HU) and NAME.seg.nrrd, which 3D Slicer opens as a
// segmentation of it.
type nrrdExporter struct {
	volumeExporter
}

func newNRRD(dir string, o Options) (exporter, error) {
	return &nrrdExporter{newVolumeExporter(dir, o)}, nil
}

func (e *nrrdExporter) add(ctx context.Context, s Study) error {
	name := safeName(s.Name, e.names)
	if err := nrrd.WriteCT(filepath.Join(e.dir, name+".nrrd"), s.CT); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return nrrd.WriteLabels(filepath.Join(e.dir, name+".seg.nrrd"), e.labels(s), e.segments())
}

// segments describes the classes and, if only reviewed slices are wanted, the value of the
// others.
func (e *nrrdExporter) segments() (all []nrrd.Segment) {
	table := classes.Table()
	for value, name := range e.values() {
		s := nrrd.Segment{Value: value, Name: name, Color: [3]float64{0.5, 0.5, 0.5}}
		if value < len(table) {
			c := table[value]
			s.Category, s.Type = c.Category, c.Code
			for i := range s.Color {
				s.Color[i] = float64(c.Color[i]) / 255
			}
		}
		if value != int(classes.Background) {
			all = append(all, s)
		}
	}
	return all
}
