package session

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"glasswork/dataset"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// opening is what is being opened now: a new request cancels it.
type opening struct {
	text   string
	cancel context.CancelFunc
	turn   int
	choice []*volume.Series
}

func (o *opening) stop() {
	if o.cancel != nil {
		o.cancel()
	}
	for _, series := range o.choice {
		_ = series.Close() // nothing was written through it
	}
	*o = opening{turn: o.turn + 1}
}

// Opening says what is being opened or imported, or is empty.
func (s *Session) Opening() string { return cmp.Or(s.opening.text, s.importing.text) }

// CancelOpening gives up what is being opened, imported or chosen.
func (s *Session) CancelOpening() {
	s.opening.stop()
	s.importing.stop()
	s.changed(TopicStudy | TopicChoice)
}

// begin makes way for something new to open.
func (s *Session) begin(text string) (ctx context.Context, turn int) {
	s.opening.stop()
	s.importing.stop()
	s.opening.text = text
	ctx, s.opening.cancel = context.WithCancel(s.ctx)
	s.changed(TopicStudy | TopicChoice)
	return ctx, s.opening.turn
}

// found is what dataset.Open returns.
type found struct {
	series  []*volume.Series
	skipped []string
}

// Open opens what path holds. Where that is several series, Choice lists them.
func (s *Session) Open(path string) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs // the project remembers it beyond this working folder
	}
	ctx, turn := s.begin("Opening " + path)
	background(s, ctx, func(ctx context.Context) (found, error) {
		series, skipped, err := dataset.Open(ctx, path)
		return found{series, skipped}, err
	}, func(f found, err error) {
		s.offer(turn, path, f, err)
	})
}

// offer opens the only series found, or asks which.
func (s *Session) offer(turn int, path string, f found, err error) {
	if turn != s.opening.turn {
		for _, series := range f.series {
			_ = series.Close() // a newer request has taken its place
		}
		return
	}
	if err != nil {
		s.CancelOpening()
		s.banner(Failure, sentence(err), append(chain(err), f.skipped...))
		return
	}
	if len(f.skipped) > 0 {
		s.banner(Warning, upperFirst(count(len(f.skipped), "thing", "things"))+" in "+path+" cannot be opened: "+f.skipped[0], f.skipped)
	}
	if len(f.series) == 1 {
		s.openSeries(f.series[0])
		return
	}
	s.opening.choice, s.opening.text = f.series, ""
	s.changed(TopicStudy | TopicChoice)
}

// Choice lists the series to choose from, or is empty. Answer with Choose or CancelOpening.
func (s *Session) Choice() []*volume.Series { return s.opening.choice }

// Choose opens series i of Choice.
func (s *Session) Choose(i int) {
	if i < 0 || i >= len(s.opening.choice) {
		return
	}
	chosen := s.opening.choice[i]
	s.opening.choice = slices.Delete(s.opening.choice, i, i+1)
	s.openSeries(chosen)
}

// OpenSample opens the embedded sample study.
func (s *Session) OpenSample() { s.openSeries(dataset.Sample()) }

// OpenStudy opens a study of the project again: from where it came from, or, if that is
// gone, from the copy that the project keeps.
func (s *Session) OpenStudy(id string) {
	i := slices.IndexFunc(s.studies, func(st project.Study) bool { return st.ID == id })
	if i < 0 || s.OpenStudyID() == id {
		return
	}
	study := s.studies[i]
	ctx, turn := s.begin("Opening " + study.Alias)
	background(s, ctx, func(ctx context.Context) (*volume.Series, error) {
		return s.find(ctx, study)
	}, func(series *volume.Series, err error) {
		switch {
		case turn != s.opening.turn:
			if series != nil {
				_ = series.Close() // a newer request has taken its place
			}
		case err != nil:
			s.CancelOpening()
			s.fail(study.Alias+" cannot be opened", err)
		default:
			s.openSeries(series)
		}
	})
}

// find returns the series of a study.
func (s *Session) find(ctx context.Context, study project.Study) (*volume.Series, error) {
	if sample := dataset.Sample(); sample.ID == study.SeriesID {
		return sample, nil
	}
	series, _, err := dataset.Open(ctx, study.Source)
	var match *volume.Series
	for _, candidate := range series {
		if match == nil && candidate.ID == study.SeriesID && candidate.Geometry.SameGrid(study.Geometry) {
			match = candidate
		} else {
			_ = candidate.Close() // only looked at
		}
	}
	switch {
	case match != nil:
		return match, nil
	case study.HasVoxels:
		return storedSeries(s.project, study), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	return nil, fmt.Errorf("it is no longer in %s; open it once more from where it is now", study.Source)
}

// storedSeries reads a study from the project's own copy.
func storedSeries(p *project.Project, study project.Study) *volume.Series {
	return &volume.Series{
		ID: study.SeriesID, Format: "project", Path: study.Source, Description: study.Description,
		Geometry: study.Geometry, Calibrated: study.Calibrated, Measurable: study.Measurable,
		Warnings: []string{"The files this study came from are gone; what you see is the project's copy."},
		Source: &storedSource{read: sync.OnceValues(func() (*volume.Volume, error) {
			return p.Voxels(context.Background(), study.ID)
		})},
	}
}

// storedSource is a volume that is read whole when its first slice is asked for.
type storedSource struct {
	read func() (*volume.Volume, error)
}

// ReadSlice fills hu ([y,x]) with slice z.
func (s *storedSource) ReadSlice(_ context.Context, z int, hu []int16) error {
	v, err := s.read()
	if err != nil {
		return err
	}
	copy(hu, v.Slice(z))
	return nil
}

func (s *storedSource) Close() error { return nil }

// opened is what the project knows of a series.
type opened struct {
	study    project.Study
	labels   *project.Annotation
	measures *viewer.Measures
	saved    *project.Revision
	unsaved  bool
}

// openSeries registers a series in the project and begins to read it.
func (s *Session) openSeries(series *volume.Series) {
	if s.reading != nil && s.reading.SeriesID == series.ID {
		_ = series.Close() // it is open already, and its labels change under the user's hand
		s.CancelOpening()
		s.Toast(s.reading.Alias + " is open already.")
		return
	}
	// What is proposed for a study while its labels are being read would be missed.
	if s.job != nil && s.job.series == series.ID {
		s.CancelJob()
	}
	ctx, turn := s.begin("Opening " + series.Description)
	background(s, ctx, func(ctx context.Context) (opened, error) {
		return register(ctx, s.project, series)
	}, func(o opened, err error) {
		switch {
		case turn != s.opening.turn:
			_ = series.Close() // a newer request has taken its place
		case err != nil:
			_ = series.Close() // the error at hand matters more
			s.CancelOpening()
			s.banner(Failure, sentence(err), chain(err))
		default:
			s.opening.stop()
			s.show(series, o)
		}
	})
}

// register adds a series to the project and reads its labels.
func register(ctx context.Context, p *project.Project, series *volume.Series) (o opened, err error) {
	if o.study, err = p.AddStudy(ctx, series); err != nil {
		return o, err
	}
	if o.labels, err = p.Annotation(ctx, o.study.ID); err != nil {
		return o, err
	}
	o.measures = viewer.NewMeasures(o.labels.Labels)
	o.saved, o.unsaved, err = lastSaved(ctx, p, o.study.ID, o.labels)
	return o, err
}

// lastSaved returns the last revision and whether the labels have changed since.
func lastSaved(ctx context.Context, p *project.Project, id string, a *project.Annotation) (*project.Revision, bool, error) {
	all, err := p.Revisions(ctx, id)
	if err != nil {
		return nil, false, err
	}
	if len(all) == 0 {
		return nil, slices.ContainsFunc(a.Slices, func(st project.SliceState) bool { return st != project.SliceState{} }), nil
	}
	last := all[len(all)-1]
	sum := sha256.Sum256(a.Labels.Labels)
	differs := hex.EncodeToString(sum[:]) != last.LabelsSHA256
	for z, st := range a.Slices {
		differs = differs || st.Reviewed != last.Reviewed[z]
	}
	return &last, differs, nil
}

// show makes a series the one being read.
func (s *Session) show(series *volume.Series, o opened) {
	if old := s.reading; old != nil {
		s.Release()
		s.work.Go(old.close)
	}
	r := &reading{
		Study: o.study, series: series, labels: o.labels, measures: o.measures, saved: o.saved,
		uncertainty: unknown(o.study.Slices), withheld: map[int]withheld{}, stored: make(chan struct{}),
	}
	if o.unsaved {
		r.edits++
	}
	ctx, cancel := context.WithCancel(s.ctx)
	r.cancel = cancel
	r.loader = dataset.NewLoader(ctx, series, s.arrived(r))
	s.reading, s.slice, s.pointer = r, r.Slices/2, pointer{}
	r.loader.Want(s.slice)
	s.work.Go(func() { s.store(ctx, r) })
	s.warn(series)
	s.refreshStudies()
	s.changed(TopicAll &^ (TopicMessages | TopicJob | TopicPlan | TopicVerdict | TopicModels))
}

// warn tells what a series' measurements are worth.
func (s *Session) warn(series *volume.Series) {
	switch n := len(series.Warnings); {
	case n == 0:
	case series.Format == "phantom":
		s.Toast(series.Warnings[0])
	case n == 1:
		s.banner(Warning, series.Warnings[0], nil)
	default:
		s.banner(Warning, fmt.Sprintf("%s (and %d more)", series.Warnings[0], n-1), series.Warnings)
	}
}

// arrived returns what the loader calls for every slice: it lets the window know, but
// never queues more than one call there.
func (s *Session) arrived(r *reading) func(z int, err error) {
	var came gathered[int]
	return func(z int, _ error) {
		if !came.add(z) {
			return
		}
		s.poster.post(func() {
			now := came.take()
			if s.reading != r {
				return
			}
			if slices.Contains(now, s.slice) {
				s.changed(TopicSlice)
			}
			s.changed(TopicStrip)
		})
	}
}

// store keeps the voxels in the project once they are read, because training needs them.
func (s *Session) store(ctx context.Context, r *reading) {
	defer close(r.stored)
	err := r.loader.Wait(ctx)
	if err == nil && !r.HasVoxels {
		err = s.project.StoreVoxels(ctx, r.ID, r.loader.Volume())
	}
	r.storeErr = err
	s.poster.post(func() {
		switch {
		case s.reading != r || errors.Is(err, context.Canceled):
		case err != nil:
			s.fail(r.Alias+" cannot be trained on", err)
		default:
			r.HasVoxels = true
			s.changed(TopicStrip | TopicStudy)
		}
	})
}

// waitStored returns when the voxels of r are in the project.
func (r *reading) waitStored(ctx context.Context) error {
	select {
	case <-r.stored:
		return r.storeErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gathered collects what comes on other goroutines, so that however fast it comes at most
// one call waits on the window's.
type gathered[T any] struct {
	mu  sync.Mutex
	all []T
}

// add reports whether v is the first that waits.
func (g *gathered[T]) add(v T) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = append(g.all, v)
	return len(g.all) == 1
}

// take returns what has come, and begins anew.
func (g *gathered[T]) take() []T {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.all
	g.all = nil
	return all
}

// exists reports whether a path is still there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// count is "1 slice" or "3 slices".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
