package project

import (
	"errors"
	"testing"
)

func TestHoldoutIsPinnedByUse(t *testing.T) {
	type step struct {
		what string
		do   func(p *Project, key string) error
		want error
	}
	hold := func(on bool) func(*Project, string) error {
		return func(p *Project, key string) error { return p.SetHoldout(t.Context(), key, on) }
	}
	use := func(u Use) func(*Project, string) error {
		return func(p *Project, key string) error { return p.MarkUsed(t.Context(), u, key) }
	}
	for name, steps := range map[string][]step{
		"unused": {
			{"hold out", hold(true), nil},
			{"let go", hold(false), nil},
			{"hold out", hold(true), nil},
		},
		"trained on": {
			{"train", use(Trained), nil},
			{"hold out", hold(true), ErrPinned},
			{"stay", hold(false), nil},
			{"score", use(Scored), ErrPinned},
			{"train again", use(Trained), nil},
		},
		"scored": {
			{"hold out", hold(true), nil},
			{"train", use(Trained), ErrPinned},
			{"score", use(Scored), nil},
			{"let go", hold(false), ErrPinned},
			{"stay", hold(true), nil},
			{"train", use(Trained), ErrPinned},
			{"score again", use(Scored), nil},
		},
	} {
		dir := t.TempDir()
		key := addStudy(t, open(t, dir), testSeries("1", "P")).PatientKey
		for i, s := range steps {
			p := open(t, dir) // for life, not for this run of the program
			if err := s.do(p, key); !errors.Is(err, s.want) {
				t.Errorf("%s, step %d, %s: %v, want %v", name, i+1, s.what, err, s.want)
			}
			p.Close()
		}
	}
}

func TestMarkUsedIsAllOrNothing(t *testing.T) {
	p := open(t, t.TempDir())
	free := addStudy(t, p, testSeries("1", "P1")).PatientKey
	held := addStudy(t, p, testSeries("2", "P2")).PatientKey
	if err := p.SetHoldout(t.Context(), held, true); err != nil {
		t.Fatal(err)
	}
	if err := p.MarkUsed(t.Context(), Trained, free, held); !errors.Is(err, ErrPinned) {
		t.Fatalf("training on a held-out patient: %v", err)
	}
	if err := p.SetHoldout(t.Context(), free, true); err != nil {
		t.Errorf("a refused training pinned a patient: %v", err)
	}
	if err := p.MarkUsed(t.Context(), Scored, free, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown patient: %v", err)
	}
	if err := p.MarkUsed(t.Context(), 0, free); err == nil {
		t.Error("an unknown use was recorded")
	}
	all, err := p.Studies(t.Context())
	if err != nil || !all[0].Holdout || !all[1].Holdout {
		t.Errorf("studies: %+v, %v", all, err)
	}
}
