package project

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// modelFile writes a file that stands for a network; what is in it is not the project's business.
func modelFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trained.safetensors")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPromotionAndGoingBack(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	current := func(want string) {
		t.Helper()
		m, err := open(t, dir).CurrentModel(t.Context())
		if err != nil || m.ID != want || m.State != Accepted {
			t.Errorf("current model = %+v, %v; want %s", m, err, want)
		}
	}
	current(Baseline)
	shipped, err := p.AddModel(t.Context(), Model{
		ID:   "sha of the shipped one",
		Name: "baseline-2",
	}, "")
	if err != nil || shipped.Path != "" || shipped.State != Accepted {
		t.Fatalf("shipped: %+v, %v", shipped, err)
	}
	current(shipped.ID)

	file := modelFile(t, "weights")
	tuned, err := p.AddModel(t.Context(), Model{
		Name: "tuned-1", Parent: shipped.ID, TrainedOn: []string{"x@1", "y@3"},
		Report: json.RawMessage(`{"dice":0.7}`),
	}, file)
	if err != nil || tuned.State != Candidate || filepath.Dir(tuned.Path) != filepath.Join(dir,
		"models") {
		t.Fatalf("tuned: %+v, %v", tuned, err)
	}
	if content, err := os.ReadFile(tuned.Path); err != nil || string(content) != "weights" ||
		!strings.Contains(tuned.Path, tuned.ID) {
		t.Errorf("%s holds %q, %v", tuned.Path, content, err)
	}
	current(shipped.ID) // not before somebody says so
	for _, id := range []string{tuned.ID, shipped.ID, tuned.ID} {
		if err := p.UseModel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		current(id)
	}
	var history string // the oldest first
	const models = `SELECT group_concat(model, ',' ORDER BY seq) FROM model_uses`
	err = p.db.QueryRow(models).Scan(&history)
	used := strings.Split(history, ",")
	if err != nil || len(used) != 3 || used[0] != tuned.ID || used[1] != shipped.ID {
		t.Errorf("history: %q, %v", used, err)
	}
	all, err := p.Models(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("models: %+v, %v", all, err)
	}
	got := all[1]
	if got.Name != "tuned-1" || got.Parent != shipped.ID || !slices.Equal(got.TrainedOn,
		[]string{"x@1", "y@3"}) || string(got.Report) != `{"dice":0.7}` {
		t.Errorf("kept: %+v", got)
	}
}

func TestModelsAreImmutable(t *testing.T) {
	p := open(t, t.TempDir())
	first, err := p.AddModel(t.Context(), Model{Name: "first"}, modelFile(t, "weights"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.AddModel(t.Context(), Model{Name: "second"}, modelFile(t, "weights"))
	if err != nil || again.ID != first.ID || again.Name != "first" {
		t.Errorf("the same file again: %+v, %v", again, err)
	}
	for _, s := range []string{`DELETE FROM models`, `UPDATE models SET name = 'x'`} {
		if _, err := p.db.Exec(s); err == nil {
			t.Errorf("%s went through", s)
		}
	}
}

func TestUnusableModelsAreRefusedAndTheCurrentOneStays(t *testing.T) {
	p := open(t, t.TempDir())
	good, err := p.AddModel(t.Context(), Model{Name: "good"}, modelFile(t, "good weights"))
	if err != nil {
		t.Fatal(err)
	}
	bad, err := p.AddModel(t.Context(), Model{Name: "bad"}, modelFile(t, "bad weights"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.UseModel(t.Context(), good.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		id   string
		do   func() error
		want error
	}{
		{
			"damaged", bad.ID, func() error {
				return os.WriteFile(bad.Path, []byte("bad w"),
					0o644)
			}, ErrDamaged,
		},
		{"missing", bad.ID, func() error { return os.Remove(bad.Path) }, ErrNotFound},
		{"unknown", "nobody", func() error { return nil }, ErrNotFound},
	} {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		if err := p.UseModel(t.Context(), c.id); !errors.Is(err, c.want) {
			t.Errorf("%s: UseModel = %v, want %v", c.name, err, c.want)
		}
		if m, err := p.CurrentModel(t.Context()); err != nil || m.ID != good.ID {
			t.Errorf("%s: current = %+v, %v", c.name, m, err)
		}
	}
	if _, err := p.AddModel(t.Context(), Model{}, filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was added")
	}
	// The same weights again mend what was lost.
	if _, err := p.AddModel(t.Context(), Model{}, modelFile(t, "bad weights")); err != nil {
		t.Fatal(err)
	}
	if err := p.UseModel(t.Context(), bad.ID); err != nil {
		t.Errorf("after mending: %v", err)
	}
}
