//go:build e2e

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is a display of the test's own.
type screen struct {
	t      *testing.T
	name   string // such as ":7"
	config string // folder of the user's settings there
}

// The window fills the screen, so places on it are places in the window.
const screenSize = "1440x900x24"

// newScreen starts a display on a free number.
func newScreen(t *testing.T) *screen {
	t.Helper()
	numbers, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", screenSize, "-nolisten", "tcp",
		"-noreset")
	x.ExtraFiles = []*os.File{tell}
	if err := x.Start(); err != nil {
		t.Fatalf("Xvfb does not start: %v", err)
	}
	tell.Close()
	t.Cleanup(func() { _ = x.Process.Kill(); _ = x.Wait() })
	number, err := bufio.NewReader(numbers).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb says no display: %v", err)
	}
	return &screen{t, ":" + strings.TrimSpace(number), t.TempDir()}
}

// environment is this process's, for programs on the screen.
func (s *screen) environment() []string {
	return append(os.Environ(), "DISPLAY="+s.name, "WAYLAND_DISPLAY=", "LANG=en_GB.UTF-8",
		"LC_ALL=", "XDG_CONFIG_HOME="+s.config)
}

// do runs xdotool.
func (s *screen) do(args ...string) {
	s.t.Helper()
	c := exec.Command("xdotool", args...)
	c.Env = s.environment()
	if out, err := c.CombinedOutput(); err != nil {
		s.t.Fatalf("xdotool %v: %v: %s", args, err, out)
	}
}

func (s *screen) key(keys ...string) {
	s.t.Helper()
	s.do(append([]string{"key"}, keys...)...)
}

func (s *screen) enter(text string) {
	s.t.Helper()
	s.do("type", "--delay", "8", text)
}

// click clicks the left button at a place.
func (s *screen) click(at [2]int) {
	s.t.Helper()
	s.do("mousemove", strconv.Itoa(at[0]), strconv.Itoa(at[1]), "click", "1")
}

// drag pulls the left button along a line of places as a hand does, 125 places a second, and
// calls held before it lets go.
func (s *screen) drag(places [][2]int, held func()) {
	s.t.Helper()
	args := []string{
		"mousemove", strconv.Itoa(places[0][0]), strconv.Itoa(places[0][1]),
		"mousedown", "1",
	}
	for _, p := range places[1:] {
		args = append(args, "sleep", "0.008", "mousemove", strconv.Itoa(p[0]), strconv.Itoa(p[1]))
	}
	s.do(args...)
	if held != nil {
		held()
	}
	s.do("mouseup", "1")
}

// shoot writes what is on the screen to path, once it has come to rest.
func (s *screen) shoot(path string) {
	s.t.Helper()
	var last []byte
	for range 10 {
		c := exec.Command("import", "-window", "root", "-strip", "png:-")
		c.Env = s.environment()
		now, err := c.Output()
		if err != nil {
			s.t.Fatalf("no picture of the screen: %v", err)
		}
		if bytes.Equal(now, last) {
			break
		}
		last = now
	}
	if err := os.WriteFile(path, last, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// window is the real program under test.
type window struct {
	*screen
	cmd    *exec.Cmd
	exited chan struct{}

	mu      sync.Mutex
	now     state
	said    []string // every message so far
	lines   []string // of its log that are no state
	changed chan struct{}
}

// program is the desktop that make build has made, or the one that GLASSWORK names.
func program(t *testing.T) string {
	path := os.Getenv("GLASSWORK")
	if path == "" {
		path = filepath.Join("..", "..", "bin", "glasswork")
	}
	path, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("the desktop is not there, make build makes it: %v", err)
	}
	return path
}

// start starts the desktop on a project.
func start(s *screen, project string, args ...string) *window {
	s.t.Helper()
	args = append([]string{"--project", project, "--trace", "--measure", "--retrain-steps", "4"},
		args...)
	w := &window{
		screen: s, cmd: exec.Command(program(s.t), args...), exited: make(chan struct{}),
		changed: make(chan struct{}),
	}
	w.cmd.Env = s.environment()
	out, err := w.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go w.listen(out)
	s.t.Cleanup(func() {
		_ = w.cmd.Process.Kill() // of a test that has failed; else it is gone already
		<-w.exited
		if s.t.Failed() {
			s.t.Logf("the window's log:\n%s", strings.Join(w.lines, "\n"))
		}
	})
	return w
}

// listen reads what the window says to its end.
func (w *window) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, isState := strings.CutPrefix(lines.Text(), tracePrefix)
		w.mu.Lock()
		if isState {
			var st state
			if json.Unmarshal([]byte(text), &st) == nil {
				w.now = st
				w.said = append(w.said, st.Said...)
			}
		} else {
			w.lines = append(w.lines, text)
		}
		close(w.changed)
		w.changed = make(chan struct{})
		w.mu.Unlock()
	}
	_ = w.cmd.Wait() // the exit code is asked for by those who care
	close(w.exited)
}

// until waits for a state of the window.
func (w *window) until(what string, most time.Duration, cond func(st state) bool) state {
	w.t.Helper()
	st, ok := w.reaches(most, cond)
	if !ok {
		w.shoot(filepath.Join(os.TempDir(), "glasswork-e2e.png"))
		w.t.Fatalf("%s: not within %v; the window's state is %+v", what, most, st)
	}
	return st
}

// clickUntil clicks at a place until the window takes notice: while it is coming up it does not.
func (w *window) clickUntil(what string, at [2]int, most time.Duration, cond func(st state) bool) {
	w.t.Helper()
	for begun := time.Now(); time.Since(begun) < most; {
		w.click(at)
		if _, ok := w.reaches(2*time.Second, cond); ok {
			return
		}
	}
	w.until(what, 0, cond)
}

// reaches waits for a state of the window, and returns the last one.
func (w *window) reaches(most time.Duration, cond func(st state) bool) (state, bool) {
	w.t.Helper()
	deadline := time.After(most)
	for {
		w.mu.Lock()
		st, changed := w.now, w.changed
		w.mu.Unlock()
		if cond(st) {
			return st, true
		}
		select {
		case <-changed:
		case <-w.exited:
			w.t.Fatalf("the window has ended (%v)", w.cmd.ProcessState)
		case <-deadline:
			return st, false
		}
	}
}

// told waits for a message that holds text, of those since the message numbered from.
func (w *window) told(text string, from int, most time.Duration) {
	w.t.Helper()
	w.until("message "+text, most, func(state) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, m := range w.said[from:] {
			if strings.Contains(m, text) {
				return true
			}
		}
		return false
	})
}

func (w *window) messages() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.said)
}

// close ends the window by its key and waits for it.
func (w *window) close() {
	w.t.Helper()
	w.key("ctrl+q")
	select {
	case <-w.exited:
	case <-time.After(time.Minute):
		w.t.Fatal("the window does not close")
	}
	if code := w.cmd.ProcessState.ExitCode(); code != 0 {
		w.t.Fatalf("the window ended with status %d", code)
	}
}

// measured returns the lines that --measure has printed.
func (w *window) measured() (lines []string) {
	<-w.exited
	for _, line := range w.lines {
		if strings.HasPrefix(line, "measured ") {
			lines = append(lines, line)
		}
	}
	return lines
}
