package session

import (
	"context"
	"slices"

	"glasswork/dataset/project"
)

// models are the project's networks.
type models struct {
	all     []project.Model
	current project.Model
	shipped string // ID of the one that comes with this program
	device  string // the trainer's, once it has said hello
}

// ModelItem is one model of the list.
type ModelItem struct {
	project.Model
	Current bool
}

// readModels reads the models that can be used: those in the project, and of the shipped
// ones the one that this program has. What an older program shipped gives way to it.
func readModels(ctx context.Context, p *project.Project, shipped string) (m models, err error) {
	m.shipped = shipped
	if m.all, err = p.Models(ctx); err != nil {
		return m, err
	}
	m.all = slices.DeleteFunc(m.all, func(o project.Model) bool { return o.Path == "" && o.ID != shipped })
	if m.current, err = p.CurrentModel(ctx); err != nil {
		return m, err
	}
	if m.current.Path == "" && m.current.ID != shipped {
		m.current, err = p.Model(ctx, shipped)
	}
	return m, err
}

// CurrentModel is the name of the model that proposes.
func (s *Session) CurrentModel() string { return s.models.current.Name }

// Device is what the trainer computes on, "" before it has been started.
func (s *Session) Device() string { return s.models.device }

// Models lists the models, newest first.
func (s *Session) Models() []ModelItem {
	out := make([]ModelItem, 0, len(s.models.all))
	for i := len(s.models.all) - 1; i >= 0; i-- {
		m := s.models.all[i]
		out = append(out, ModelItem{m, m.ID == s.models.current.ID})
	}
	return out
}

// UseModel makes a model the current one: taking over a new one and going back are the same.
func (s *Session) UseModel(id string) {
	shipped := s.models.shipped
	background(s, s.ctx, func(ctx context.Context) (models, error) {
		if err := s.project.UseModel(ctx, id); err != nil {
			return models{}, err
		}
		return readModels(ctx, s.project, shipped)
	}, func(m models, err error) {
		if err != nil {
			s.fail("The model was not changed", err, Action{"Try again", func() { s.UseModel(id) }})
			return
		}
		s.setModels(m)
		s.Toast(m.current.Name + " proposes from now on")
	})
}

// refreshModels reads the list again.
func (s *Session) refreshModels() {
	shipped := s.models.shipped
	background(s, s.ctx, func(ctx context.Context) (models, error) {
		return readModels(ctx, s.project, shipped)
	}, func(m models, err error) {
		if err != nil {
			s.fail("The list of models could not be read", err)
			return
		}
		s.setModels(m)
	})
}

func (s *Session) setModels(m models) {
	m.device = s.models.device
	s.models = m
	s.changed(TopicModels)
}

// modelPath is how a job names a model.
func modelPath(m project.Model) string {
	if m.Path == "" {
		return project.Baseline
	}
	return m.Path
}
