// Package session is the state of the window in plain Go: the project, the study being
// read, tools, jobs and messages. Widgets read it through methods and observe it by
// topic; how anything looks, and Fyne, are not here.
//
// Methods are called on one goroutine, the window's, and return quickly. What takes
// longer runs on goroutines of the session, which report on the window's goroutine
// through the function given to SetPost. Close ends and waits for them.
package session

import (
	"context"
	"errors"
	"log"
	"os"
	"path/filepath"
	"sync"

	"glasswork/dataset/project"
	"glasswork/dataset/volume"
)

// Config says what a session works with.
type Config struct {
	// Project is the project's folder; empty: DefaultProject.
	Project string
	// Trainer starts the trainer when the first job needs it; nil: the program beside this one.
	Trainer func(ctx context.Context) (Trainer, error)
	// Shipped is the model that comes with the program: its ID and Name; empty: project.Baseline.
	Shipped project.Model
	// RetrainSteps is the number of optimiser steps of a retraining; 0: the trainer chooses.
	RetrainSteps int
	// Author signs revisions; empty: the user of the operating system.
	Author string
	// Version is the program's, for files that say what wrote them.
	Version string
	// Log receives the causes of failures; nil: nobody.
	Log *log.Logger
}

// journal makes entries durable before they count.
type journal interface {
	Append(ctx context.Context, id string, e ...project.Entry) error
}

// Session is what the window shows.
type Session struct {
	config  Config
	project *project.Project
	journal journal
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup
	poster  poster

	observers []*observer
	messages  messages

	studies   []project.Study
	opening   opening
	importing importing
	reading   *reading
	slice     int
	pointer   pointer
	look      look
	hand      toolbox
	keeper    *keeper

	models  models
	trainer starter
	job     *runningJob
	plan    *Plan
	verdict *Verdict

	augmenting augmenting
}

// New opens the project and returns a session in which no study is open. The error is a
// sentence for the user.
func New(ctx context.Context, c Config) (*Session, error) {
	if c.Project == "" {
		dir, err := DefaultProject()
		if err != nil {
			return nil, err
		}
		c.Project = dir
	}
	if c.Author == "" {
		c.Author = project.SystemUser()
	}
	if c.Trainer == nil {
		c.Trainer = startTrainer
	}
	if c.Shipped.ID == "" {
		c.Shipped = project.Model{ID: project.Baseline, Name: project.Baseline}
	}
	p, err := project.Open(ctx, c.Project)
	if err != nil {
		return nil, err
	}
	s := &Session{config: c, project: p, journal: p}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.trainer.start = c.Trainer
	s.look, s.hand = defaultLook(), defaultToolbox()
	s.keeper = newKeeper(s)
	if err := s.recall(ctx); err != nil {
		s.cancel()
		s.keeper.close()
		return nil, errors.Join(err, p.Close())
	}
	return s, nil
}

// recall reads what the project knows: settings, studies, models.
func (s *Session) recall(ctx context.Context) error {
	if err := s.recallSettings(ctx); err != nil {
		return err
	}
	shipped, err := s.project.AddModel(ctx, s.config.Shipped, "")
	if err != nil {
		return err
	}
	if s.studies, err = s.project.Studies(ctx); err != nil {
		return err
	}
	s.models, err = readModels(ctx, s.project, shipped.ID)
	return err
}

// SetPost names the function that runs f on the window's goroutine; what was to be
// posted before is posted now.
func (s *Session) SetPost(post func(f func())) { s.poster.set(post) }

// Close cancels what runs, waits for it and closes the project. Everything a person did
// is on disk already.
func (s *Session) Close() error {
	s.poster.close()
	s.cancel()
	s.opening.stop()
	s.importing.stop()
	if s.reading != nil {
		s.reading.close()
	}
	s.work.Wait()
	s.keeper.close()
	return errors.Join(s.trainer.close(), s.project.Close())
}

// background runs work on a goroutine of the session's and then done on the window's.
func background[T any](s *Session, ctx context.Context, work func(ctx context.Context) (T, error), done func(T, error)) {
	s.work.Go(func() {
		v, err := work(ctx)
		s.poster.post(func() { done(v, err) })
	})
}

// ProjectDir is the project's folder.
func (s *Session) ProjectDir() string { return s.project.Dir() }

// Studies are those of the project, in the order in which they were added.
func (s *Session) Studies() []project.Study { return s.studies }

// OpenStudyID is the ID of the study being read, or empty.
func (s *Session) OpenStudyID() string {
	if s.reading == nil {
		return ""
	}
	return s.reading.ID
}

// SetHoldout chooses whether a study's patient is kept for scoring and never trained on.
func (s *Session) SetHoldout(studyID string, holdout bool) {
	for _, study := range s.studies {
		if study.ID != studyID {
			continue
		}
		background(s, s.ctx, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, s.project.SetHoldout(ctx, study.PatientKey, holdout)
		}, func(_ struct{}, err error) {
			if errors.Is(err, project.ErrPinned) {
				s.banner(Warning, study.Alias+" stays where it is: "+project.ErrPinned.Error()+".", nil)
			} else if err != nil {
				s.fail(study.Alias+" could not be held out", err)
			}
			s.refreshStudies()
		})
	}
}

// refreshStudies reads the list of studies again.
func (s *Session) refreshStudies() {
	background(s, s.ctx, s.project.Studies, func(all []project.Study, err error) {
		if err != nil {
			s.fail("The list of studies could not be read", err)
			return
		}
		s.studies = all
		s.changed(TopicStudies)
	})
}

// DefaultProject is the folder of the user's own project.
func DefaultProject() (string, error) {
	base := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(base) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", errors.New("there is no home folder to keep the project in; name a folder with --project")
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "glasswork", "project"), nil
}

// Grid is the open study's grid; ok is false if none is open.
func (s *Session) Grid() (g volume.Geometry, ok bool) {
	if s.reading == nil {
		return g, false
	}
	return s.reading.Geometry, true
}
