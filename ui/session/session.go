// Package session is the state of the window in plain Go. A Session owns one object for
// each thing a person does (reading, editing, importing …); each object keeps its own
// state, and widgets take the objects they need and observe them by topic. How anything
// looks, and Fyne, are not here.
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

	"glasswork/dataset/project"
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

// Session is what the window shows. Each field is an object with its own state; the
// session makes and closes them.
type Session struct {
	Messages *Messages // what the user is told
	Studies  *Studies  // the project's studies
	Opening  *Opening  // finding and opening a study
	Reading  *Reading  // the open study and the slice looked at
	Display  *Display  // window/level and overlays

	Tools     *Tools     // the tool in hand
	Editing   *Editing   // changes of labels, undo and redo
	Reviewing *Reviewing // which slices a person vouches for
	Measuring *Measuring // volumes, areas and the strip
	Importing *Importing // annotation made elsewhere

	Saving    *Saving    // making revisions
	Revising  *Revising  // looking at revisions and going back to one
	Exporting *Exporting // the dataset for others

	Jobs       *Jobs       // the work in progress, and the trainer
	Models     *Models     // the networks of the project
	Proposing  *Proposing  // a network's labels for the open study
	Retraining *Retraining // a new network from what was reviewed

	hub    *hub
	keeper *keeper
}

// New opens the project and returns a session in which no study is open. The error is a
// sentence for the user.
func New(ctx context.Context, c Config) (*Session, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	p, err := project.Open(ctx, c.Project)
	if err != nil {
		return nil, err
	}
	s := assemble(newHub(ctx, c, p))
	if err := s.load(ctx); err != nil {
		s.hub.cancel()
		s.keeper.close()
		return nil, errors.Join(err, p.Close())
	}
	return s, nil
}

// complete fills in what is left to the session.
func (c *Config) complete() error {
	if c.Project == "" {
		dir, err := DefaultProject()
		if err != nil {
			return err
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
	return nil
}

// assemble makes the objects of a session and gives each the ones it uses.
func assemble(h *hub) *Session {
	s := &Session{hub: h, Messages: h.messages, keeper: newKeeper(h)}
	s.Studies = &Studies{hub: h}
	s.Display = &Display{hub: h, state: defaultDisplay(), remember: s.remember}
	s.Tools = &Tools{hub: h, hand: defaultToolbox(), remember: s.remember}
	s.Reading = &Reading{hub: h}
	s.Editing = &Editing{
		hub: h, journal: h.project, reading: s.Reading, tools: s.Tools, studies: s.Studies,
		display: s.Display, histories: newHistories(),
	}
	s.Reading.leave, s.Reading.watch = s.Editing.Release, s.Editing.watch
	s.Reading.closed, s.Reading.opened = s.Editing.histories.keep, s.Editing.histories.give
	s.Reviewing = &Reviewing{hub: h, reading: s.Reading, editing: s.Editing}
	s.Measuring = &Measuring{reading: s.Reading, display: s.Display, tools: s.Tools}
	s.Importing = &Importing{hub: h, reading: s.Reading, editing: s.Editing}
	s.Jobs = &Jobs{hub: h, trainer: starter{start: h.config.Trainer}}
	s.Opening = &Opening{
		hub: h, reading: s.Reading, studies: s.Studies, importing: s.Importing, jobs: s.Jobs,
	}
	s.Saving = &Saving{hub: h, reading: s.Reading, editing: s.Editing, studies: s.Studies}
	s.Revising = &Revising{hub: h, reading: s.Reading, editing: s.Editing}
	s.Exporting = &Exporting{hub: h, saving: s.Saving, jobs: s.Jobs}
	s.Models = &Models{hub: h}
	s.Proposing = &Proposing{
		hub: h, reading: s.Reading, editing: s.Editing, jobs: s.Jobs, models: s.Models,
	}
	s.Reviewing.propose = s.Proposing.Slice
	s.Retraining = &Retraining{
		hub: h, reading: s.Reading, display: s.Display, saving: s.Saving,
		studies: s.Studies, jobs: s.Jobs, models: s.Models,
	}
	return s
}

// load reads what the project knows: settings, studies, models.
func (s *Session) load(ctx context.Context) error {
	if err := s.recall(ctx); err != nil {
		return err
	}
	if err := s.Studies.load(ctx); err != nil {
		return err
	}
	return s.Models.load(ctx)
}

// Observe calls tell on the window's goroutine after any of topics has changed, until
// forget is called.
func (s *Session) Observe(topics Topic, tell func()) (forget func()) {
	return s.hub.observers.observe(topics, tell)
}

// SetPost names the function that runs f on the window's goroutine; what was to be
// posted before is posted now.
func (s *Session) SetPost(post func(f func())) { s.hub.poster.set(post) }

// ProjectDir is the project's folder.
func (s *Session) ProjectDir() string { return s.hub.project.Dir() }

// Close finishes the stroke in progress, cancels what runs, waits for it and closes the
// project. Everything else a person did is on disk already. The error says so if the
// stroke could not be kept.
func (s *Session) Close() error {
	var lost error
	if !s.Editing.finish() {
		lost = errors.New("the stroke in progress could not be kept and is dropped")
	}
	s.hub.poster.close()
	s.hub.cancel()
	s.Opening.stop()
	s.Reading.close()
	s.hub.work.Wait()
	s.keeper.close()
	return errors.Join(lost, s.Jobs.trainer.close(), s.hub.project.Close())
}

// DefaultProject is the folder of the user's own project.
func DefaultProject() (string, error) {
	base := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(base) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", errors.New("there is no home folder to keep the project in; " +
				"name a folder with --project")
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "glasswork", "project"), nil
}
