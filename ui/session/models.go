package session

import (
	"context"
	"slices"

	"glasswork/dataset/project"
)

// Models are the project's networks.
type Models struct {
	*hub
	models
}

// models are those that can be used.
type models struct {
	all     []project.Model
	current project.Model
	shipped string // ID of the one that comes with this program
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
	m.all = slices.DeleteFunc(m.all,
		func(o project.Model) bool { return o.Path == "" && o.ID != shipped })
	if m.current, err = p.CurrentModel(ctx); err != nil {
		return m, err
	}
	if m.current.Path == "" && m.current.ID != shipped {
		m.current, err = p.Model(ctx, shipped)
	}
	return m, err
}

// load reads the models for the first time, and adds the shipped one where it is new.
func (m *Models) load(ctx context.Context) error {
	shipped, err := m.project.AddModel(ctx, m.config.Shipped, "")
	if err != nil {
		return err
	}
	m.models, err = readModels(ctx, m.project, shipped.ID)
	return err
}

// Current is the name of the model that proposes.
func (m *Models) Current() string { return m.current.Name }

// All lists the models, newest first.
func (m *Models) All() []ModelItem {
	out := make([]ModelItem, 0, len(m.all))
	for _, model := range slices.Backward(m.all) {
		out = append(out, ModelItem{model, model.ID == m.current.ID})
	}
	return out
}

// Use makes a model the current one: taking over a new one and going back are the same.
func (m *Models) Use(id string) {
	shipped := m.shipped
	background(m.hub, m.ctx, func(ctx context.Context) (models, error) {
		if err := m.project.UseModel(ctx, id); err != nil {
			return models{}, err
		}
		return readModels(ctx, m.project, shipped)
	}, func(now models, err error) {
		if err != nil {
			again := Action{"Try again", func() { m.Use(id) }}
			m.messages.fail("The model was not changed", err, again)
			return
		}
		m.set(now)
		m.messages.Toast(now.current.Name + " proposes from now on")
	})
}

// refresh reads the list again.
func (m *Models) refresh() {
	shipped := m.shipped
	background(m.hub, m.ctx, func(ctx context.Context) (models, error) {
		return readModels(ctx, m.project, shipped)
	}, func(now models, err error) {
		if err != nil {
			m.messages.fail("The list of models could not be read", err)
			return
		}
		m.set(now)
	})
}

func (m *Models) set(now models) {
	m.models = now
	m.changed(TopicModels)
}

// modelPath is how a job names a model.
func modelPath(m project.Model) string {
	if m.Path == "" {
		return project.Baseline
	}
	return m.Path
}
