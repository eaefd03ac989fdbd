package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"glasswork/dataset"
	"glasswork/dataset/project"
)

// SavedText says how the labels stand on disk, such as "saved 12:41, revision 7".
func (s *Session) SavedText() string {
	r := s.reading
	if r == nil {
		return ""
	}
	switch {
	case r.saved == nil && r.unsaved():
		return "not saved as a revision yet"
	case r.saved == nil:
		return ""
	}
	text := fmt.Sprintf("saved %s, revision %d", clock(r.saved.Time), r.saved.Number)
	if r.unsaved() {
		text += ", changed since"
	}
	return text
}

// Unsaved reports labels of the open study that are in the journal but in no revision yet.
func (s *Session) Unsaved() bool { return s.reading != nil && s.reading.unsaved() }

// clock is a time of day, with the date if it was not today.
func clock(t time.Time) string {
	t = t.Local()
	if y, m, d := t.Date(); (time.Date(y, m, d, 0, 0, 0, 0, t.Location())) != today() {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("15:04")
}

func today() time.Time {
	n := time.Now()
	return time.Date(n.Year(), n.Month(), n.Day(), 0, 0, 0, 0, n.Location())
}

// Save makes the labels of the open study an immutable revision.
func (s *Session) Save() {
	r := s.reading
	if r == nil {
		return
	}
	s.Release()
	edits := r.edits
	background(s, s.ctx, func(ctx context.Context) (project.Revision, error) {
		return s.project.Save(ctx, r.ID, s.config.Author)
	}, func(rev project.Revision, err error) {
		if err != nil {
			s.fail("Saving did not work; every stroke is still in the journal", err, Action{"Try again", s.Save})
			return
		}
		s.savedAs(r, rev, edits)
		s.Toast(fmt.Sprintf("saved %s, revision %d", clock(rev.Time), rev.Number))
		s.refreshStudies()
	})
}

// settle makes what was done so far usable by others than the window: the open study's
// voxels are stored and all labels saved as revisions, because only those train and are
// exported. It returns what does so, for a goroutine of the session's.
func (s *Session) settle() func(ctx context.Context) error {
	s.Release()
	r, edits := s.reading, 0
	if r != nil {
		edits = r.edits
	}
	return func(ctx context.Context) error {
		if r == nil {
			return s.saveAll(ctx, nil, 0)
		}
		if err := r.waitStored(ctx); err != nil {
			return err
		}
		return s.saveAll(ctx, r, edits)
	}
}

func (s *Session) saveAll(ctx context.Context, open *reading, edits int) error {
	all, err := s.project.Studies(ctx)
	if err != nil {
		return err
	}
	for _, study := range all {
		isOpen := open != nil && open.ID == study.ID
		if study.Reviewed == 0 && study.Revision == 0 && (!isOpen || edits == 0) {
			continue // nothing to save
		}
		rev, err := s.project.Save(ctx, study.ID, s.config.Author)
		if err != nil {
			return fmt.Errorf("%s could not be saved: %w", study.Alias, err)
		}
		if isOpen {
			s.poster.post(func() { s.savedAs(open, rev, edits) })
		}
	}
	return nil
}

// savedAs notes a revision that holds at least the first edits changes.
func (s *Session) savedAs(r *reading, rev project.Revision, edits int) {
	r.saved, r.savedEdits = &rev, max(edits, r.savedEdits)
	s.changed(TopicSaved)
}

// Export writes the corrected dataset into dir, as a job that can be cancelled. The
// project's secret and the program's version are filled in.
func (s *Session) Export(dir string, o dataset.ExportOptions) {
	if s.busy() {
		return
	}
	settle := s.settle()
	j, ctx := s.beginJob(Exporting, "Exporting")
	background(s, ctx, func(ctx context.Context) (exported, error) {
		if err := settle(ctx); err != nil {
			return exported{}, err
		}
		return s.export(ctx, j, dir, o)
	}, func(e exported, err error) {
		s.endJob(j)
		switch {
		case errors.Is(err, context.Canceled):
			s.Toast("Exporting was cancelled.")
		case err != nil:
			s.fail("The export to "+dir+" did not work", err, Action{"Try again", func() { s.Export(dir, o) }})
		default:
			s.Toast(fmt.Sprintf("exported %s to %s", count(e.studies, "study", "studies"), dir))
			s.warnOf("The export is written", e.warnings)
		}
	})
}

// warnOf shows the first of many warnings, and all of them in the log.
func (s *Session) warnOf(what string, warnings []string) {
	switch len(warnings) {
	case 0:
		return
	case 1:
		what += ". " + upperFirst(warnings[0])
	default:
		what += fmt.Sprintf(". %s (and %d more)", upperFirst(strings.TrimSuffix(warnings[0], ".")), len(warnings)-1)
	}
	s.banner(Warning, what, warnings)
}

// exported is what an export wrote, and what a person should look at.
type exported struct {
	studies  int
	warnings []string
}

// export writes every study of the project that has voxels and labels, and counts them.
func (s *Session) export(ctx context.Context, j *runningJob, dir string, o dataset.ExportOptions) (e exported, err error) {
	all, err := s.project.Studies(ctx)
	if err != nil {
		return e, err
	}
	o.Key, o.Software = s.project.DeidentificationKey(), s.config.Version
	o.Warn = func(sentence string) { e.warnings = append(e.warnings, sentence) }
	counted := func(yield func(dataset.ExportStudy, error) bool) {
		for study, err := range s.project.ExportStudies(ctx) {
			if err == nil {
				s.exporting(j, e.studies, len(all))
				e.studies++
			}
			if !yield(study, err) {
				return
			}
		}
	}
	if err := dataset.Export(ctx, dir, counted, o); err != nil {
		return e, err
	}
	if e.studies == 0 {
		return e, errors.New("there is nothing to export yet; open a study and save its labels first")
	}
	return e, nil
}

// exporting shows that done of all studies are written. The time left follows from what
// they took.
func (s *Session) exporting(j *runningJob, done, all int) {
	s.poster.post(func() {
		j.Text = fmt.Sprintf("Study %d of %d", done+1, all)
		j.Fraction = float64(done) / float64(all)
		if done > 0 {
			j.Left = time.Since(j.Started) / time.Duration(done) * time.Duration(all-done)
		}
		s.changed(TopicJob)
	})
}
