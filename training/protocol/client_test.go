package protocol

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var predictJob = Job{Predict: &PredictJob{Path: "ct", Model: "baseline"}}

// startFake starts this test binary as a trainer that plays role.
func startFake(t *testing.T, role string, env ...string) *Client {
	t.Helper()
	c, err := Start(context.Background(), os.Args[0], append(env, fakeEnv+"="+role), "-test.run=^$")
	if err != nil {
		t.Fatal(err)
	}
	c.grace = 300 * time.Millisecond
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRunDeliversEventsInOrder(t *testing.T) {
	c := startFake(t, "good")
	for range 3 { // one child serves several jobs
		var types []string
		s, err := c.Run(t.Context(), predictJob, func(e Event) {
			types = append(types, e.Type)
			if e.Slice != nil && (len(e.Slice.Labels) != 512*512 ||
				e.Slice.Z != len(types)-1-count(types, TypeHello)) {
				t.Errorf("slice %d with %d labels", e.Slice.Z, len(e.Slice.Labels))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if s.Predict == nil || s.Predict.Slices != 3 {
			t.Errorf("summary %+v", s)
		}
		if count(types, TypeSlice) != 3 || count(types, TypeStatus) != 0 {
			t.Errorf("events %v; want three slices and no status of another job", types)
		}
	}
	waitFor(t, func() bool {
		log := strings.Join(c.Log(), "\n")
		return strings.Contains(log, "no message") &&
			strings.Contains(log, `{"type":"status","id":`) && strings.Contains(log, "libtorch")
	})
}

func count(all []string, s string) int {
	n := 0
	for _, v := range all {
		if v == s {
			n++
		}
	}
	return n
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass in five seconds")
		}
	}
}

func TestRunReportsAFailedJob(t *testing.T) {
	c := startFake(t, "failing")
	_, err := c.Run(t.Context(), predictJob, nil)
	var failed *JobError
	if !errors.As(err, &failed) || failed.Code != CodeDiskFull ||
		failed.Error() != "the disk is full" {
		t.Errorf("error %v, want the trainer's", err)
	}
}

func TestRunReportsADeadTrainer(t *testing.T) {
	c := startFake(t, "dying")
	for range 2 { // each run finds a new trainer
		_, err := c.Run(t.Context(), predictJob, nil)
		var died *DiedError
		if !errors.As(err, &died) {
			t.Fatalf("error %v, want DiedError", err)
		}
		if died.Status != "exit status 3" || len(died.Lines) != diedLines ||
			!strings.Contains(died.Error(), "ran out of memory") {
			t.Errorf("status %q, %d lines, sentence %q", died.Status, len(died.Lines), died)
		}
	}
}

func TestDiedErrorSaysWhy(t *testing.T) {
	for _, c := range []struct {
		status string
		log    []string
		want   string
	}{
		{"exit status 2", []string{
			"warning", "runtime: out of memory: cannot allocate", "fatal error: out of memory",
			"goroutine 1",
		}, "the trainer ran out of memory; close other programs and try again"},
		{
			"signal: aborted",
			[]string{"terminate called after throwing 'std::bad_alloc'", "what"},
			"the trainer ran out of memory; close other programs and try again",
		},
		{"signal: killed", []string{"a warning"}, "the trainer was killed, perhaps because " +
			"memory ran out; close other programs and try again"},
		{"exit status 2", []string{
			"panic: index out of range", "", "goroutine 7 [running]:", "main.go:3",
		}, "the trainer ended without an answer (exit status 2): panic: index out of range"},
		{
			"exit status 1",
			[]string{"a", "error while loading shared libraries: libtch.so "},
			"the trainer ended without an answer (exit status 1): error while loading shared " +
				"libraries: libtch.so",
		},
		{"exit status 0", nil, "the trainer ended without an answer (exit status 0)"},
	} {
		if got := (&DiedError{Status: c.status, Reason: telling(c.log)}).Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestRingKeepsTheNewest(t *testing.T) {
	var r ring
	for i := range ringLines + 10 {
		r.add(strings.Repeat("x", i))
	}
	mark := r.mark()
	r.add("after")
	if all := r.last(-1); len(all) != ringLines || all[ringLines-1] != "after" {
		t.Errorf("%d lines, the last %q", len(all), all[len(all)-1])
	}
	if since := r.since(mark); !slices.Equal(since, []string{"after"}) {
		t.Errorf("since the mark: %v", since)
	}
	if long := r.last(2)[0]; len(long) > ringLineSize+10 && len(long) != ringLines+9 {
		t.Errorf("a line of %d bytes", len(long))
	}
}

func TestTheSameJobWorksAfterAKill(t *testing.T) {
	c := startFake(t, "dying once", "GLASSWORK_FAKE_MARKER="+filepath.Join(t.TempDir(), "died"))
	_, err := c.Run(t.Context(), predictJob, nil)
	var died *DiedError
	if !errors.As(err, &died) || died.Status != "signal: killed" {
		t.Fatalf("error %v, want a killed trainer", err)
	}
	if s, err := c.Run(t.Context(), predictJob, nil); err != nil || s.Predict.Slices != 3 {
		t.Fatalf("summary %v, error %v after the restart", s, err)
	}
}

func TestATrainerKilledBetweenJobsIsReplaced(t *testing.T) {
	c := startFake(t, "good")
	if _, err := c.Run(t.Context(), predictJob, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.child.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-c.child.done
	if _, err := c.Run(t.Context(), predictJob, nil); err != nil {
		t.Errorf("after a kill between jobs: %v", err)
	}
}

func TestCancelStopsTheJobAndKeepsTheTrainer(t *testing.T) {
	c := startFake(t, "waiting")
	pid := c.child.cmd.Process.Pid
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := c.Run(ctx, predictJob, nil)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
	}
	if c.child.cmd.Process.Pid != pid || c.child.ended() {
		t.Error("the trainer was replaced")
	}
}

func TestCancelKillsATrainerThatDoesNotStop(t *testing.T) {
	c := startFake(t, "stubborn")
	pid := c.child.cmd.Process.Pid
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	started := time.Now()
	if _, err := c.Run(ctx, predictJob, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
	if spent := time.Since(started); spent < c.grace {
		t.Errorf("killed after %v, before its grace of %v", spent, c.grace)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d still runs: %v", pid, err)
	}
}

func TestCloseEndsAJobAndTheTrainer(t *testing.T) {
	for _, role := range []string{"waiting", "stubborn"} {
		c := startFake(t, role)
		pid := c.child.cmd.Process.Pid
		running := make(chan error)
		go func() {
			_, err := c.Run(t.Context(), predictJob, nil)
			running <- err
		}()
		waitFor(t, func() bool { return len(c.turn) == 0 })
		var closing sync.WaitGroup
		for range 2 {
			closing.Go(func() { _ = c.Close() })
		}
		if err := <-running; err == nil {
			t.Errorf("%s: a job outlived Close", role)
		}
		closing.Wait()
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("%s: process %d still runs: %v", role, pid, err)
		}
		if _, err := c.Run(t.Context(), predictJob, nil); err == nil {
			t.Errorf("%s: a job ran after Close", role)
		}
	}
}

func TestTheTrainerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := Start(ctx, os.Args[0], []string{fakeEnv + "=waiting"}, "-test.run=^$")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-c.child.done
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "glasswork-trainer")
	if err := os.WriteFile(plain, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for exe, want := range map[string]string{
		filepath.Join(dir, "nothing"): "nothing is missing in " + dir,
		plain:                         "may not be executed",
	} {
		if _, err := Start(t.Context(), exe, nil); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("Start(%s): %v, want %q", exe, err, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	root := t.TempDir()
	exe := filepath.Join(root, "bin", "glasswork-trainer")
	t.Setenv("LD_LIBRARY_PATH", "/old")
	t.Setenv("GLASSWORK_BACKEND", "")
	if env := Environment(exe); env != nil {
		t.Errorf("Environment without a backend = %v", env)
	}
	for _, name := range []string{"cpu", "cuda"} {
		dir := filepath.Join(root, "backend", name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "libtch.so"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if want := []string{"LD_LIBRARY_PATH=" + dir + ":/old"}; !slices.Equal(Environment(exe),
			want) {
			t.Errorf("Environment = %v, want %v", Environment(exe), want)
		}
	}
	t.Setenv("GLASSWORK_BACKEND", "cpu")
	if env := Environment(exe); !strings.Contains(env[0], filepath.Join("backend", "cpu")) {
		t.Errorf("Environment = %v, want the backend that was named", env)
	}
}
