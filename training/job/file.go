package job

import (
	"context"
	"fmt"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/nifti"
	"glasswork/dataset/volume"
	"glasswork/dataset/words"
	"glasswork/training/protocol"
)

// Labelled is a study that a network has labelled.
type Labelled struct {
	*protocol.PredictSummary
	Seconds float64
	// Volumes are those of the classes in ml, by name; nil where they cannot be measured.
	Volumes map[string]*float64
}

// PredictTo labels every slice of the study that wanted names and writes the labels as
// NIfTI to path, which must end in .nii or .nii.gz. warn is told what the labels are worth,
// emit how it goes on.
func (j *Runner) PredictTo(
	ctx context.Context, path string, wanted protocol.PredictJob,
	warn func(sentence string), emit func(protocol.Event),
) (done Labelled, err error) {
	if !nifti.IsName(path) {
		return done, fmt.Errorf("%s must end in .nii or .nii.gz", path)
	}
	if err := atomicfile.Check(path); err != nil {
		return done, err
	}
	s, err := OpenSeries(ctx, wanted.Path, wanted.Series)
	if err != nil {
		return done, err
	}
	for _, w := range s.Warnings {
		warn(w)
	}
	labels, measurable := volume.NewLabelMap(s.Geometry), s.Measurable
	wanted.Series = s.ID
	if err := s.Close(); err != nil {
		return done, err
	}
	sum, err := j.Run(ctx, protocol.Job{Predict: &wanted}, func(e protocol.Event) {
		if e.Slice != nil {
			copy(labels.Slice(e.Slice.Z), e.Slice.Labels)
			return
		}
		emit(e)
	})
	if err != nil {
		return done, err
	}
	if sum.Predict.NoLung {
		warn("This study shows no lung, so nothing was proposed on it; " +
			"--anywhere asks for it all the same.")
	}
	if n := sum.Predict.Limited; n > 0 {
		warn(fmt.Sprintf("On %s the network saw lesions where no lung can be; they were left out.",
			words.Count(n, "slice", "slices")))
	}
	done = Labelled{sum.Predict, sum.Seconds, volumes(labels, measurable)}
	return done, nifti.WriteLabels(path, labels)
}

// volumes are the classes' volumes in ml, nil where the study cannot be measured.
func volumes(l *volume.LabelMap, measurable bool) map[string]*float64 {
	var counts [classes.Labels]int
	for z := range l.Size[0] {
		for class, n := range l.Counts(z) {
			counts[class] += n
		}
	}
	all := map[string]*float64{}
	for class := 1; class < classes.Count; class++ {
		name := classes.Names()[class]
		all[name] = nil
		if measurable {
			ml := float64(counts[class]) * l.VoxelML()
			all[name] = &ml
		}
	}
	return all
}
