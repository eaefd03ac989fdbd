package export

import (
	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// volumeExporter is shared by the exporters that write one file for the CT and one for its
// labels. If only reviewed slices are wanted, the other slices have a value of their own, as in
// nnU-Net's layout: a volume without them would have no geometry.
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

// labels returns the labels of a study as they are written.
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
	var names []string
	for _, label := range classes.Table() {
		names = append(names, label.Name)
	}
	if e.onlyReviewed {
		names = append(names, classes.NotReviewedName)
	}
	return names
}
