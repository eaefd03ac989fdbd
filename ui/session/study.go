package session

import (
	"context"
	"math"
	"time"

	"glasswork/dataset/project"
	"glasswork/dataset/series"
	"glasswork/viewer"
)

// study is the study that is open, with all that ends when another one is opened.
type study struct {
	project.Study
	series   *series.Series
	loader   *series.Loader
	labels   *project.Annotation
	measures *viewer.Measures

	hand      handwork // Editing's
	saved     standing // Saving's
	past      *past    // the revision that is shown; nil: the present labels are
	proposals proposals

	// others are the slices that other windows or programs have changed since it was opened.
	others     map[int]bool
	toldOthers bool

	// stored is closed when the voxels are in the project or could not be put there: storeErr.
	stored   chan struct{}
	storeErr error
	cancel   context.CancelFunc
}

// handwork is what a person does with the study.
type handwork struct {
	history viewer.History[*edit]
	stroke  *viewer.Stroke // in progress; nil: none
	// lungless says that a person has reviewed a slice knowing that no lung is marked on it.
	lungless bool
	told     time.Time // when measures were last told about the stroke in progress
}

// standing is how the labels stand on disk.
type standing struct {
	last       *project.Revision // the last revision; nil: none yet
	edits      int               // changes of labels or review so far
	savedEdits int               // of them are in the last revision
}

// changed reports labels that are in the journal but in no revision yet.
func (s standing) changed() bool { return s.edits != s.savedEdits }

// proposals are what a model has said of the study beside its labels.
type proposals struct {
	uncertainty []float64        // a slice, NaN where unknown
	withheld    map[int]withheld // predictions for slices that a person had touched
}

// withheld is a prediction for a slice that a person had touched; Reviewing.Reset takes it.
type withheld struct {
	labels []uint8
	model  string
}

// newStudy returns what was registered of a series. It is not loading yet.
func newStudy(series *series.Series, reg registered) *study {
	st := &study{
		Study: reg.study, series: series, labels: reg.labels, measures: reg.measures,
		saved:  standing{last: reg.last},
		stored: make(chan struct{}), others: map[int]bool{},
		proposals: proposals{
			uncertainty: make([]float64, reg.study.Slices), withheld: map[int]withheld{},
		},
	}
	for z := range st.proposals.uncertainty {
		st.proposals.uncertainty[z] = math.NaN()
	}
	if reg.unsaved {
		st.saved.edits++
	}
	return st
}

// load begins to read the voxels; arrived is called for every slice, on another goroutine.
// The context it returns ends when the study is closed.
func (st *study) load(ctx context.Context, arrived func(z int, err error)) context.Context {
	ctx, st.cancel = context.WithCancel(ctx)
	st.loader = series.NewLoader(ctx, st.series, arrived)
	return ctx
}

// close stops loading and waits for it; the series' files are released.
func (st *study) close() {
	st.cancel()
	st.loader.Close()
	_ = st.series.Close() // nothing was written through it
}

// store keeps the voxels in the project once they are read, because training needs them.
func (st *study) store(ctx context.Context, p *project.Project) error {
	defer close(st.stored)
	err := st.loader.Wait(ctx)
	if err == nil && !st.HasVoxels {
		err = p.StoreVoxels(ctx, st.ID, st.loader.Volume())
	}
	st.storeErr = err
	return err
}

// waitStored returns when the voxels are in the project.
func (st *study) waitStored(ctx context.Context) error {
	select {
	case <-st.stored:
		return st.storeErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

// touched reports whether a person has changed or reviewed slice z, or is painting it now.
func (st *study) touched(z int) bool {
	state, stroke := st.labels.Slices[z], st.hand.stroke
	return state.Touched || state.Reviewed || (stroke != nil && stroke.Z() == z)
}

// voxels returns slice z's HU, nil while it is not loaded, and its labels, both [y,x].
func (st *study) voxels(z int) (hu []int16, labels []uint8) {
	if z < 0 || z >= st.Slices {
		return nil, nil
	}
	if st.loader.Loaded(z) {
		hu = st.loader.Volume().Slice(z)
	}
	if st.past != nil {
		return hu, st.past.labels.Slice(z)
	}
	return hu, st.labels.Labels.Slice(z)
}

// shown are the measures of the labels that are shown.
func (st *study) shown() *viewer.Measures {
	if st.past != nil {
		return st.past.measures
	}
	return st.measures
}

// reviewed reports whether a person vouches for slice z as it is shown.
func (st *study) reviewed(z int) bool {
	if st.past != nil {
		return st.past.Reviewed[z]
	}
	return st.labels.Slices[z].Reviewed
}

// recount brings the measures of slice z up to date with its labels.
func (st *study) recount(z int) { st.measures.Recount(st.labels.Labels, z) }
