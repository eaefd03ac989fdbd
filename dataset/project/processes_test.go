package project

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"glasswork/dataset/volume"
)

// sharedStrokes is how many strokes each process paints in the test below.
const sharedStrokes = 60

// share is what each of several processes does to one project at once: it adds two
// series, paints on its own and tries to propose over the other.
func share(p *Project, name string) error {
	ctx := context.Background()
	common, err := p.AddStudy(ctx, testSeries("common", "P0"))
	if err != nil {
		return err
	}
	own, err := p.AddStudy(ctx, testSeries(name, "P0"))
	if err != nil {
		return err
	}
	a, err := p.Annotation(ctx, own.ID)
	if err != nil {
		return err
	}
	shared, err := p.Annotation(ctx, common.ID)
	if err != nil {
		return err
	}
	for i := range sharedStrokes {
		e := a.Stroke(paint(a, i%5, image.Rect(i%24, i%16, i%24+4, i%16+3), uint8(1+i%3)))
		if err := p.Append(ctx, own.ID, a, e); err != nil {
			return err
		}
		c := Entry{Kind: Stroke, Patch: &volume.Patch{
			Box: image.Rect(0, 0, 1, 1), Old: []byte{0},
			New: []byte{1},
		}, State: SliceState{Touched: true}}
		if err := insist(p, common.ID, shared, c); err != nil {
			return err
		}
		if i%20 == 10 {
			if _, err := p.Save(ctx, common.ID, name); err != nil {
				return err
			}
		}
	}
	e, err := a.Proposal(0, make([]byte, a.Labels.SliceVoxels()), "m")
	if err != nil {
		return err
	}
	if err := p.Append(ctx, common.ID, shared, e); !errors.Is(err, ErrTouched) {
		return fmt.Errorf("a proposal over another process's stroke: %w", err)
	}
	fmt.Println(own.PatientKey)
	return nil
}

// insist appends an entry as often as another process is quicker.
func insist(p *Project, id string, a *Annotation, e Entry) error {
	for {
		err := p.Append(context.Background(), id, a, e)
		if !errors.Is(err, ErrOvertaken) {
			return err
		}
		if _, err := p.Follow(context.Background(), id, a); err != nil {
			return err
		}
	}
}

// TestProcessesShareAProject has several processes create and write one project at the same time.
func TestProcessesShareAProject(t *testing.T) {
	dir := t.TempDir()
	const processes = 3
	var wait sync.WaitGroup
	keys := make([]string, processes)
	for i := range processes {
		wait.Go(func() {
			out, err := helper("share", dir, fmt.Sprintf("series %d", i)).Output()
			if err != nil {
				var exit *exec.ExitError
				errors.As(err, &exit)
				t.Errorf("process %d: %v %s", i, err, exit.Stderr)
			}
			keys[i] = strings.TrimSpace(string(out))
		})
	}
	wait.Wait()
	if t.Failed() {
		return
	}
	p := open(t, dir)
	studies, err := p.Studies(t.Context())
	if err != nil || len(studies) != processes+1 {
		t.Fatalf("%d studies, %v; want %d", len(studies), err, processes+1)
	}
	for i, s := range studies {
		var n int
		if err := p.db.QueryRow(`SELECT count(*) FROM journal WHERE study = ?`,
			s.ID).Scan(&n); err != nil {
			t.Fatal(err)
		}
		want := sharedStrokes
		if s.SeriesID == "common" {
			want *= processes
		}
		if n != want {
			t.Errorf("study %s of series %s has %d strokes, want %d", s.Alias, s.SeriesID, n, want)
		}
		if s.PatientKey != keys[i%processes] {
			t.Errorf("study %s has another patient key than its process saw", s.Alias)
		}
		checkStore(t, p, s.ID)
	}
}
