package export

import (
	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// volumeExporter is what exporters of one file for a CT and one for its labels share. Slices
// that are not reviewed, where only reviewed ones are wanted, carry a label of their own, as
// in nnU-Net's layout: a volume without them would have no geometry.
type volumeExporter struct {
	dir          string
	onlyReviewed bool
	names        map[string]bool
}

func newVolumeExporter(dir string, o Options) volumeExporter {
	return volumeExporter{dir: dir, onlyReviewed: o.OnlyReviewed, names: map[string]bool{}}
}

func (e *volumeExporter) finish() error { return nil }
func (e *volumeExporter) abandon()      {}

// labels are a study's as they are written.
func (e *volumeExporter) labels(s Study) *volume.LabelMap {
	if !e.onlyReviewed {
		return s.Labels
	}
	l := s.Labels.Clone()
	fillSlices(l, s.Reviewed, false, classes.NotReviewed)
	return l
}

// values are the names of the labels' values.
func (e *volumeExporter) values() []string {
	all := classes.Names()
	names := all[:]
	if e.onlyReviewed {
		names = append(names, classes.NotReviewedName)
	}
	return names
}
