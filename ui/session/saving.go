package session

import (
	"context"
	"fmt"
	"time"

	"glasswork/dataset/project"
)

// Saving makes labels immutable revisions.
type Saving struct {
	*hub
	reading *Reading
	editing *Editing
	studies *Studies
}

// Text says how the labels of the open study stand on disk, such as "saved 12:41,
// revision 7".
func (s *Saving) Text() string {
	st := s.reading.open
	if st == nil {
		return ""
	}
	switch {
	case st.saved.last == nil && st.saved.changed():
		return "not saved as a revision yet"
	case st.saved.last == nil:
		return ""
	}
	text := savedText(*st.saved.last)
	if st.saved.changed() {
		text += ", changed since"
	}
	return text
}

func savedText(r project.Revision) string {
	return fmt.Sprintf("saved %s, revision %d", clock(r.Time), r.Number)
}

// clock is a time of day, with the date if it was not today.
func clock(t time.Time) string {
	t = t.Local()
	y, m, d := t.Date()
	if ty, tm, td := time.Now().Date(); y != ty || m != tm || d != td {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("15:04")
}

// Unsaved reports labels of the open study that are in the journal but in no revision yet.
func (s *Saving) Unsaved() bool {
	return s.reading.open != nil && s.reading.open.saved.changed()
}

// Save makes the labels of the open study an immutable revision.
func (s *Saving) Save() {
	st := s.reading.open
	if st == nil {
		return
	}
	s.editing.Release()
	edits := st.saved.edits
	background(s.hub, s.ctx, func(ctx context.Context) (project.Revision, error) {
		return s.project.Save(ctx, st.ID, s.config.Author)
	}, func(rev project.Revision, err error) {
		if err != nil {
			s.messages.fail("Saving did not work; every stroke is still in the journal", err,
				Action{"Try again", s.Save})
			return
		}
		s.savedAs(st, rev, edits)
		s.messages.Toast(savedText(rev))
		s.studies.refresh()
	})
}

// settle makes what was done so far usable by others than the window: the open study's
// voxels are stored and all labels saved as revisions, because only those train and are
// exported. It returns what does so, for a goroutine of the session's.
func (s *Saving) settle() func(ctx context.Context) error {
	s.editing.Release()
	st, edits := s.reading.open, 0
	if st != nil {
		edits = st.saved.edits
	}
	return func(ctx context.Context) error {
		if st == nil {
			return s.saveAll(ctx, nil, 0)
		}
		if err := st.waitStored(ctx); err != nil {
			return err
		}
		return s.saveAll(ctx, st, edits)
	}
}

func (s *Saving) saveAll(ctx context.Context, open *study, edits int) error {
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
func (s *Saving) savedAs(st *study, rev project.Revision, edits int) {
	st.saved.last, st.saved.savedEdits = &rev, max(edits, st.saved.savedEdits)
	s.changed(TopicSaved)
}
