package project

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"
)

// besides are how many processes paint on one study in the test below. Process k changes only
// voxels of columns x with x%besides == k, but the boxes of its strokes hold the others' too.
const besides = 2

// besideBox is where step n of a process paints.
func besideBox(k, n int) (z int, box image.Rectangle, r *rand.Rand) {
	r = rand.New(rand.NewPCG(uint64(k), uint64(n)))
	x, y := r.IntN(20), r.IntN(12)
	return r.IntN(2), image.Rect(x, y, x+12, y+12), r
}

// besideStroke is what step n of process k does to a.
func besideStroke(a *Annotation, k, n int) (Entry, bool) {
	z, box, r := besideBox(k, n)
	p := noise(r, z, box, a)
	changed := false
	for i := range p.New {
		if (box.Min.X+i%box.Dx())%besides != k {
			p.New[i] = p.Old[i]
		}
		changed = changed || p.New[i] != p.Old[i]
	}
	return a.Stroke(p), changed
}

// paintBeside paints from step first on as process k and prints each step once it is durable.
// Every third step is taken back at once, as step n.
func paintBeside(p *Project, study, process, first string) error {
	k, err := strconv.Atoi(process)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	a, err := p.Annotation(context.Background(), study)
	if err != nil {
		return err
	}
	others := map[int]bool{}
	for ; ; n++ {
		if err := paintStep(p, study, a, k, n, others); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// paintStep does one step and follows the other process, as a window does.
func paintStep(p *Project, study string, a *Annotation, k, n int, others map[int]bool) error {
	e, changes := besideStroke(a, k, n)
	if !changes {
		return nil
	}
	done, before := []Entry{e}, []SliceState{a.Slices[e.Z]}
	insist := func(made func() []Entry) error {
		for {
			err := p.Append(context.Background(), study, a, made()...)
			if !errors.Is(err, ErrOvertaken) {
				return err
			}
			later, err := p.Follow(context.Background(), study, a)
			if err != nil {
				return err
			}
			for _, other := range later {
				others[other.Z] = true
			}
			done, before = a.Again(done, before)
		}
	}
	if err := insist(func() []Entry { return done }); err != nil || n%3 != 0 {
		return err
	}
	taken := done
	return insist(func() []Entry { return a.Back(taken, before, others) })
}

// TestTwoWindowsLoseNoFinishedStroke has two processes paint and undo on the same slices, kills
// them at random moments, and compares each one's voxels with what it had reported.
func TestTwoWindowsLoseNoFinishedStroke(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 6
	}
	dir := t.TempDir()
	p := open(t, dir)
	study := addStudy(t, p, testSeries("beside", "P1", 2, 24, 32)).ID
	var want, next [besides]int // the last step that was reported
	own := [besides]*Annotation{}
	for k := range own {
		own[k] = annotated(t, p, study)
	}
	for round := range rounds {
		var both sync.WaitGroup
		for k := range besides {
			both.Go(func() {
				want[k] = max(want[k], paintBesideAndKill(t, dir, study, k, next[k]+1))
			})
		}
		both.Wait()
		got := annotated(t, p, study)
		for k := range besides {
			for next[k] < want[k] {
				next[k]++
				alone(t, own[k], k, next[k], true)
			}
			// The step that was being done may be there, or be there and not yet taken back.
			if !sameColumns(got, own[k], k) {
				step := next[k] + 1
				after, _ := besideStroke(own[k], k, step)
				if err := own[k].Apply(after); err != nil {
					t.Fatal(err)
				}
				if !sameColumns(got, own[k], k) {
					t.Fatalf("round %d: process %d reported %d steps, which are not what is there",
						round, k, next[k])
				}
				next[k] = step
			}
		}
		checkStore(t, p, study)
	}
	t.Logf("steps: %v", next)
}

// alone does step n as process k does it where nobody else paints.
func alone(t *testing.T, a *Annotation, k, n int, back bool) {
	t.Helper()
	e, changes := besideStroke(a, k, n)
	if !changes {
		return
	}
	entries := []Entry{e}
	if back && n%3 == 0 {
		entries = append(entries, e.Undo(a.Slices[e.Z]))
	}
	for _, e := range entries {
		if err := a.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
}

// sameColumns compares the voxels that process k may change.
func sameColumns(a, b *Annotation, k int) bool {
	for i, c := range a.Labels.Labels {
		if i%a.Labels.Size[2]%besides == k && c != b.Labels.Labels[i] {
			return false
		}
	}
	return true
}

// paintBesideAndKill starts a painter, kills it at a random moment and returns the last step
// that it reported, or 0.
func paintBesideAndKill(t *testing.T, dir, study string, k, first int) (done int) {
	cmd := helper("paint beside", dir, study, strconv.Itoa(k), strconv.Itoa(first))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return 0
	}
	timer := time.AfterFunc(time.Duration(rand.IntN(400))*time.Millisecond,
		func() { cmd.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if done, err = strconv.Atoi(lines.Text()); err != nil {
			t.Errorf("the painter said %q", lines.Text())
		}
	}
	if cmd.Wait() == nil {
		t.Error("the painter ended by itself")
	}
	return done
}
