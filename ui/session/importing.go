package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
)

// importing is the annotation that is being read or asked about: a new one cancels it.
type importing struct {
	text   string
	cancel context.CancelFunc
	turn   int
	asked  *SegmentQuestion
}

func (i *importing) stop() {
	if i.cancel != nil {
		i.cancel()
	}
	*i = importing{turn: i.turn + 1}
}

// SegmentQuestion asks what the segments of a file are. Answer with ImportAs or CancelImport.
type SegmentQuestion struct {
	// File is its name without the folder.
	File     string
	Segments []AskedSegment

	path    string
	foreign *volume.Segmentation
	known   dataset.Mapping
}

// Known says that the project knows all segments and is asked all the same.
func (q SegmentQuestion) Known() bool {
	return !slices.ContainsFunc(q.Segments, func(a AskedSegment) bool { return !a.Known })
}

// AskedSegment is one segment of a SegmentQuestion.
type AskedSegment struct {
	Name string
	// Code is what says by code what it is, such as "Liver (SCT 10200004)"; empty without one.
	Code string
	// ML is its volume; 0 where that is not known.
	ML float64
	// Choice is what was chosen before or what its name suggests; Known tells which.
	Choice dataset.Choice
	Known  bool

	key string
}

// ImportAnnotation reads annotation made elsewhere and enters it into the open study. Where
// the project does not know its segments, or with ask, SegmentQuestion asks first.
func (s *Session) ImportAnnotation(path string, ask bool) {
	r := s.reading
	if r == nil {
		s.Toast("Open the study first that the annotation belongs to.")
		return
	}
	ctx, turn := s.beginImport("Reading " + filepath.Base(path))
	background(s, ctx, func(ctx context.Context) (*SegmentQuestion, error) {
		return s.readAnnotation(ctx, r, path)
	}, func(q *SegmentQuestion, err error) {
		switch {
		case turn != s.importing.turn || s.reading != r: // a newer request has taken its place
		case err != nil:
			s.CancelImport()
			s.banner(Failure, sentence(err), chain(err))
		case ask || !q.Known():
			s.importing.text, s.importing.asked = "", q
			s.changed(TopicStudy | TopicChoice)
		default:
			s.mark(r, q, nil)
		}
	})
}

// beginImport makes way for an import.
func (s *Session) beginImport(text string) (ctx context.Context, turn int) {
	s.importing.stop()
	s.importing.text = text
	ctx, s.importing.cancel = context.WithCancel(s.ctx)
	s.changed(TopicStudy | TopicChoice)
	return ctx, s.importing.turn
}

// CancelImport gives up the annotation that is being read or asked about.
func (s *Session) CancelImport() {
	s.importing.stop()
	s.changed(TopicStudy | TopicChoice)
}

// SegmentQuestion is what is asked about the segments of a file; ok is false if nothing is.
func (s *Session) SegmentQuestion() (q SegmentQuestion, ok bool) {
	if s.importing.asked == nil {
		return q, false
	}
	return *s.importing.asked, true
}

// readAnnotation opens a file, checks that it belongs to the study and describes its segments,
// those first that nobody has chosen for.
func (s *Session) readAnnotation(ctx context.Context, r *reading, path string) (*SegmentQuestion, error) {
	foreign, err := dataset.OpenSegmentation(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := dataset.Belongs(ctx, foreign, r.series); err != nil {
		return nil, err
	}
	known, err := s.project.Mapping(ctx)
	if err != nil {
		return nil, err
	}
	q := &SegmentQuestion{File: filepath.Base(path), path: path, foreign: foreign, known: known}
	for _, segment := range foreign.Segments {
		a := AskedSegment{Name: dataset.SegmentName(segment), ML: segment.ML, key: dataset.SegmentKey(segment)}
		if c := segment.Type; c.Value != "" {
			a.Code = strings.TrimSpace(fmt.Sprintf("%s (%s %s)", c.Meaning, c.Scheme, c.Value))
		}
		if a.Choice, a.Known = known.Of(segment); !a.Known {
			a.Choice = dataset.Guess(segment, foreign.Segments)
		}
		q.Segments = append(q.Segments, a)
	}
	if err := q.measure(ctx, r.Geometry); err != nil {
		return nil, err
	}
	slices.SortStableFunc(q.Segments, func(a, b AskedSegment) int { return a.rank() - b.rank() })
	return q, nil
}

// rank puts first what a person has to look at: unknown segments that may be ours, other
// unknown ones, known ones.
func (a AskedSegment) rank() int {
	switch {
	case a.Known:
		return 2
	case a.Choice == dataset.LeaveOut:
		return 1
	}
	return 0
}

// mostMeasured is how many segments are put onto the study before anything is asked.
const mostMeasured = 16

// measure finds out how much of each segment lies in the study, so that nobody is asked about
// the annotation of another one. Files of many segments say their sizes themselves.
func (q *SegmentQuestion) measure(ctx context.Context, grid volume.Geometry) error {
	if len(q.Segments) > mostMeasured {
		return nil
	}
	mask := make([]uint8, grid.Voxels())
	here := 0
	for i := range q.Segments {
		clear(mask)
		if _, err := q.foreign.Rasterise(ctx, i, grid, mask); err != nil {
			return err
		}
		n := bytes.Count(mask, []byte{1})
		q.Segments[i].ML = float64(n) * grid.VoxelML()
		here += n
	}
	if here == 0 {
		return fmt.Errorf("%s: nothing of it lies in this study; it belongs to another one", q.File)
	}
	return nil
}

// ImportAs answers the question: choices are in the order of its Segments. They are
// remembered, and the annotation is entered.
func (s *Session) ImportAs(choices []dataset.Choice) {
	r, q := s.reading, s.importing.asked
	if r == nil || q == nil || len(choices) != len(q.Segments) {
		return
	}
	chosen := dataset.Mapping{}
	for i, a := range q.Segments {
		if !a.Known || choices[i] != a.Choice {
			chosen[a.key] = choices[i]
		}
	}
	s.mark(r, q, chosen)
}

// mark remembers what was chosen, puts the segments onto the study's grid and enters them.
func (s *Session) mark(r *reading, q *SegmentQuestion, chosen dataset.Mapping) {
	ctx, turn := s.beginImport("Importing " + q.File)
	background(s, ctx, func(ctx context.Context) (*dataset.Marked, error) {
		if err := s.project.Remember(ctx, chosen); err != nil {
			return nil, err
		}
		return dataset.Mark(ctx, q.foreign, q.known.With(chosen), r.Geometry)
	}, func(marked *dataset.Marked, err error) {
		switch {
		case turn != s.importing.turn || s.reading != r: // a newer request has taken its place
		case errors.Is(err, dataset.ErrLeftOut):
			s.CancelImport()
			s.banner(Warning, sentence(err), nil, Action{"Choose again", func() { s.ImportAnnotation(q.path, true) }})
		case err != nil:
			s.CancelImport()
			s.banner(Failure, sentence(err), chain(err))
		default:
			s.enter(r, q.File, marked, project.Ask)
		}
	})
}

// entries is what an import does to the journal, and to which slices it does nothing.
type entries struct {
	slices [][]project.Entry
	kept   []int
}

// enter writes what is marked into the journal, a slice an undo item. The differences are
// found in the background; where the labels have changed meanwhile they are found anew.
func (s *Session) enter(r *reading, file string, marked *dataset.Marked, on project.OnTouched) {
	s.Release()
	ctx, turn := s.beginImport("Importing " + file)
	now := &project.Annotation{Labels: r.labels.Labels.Clone(), Slices: slices.Clone(r.labels.Slices)}
	edits := r.edits
	background(s, ctx, func(context.Context) (e entries, err error) {
		e.slices, e.kept, err = now.Imports(marked, file, on, false)
		return e, err
	}, func(e entries, err error) {
		var touched *project.TouchedError
		switch {
		case turn != s.importing.turn || s.reading != r: // a newer request has taken its place
		case r.edits != edits || r.stroke != nil:
			s.enter(r, file, marked, on)
		case errors.As(err, &touched):
			s.CancelImport()
			s.askTouched(r, file, marked, touched)
		default:
			s.CancelImport()
			s.entered(r, file, marked, e)
		}
	})
}

// askTouched asks what becomes of slices that a person has touched.
func (s *Session) askTouched(r *reading, file string, marked *dataset.Marked, touched *project.TouchedError) {
	then := func(on project.OnTouched) func() {
		return func() {
			if s.reading == r {
				s.enter(r, file, marked, on)
			}
		}
	}
	n := len(touched.Slices)
	s.banner(Warning, fmt.Sprintf("%s would change %s that you have corrected or reviewed.", file, count(n, "slice", "slices")), nil,
		Action{"Leave " + itThem(n) + " as before", then(project.Keep)}, Action{"Replace " + itThem(n), then(project.Replace)})
}

func itThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// entered makes entries durable and tells what was done.
func (s *Session) entered(r *reading, file string, marked *dataset.Marked, e entries) {
	if len(e.slices) == 0 && len(e.kept) == 0 {
		s.Toast("What " + file + " marks is there already.")
		return
	}
	if len(e.slices) > 0 && !s.doAll(e.slices) {
		return
	}
	s.Toast(fmt.Sprintf("imported %s onto %s from %s", count(len(marked.Segments), "segment", "segments"), count(len(e.slices), "slice", "slices"), file))
	if len(marked.Warnings) > 0 {
		text := marked.Warnings[0]
		if n := len(marked.Warnings); n > 1 {
			text = fmt.Sprintf("%s (and %d more)", text, n-1)
		}
		s.banner(Warning, text, marked.Warnings)
	}
	if zs := marked.Slices(); !slices.Contains(zs, s.slice) {
		s.GoTo(zs[len(zs)/2])
	}
}

// Drop takes a file that was dropped onto the window: annotation is entered into the open
// study, anything else is opened. Where only the user can tell, they are asked.
func (s *Session) Drop(path string) {
	r := s.reading
	if r == nil {
		s.Open(path)
		return
	}
	background(s, s.ctx, func(ctx context.Context) (dataset.Annotates, error) {
		return dataset.LooksLikeAnnotation(path), ctx.Err()
	}, func(a dataset.Annotates, _ error) {
		switch {
		case s.reading != r || a == dataset.No:
			s.Open(path)
		case a == dataset.Yes:
			s.ImportAnnotation(path, false)
		default:
			s.banner(Warning, fmt.Sprintf("%s may be annotation of %s, or a study of its own.", filepath.Base(path), r.Alias), nil,
				Action{"Import it into " + r.Alias, func() { s.ImportAnnotation(path, false) }}, Action{"Open it as a study", func() { s.Open(path) }})
		}
	})
}
