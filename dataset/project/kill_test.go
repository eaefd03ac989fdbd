package project

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// ready is what a painter says before its first step.
const ready = "ready"

// helperVar makes the test binary a helper process: its value says what to do.
const helperVar = "GLASSWORK_PROJECT_HELPER"

func TestMain(m *testing.M) {
	if what := os.Getenv(helperVar); what != "" {
		if err := help(what, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// help runs one of the helpers of this package's tests.
func help(what string, args []string) error {
	p, err := Open(context.Background(), args[0])
	if err != nil {
		return err
	}
	defer p.Close()
	switch what {
	case "paint":
		step, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return paintForever(p, args[1], step)
	case "share":
		return share(p, args[1])
	case "paint beside":
		return paintBeside(p, args[1], args[2], args[3])
	}
	return errors.New("no such helper: " + what)
}

// helper returns the command of a helper process.
func helper(what string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), helperVar+"="+what)
	return cmd
}

// stepEntries is what the painter does in step n: the same entries for the same n and the same
// annotation.
func stepEntries(n int, a *Annotation) []Entry {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	z, h, w := r.IntN(a.Labels.Size[0]), a.Labels.Size[1], a.Labels.Size[2]
	x, y := r.IntN(w-8), r.IntN(h-8)
	stroke := a.Stroke(noise(r, z, image.Rect(x, y, x+1+r.IntN(8), y+1+r.IntN(8)), a))
	switch n % 7 {
	case 2: // a proposal, which is refused where a person was
		labels := make([]byte, h*w)
		for i := range labels {
			labels[i] = byte(r.IntN(classes.Labels))
		}
		e, err := a.Proposal(z, labels, fmt.Sprintf("model-%d", n))
		if err == nil && e.allowedOver(a.Slices[z]) == nil {
			return []Entry{e}
		}
	case 4: // a stroke and its undo, at once
		return []Entry{stroke, stroke.Undo(a.Slices[z])}
	case 6:
		return []Entry{a.Review(z, r.IntN(2) == 0)}
	}
	return []Entry{stroke}
}

// noise is a patch of random labels.
func noise(r *rand.Rand, z int, box image.Rectangle, a *Annotation) volume.Patch {
	p := volume.Patch{Z: z, Box: box}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		p.Old = append(p.Old, a.Labels.Slice(z)[y*a.Labels.Size[2]+box.Min.X:][:box.Dx()]...)
	}
	for range p.Old {
		p.New = append(p.New, byte(r.IntN(classes.Labels)))
	}
	return p
}

// paintForever appends step after step, saves now and then, and prints each step once it is
// durable.
func paintForever(p *Project, study string, step int) error {
	ctx := context.Background()
	a, err := p.Annotation(ctx, study)
	if err != nil {
		return err
	}
	fmt.Println(ready)
	for ; ; step++ {
		entries := stepEntries(step, a)
		if err := p.Append(ctx, study, a, entries...); err != nil {
			return err
		}
		fmt.Println(step)
		if step%40 == 0 {
			if _, err := p.Save(ctx, study, "painter"); err != nil {
				return err
			}
		}
	}
}

// TestKilledPainterLosesNoFinishedStroke kills a painting process at random moments and
// compares what is in the project then with what the process had reported as done.
func TestKilledPainterLosesNoFinishedStroke(t *testing.T) {
	kills := 220
	if testing.Short() {
		kills = 20
	}
	dir := t.TempDir()
	p := open(t, dir)
	study := addStudy(t, p, testSeries("killed", "P1", 4, 48, 56)).ID
	p.Close()
	want := &Annotation{
		Labels: volume.NewLabelMap(testSeries("killed", "P1", 4, 48, 56).Geometry),
		Slices: make([]SliceState, 4),
	}
	next, entries := 1, int64(0) // the step to come, and how many entries the finished ones have
	unprinted := 0
	for kill := range kills {
		done := paintAndKill(t, dir, study, next)
		p, err := Open(t.Context(), dir)
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		got := annotated(t, p, study)
		// What was reported must be there; one step more may have become durable unreported.
		done = max(done, next-1)
		for next <= done || (next == done+1 && entries < got.Seq) {
			if next > done {
				unprinted++
			}
			for _, e := range stepEntries(next, want) {
				if err := want.Apply(e); err != nil {
					t.Fatal(err)
				}
				entries++
			}
			next++
		}
		if got.Seq != entries {
			t.Fatalf("kill %d: %d journal entries, want %d up to step %d: a step is there in "+
				"part, unreported or lost", kill, got.Seq, entries, next-1)
		}
		same(t, fmt.Sprintf("kill %d", kill), got, want)
		checkStore(t, p, study)
		p.Close()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills, %d steps, %d entries; %d steps were durable before they were reported", kills,
		next-1, entries, unprinted)
	if next < kills {
		t.Errorf("only %d steps in %d kills: the painter hardly painted", next-1, kills)
	}
}

// paintAndKill starts a painter, kills it at a random moment and returns the last step it
// reported, or 0.
func paintAndKill(t *testing.T, dir, study string, step int) (done int) {
	t.Helper()
	cmd := helper("paint", dir, study, strconv.Itoa(step))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// One in four dies while it starts, the others while they paint, however slowly they started.
	starting := rand.IntN(4) == 0
	timer := time.AfterFunc(time.Hour, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if starting {
		timer.Reset(time.Duration(rand.IntN(60)) * time.Millisecond)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == ready {
			if !starting {
				timer.Reset(time.Duration(rand.IntN(100_000)) * time.Microsecond)
			}
		} else if done, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("the painter said %q", lines.Text())
		}
	}
	if err := cmd.Wait(); err == nil || stderr.Len() > 0 {
		t.Fatalf("the painter ended by itself: %v %s", err, &stderr)
	}
	return done
}

// checkStore reports a damaged database, a broken chain of revisions or a blob that does not
// verify.
func checkStore(t *testing.T, p *Project, study string) {
	t.Helper()
	var verdict string
	if err := p.db.QueryRowContext(t.Context(),
		`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check: %s, %v", verdict, err)
	}
	all, err := p.Revisions(t.Context(), study)
	if err != nil {
		t.Error(err)
	}
	if len(all) > 0 {
		if _, err := p.RevisionLabels(t.Context(), study, len(all)); err != nil {
			t.Error(err)
		}
	}
}
