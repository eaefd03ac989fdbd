package session

import (
	"context"
	"errors"
	"slices"

	"glasswork/dataset/project"
)

// Studies are those of the project.
type Studies struct {
	*hub
	all []project.Study
}

// All lists the studies in the order in which they were added.
func (s *Studies) All() []project.Study { return s.all }

// find returns the study of an ID.
func (s *Studies) find(id string) (study project.Study, ok bool) {
	i := slices.IndexFunc(s.all, func(st project.Study) bool { return st.ID == id })
	if i < 0 {
		return study, false
	}
	return s.all[i], true
}

// SetHoldout chooses whether a study's patient is kept for scoring and never trained on.
func (s *Studies) SetHoldout(studyID string, holdout bool) {
	study, ok := s.find(studyID)
	if !ok {
		return
	}
	background(s.hub, s.ctx, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.project.SetHoldout(ctx, study.PatientKey, holdout)
	}, func(_ struct{}, err error) {
		if errors.Is(err, project.ErrPinned) {
			s.messages.warn(study.Alias + " stays where it is: " + project.ErrPinned.Error() + ".")
		} else if err != nil {
			s.messages.fail(study.Alias+" could not be held out", err)
		}
		s.refresh()
	})
}

// load reads the list for the first time.
func (s *Studies) load(ctx context.Context) (err error) {
	s.all, err = s.project.Studies(ctx)
	return err
}

// refresh reads the list again.
func (s *Studies) refresh() {
	background(s.hub, s.ctx, s.project.Studies, func(all []project.Study, err error) {
		if err != nil {
			s.messages.fail("The list of studies could not be read", err)
			return
		}
		s.all = all
		s.changed(TopicStudies)
	})
}

// setReviewed notes how many slices of a study are reviewed.
func (s *Studies) setReviewed(id string, n int) {
	s.all = slices.Clone(s.all)
	for i := range s.all {
		if s.all[i].ID == id {
			s.all[i].Reviewed = n
		}
	}
	s.changed(TopicStudies)
}
