package importing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"glasswork/dataset"
	"glasswork/dataset/annotation"
	"glasswork/dataset/project"
	"glasswork/dataset/series"
)

// Request says which annotation is imported, into what and how.
type Request struct {
	// Project is the project's folder, which is made where there is none.
	Project string
	// Path holds the series that the annotation was drawn on. Series, if not empty, is the ID of
	// the only series to consider.
	Path, Series string
	// Labels is the file of annotation.
	Labels string
	// Choices say what segments are, as in "GGO left=ground glass"; "*" means all others. They
	// are remembered in the project.
	Choices []string
	// Touched says what happens to slices that a person has corrected or reviewed. With
	// Reviewed, the slices that the annotation marks count as reviewed.
	Touched  project.OnTouched
	Reviewed bool
}

// Result says what an import did.
type Result struct {
	Study project.Study
	// Marked is what the file marks in the study.
	Marked *annotation.Marked
	// Slices is how many were changed, Kept are those that were left as they are because a
	// person had touched them.
	Slices int
	Kept   []int
}

// UnknownError is returned when a file has segments and nobody has said what they are.
type UnknownError struct {
	// File is its name without the folder.
	File     string
	Segments []Segment
}

func (e *UnknownError) Error() string {
	if len(e.Segments) == 1 {
		return fmt.Sprintf("nobody has said what %q of %s is", e.Segments[0].Name, e.File)
	}
	return fmt.Sprintf("nobody has said what %d segments of %s are", len(e.Segments), e.File)
}

// ErrSeveral is returned for annotation that fits several series, if the request names none.
var ErrSeveral = errors.New("the series that is meant has to be named")

// Import imports the study that a file's annotation belongs to, and the annotation, which is
// saved as a revision. Nothing is changed before all of it is known to work. Among the errors
// are UnknownError, ErrSeveral and project.TouchedError.
func Import(ctx context.Context, r Request) (*Result, error) {
	s, err := dataset.OpenSegmentation(ctx, r.Labels)
	if err != nil {
		return nil, err
	}
	chosen, err := parseChoices(s, r.Choices)
	if err != nil {
		return nil, err
	}
	known, err := remembered(ctx, r.Project)
	if err != nil {
		return nil, err
	}
	f := describe(r.Labels, s, known.With(chosen))
	if unknown := f.Unknown(); len(unknown) > 0 {
		return nil, &UnknownError{f.Name, unknown}
	}
	all, _, err := dataset.Open(ctx, r.Path)
	if err != nil {
		return nil, err
	}
	defer closeAll(all)
	on, marked, err := f.match(ctx, r, all)
	if err != nil {
		return nil, err
	}
	p, err := project.Open(ctx, r.Project)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	study, err := AddStudy(ctx, p, on)
	if err != nil {
		return nil, err
	}
	done, err := f.enter(ctx, p, study, marked, r)
	if err != nil {
		return nil, err
	}
	return done, p.Remember(ctx, chosen)
}

// remembered returns what a project knows of segments. A project that does not exist yet knows
// nothing.
func remembered(ctx context.Context, dir string) (annotation.Mapping, error) {
	if !project.Exists(dir) {
		return annotation.Mapping{}, nil
	}
	p, err := project.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.Mapping(ctx)
}

// match finds the series that the annotation belongs to: the one that it names, or else the only
// one in which some of it lies. A resampled series is meant only where its ID is given.
func (f *File) match(
	ctx context.Context, r Request, all []*series.Series,
) (found *series.Series, marked *annotation.Marked, err error) {
	failed := fmt.Errorf("%s does not hold the series %s", r.Path, r.Series)
	for _, s := range all {
		if r.Series != "" && s.ID != r.Series || r.Series == "" && s.Resampled {
			continue
		}
		err := annotation.Belongs(ctx, f.foreign, s)
		var here *annotation.Marked
		if err == nil {
			here, err = f.Mark(ctx, nil, s.Geometry)
		}
		switch {
		case err != nil:
			failed = err
		case annotation.NamesSeries(f.foreign, s.ID):
			return s, here, nil
		case found != nil:
			return nil, nil, fmt.Errorf("%s fits %q and %q in %s: %w",
				f.Name, found.Description, s.Description, r.Path, ErrSeveral)
		default:
			found, marked = s, here
		}
	}
	if found == nil {
		return nil, nil, failed
	}
	return found, marked, nil
}

// AddStudy registers a series in a project and stores its voxels there.
func AddStudy(ctx context.Context, p *project.Project, s *series.Series) (project.Study, error) {
	study, err := p.AddStudy(ctx, s)
	if err != nil || study.HasVoxels {
		return study, err
	}
	v, err := s.Read(ctx)
	if err != nil {
		return study, err
	}
	if err := p.StoreVoxels(ctx, study.ID, v); err != nil {
		return study, err
	}
	return p.Study(ctx, study.ID)
}

// enter writes what is marked into the journal of a study and saves it as a revision, so that it
// can be exported and trained on. Where a window changes the study at the same moment, what the
// file changes is found anew.
func (f *File) enter(
	ctx context.Context, p *project.Project, study project.Study, marked *annotation.Marked,
	r Request,
) (*Result, error) {
	for {
		now, err := p.Annotation(ctx, study.ID)
		if err != nil {
			return nil, err
		}
		each, kept, err := now.Imports(marked, f.Name, r.Touched, r.Reviewed)
		if err != nil {
			return nil, fmt.Errorf("%s was not imported into %s: %w", f.Name, study.Alias, err)
		}
		done := &Result{Study: study, Marked: marked, Slices: len(each), Kept: kept}
		if len(each) == 0 {
			return done, nil
		}
		err = p.Append(ctx, study.ID, now, slices.Concat(each...)...)
		switch {
		case errors.Is(err, project.ErrOvertaken), errors.Is(err, project.ErrTouched):
			continue // the next Annotation includes what came between
		case err != nil:
			return nil, err
		}
		_, err = p.Save(ctx, study.ID, project.SystemUser())
		return done, err
	}
}

func closeAll(all []*series.Series) {
	for _, s := range all {
		_ = s.Close() // only read
	}
}
