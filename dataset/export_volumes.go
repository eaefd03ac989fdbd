package dataset

import (
	"image/color"

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

func newVolumeExporter(dir string, o ExportOptions) volumeExporter {
	return volumeExporter{dir: dir, onlyReviewed: o.OnlyReviewed, names: map[string]bool{}}
}

func (e *volumeExporter) finish() error { return nil }
func (e *volumeExporter) abandon()      {}

// labels are a study's as they are written.
func (e *volumeExporter) labels(s ExportStudy) *volume.LabelMap {
	if !e.onlyReviewed {
		return s.Labels
	}
	l := s.Labels.Clone()
	fillSlices(l, s.Reviewed, false, ignoreLabel)
	return l
}

// notReviewed is the name of ignoreLabel in files that name their values.
const notReviewed = "not reviewed"

// values are the names of the labels' values.
func (e *volumeExporter) values() []string {
	classes := volume.ClassNames()
	names := classes[:]
	if e.onlyReviewed {
		names = append(names, notReviewed)
	}
	return names
}

// classColors are what other programs show the classes in.
func classColors() [volume.NumClasses]color.RGBA {
	return [volume.NumClasses]color.RGBA{{A: 255}, {R: 230, G: 60, B: 50, A: 255}, {R: 40, G: 180, B: 90, A: 255}, {R: 110, G: 140, B: 190, A: 255}}
}
