package protocol

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxLine bounds one message; longer lines count as log.
const maxLine = 64 << 20

// DiedError is a trainer that ended without a summary or an error.
type DiedError struct {
	// Status is its exit status in words, such as "signal: killed".
	Status string
	// Lines are its last lines of log.
	Lines []string
	// Reason is the line that best tells the cause, or empty.
	Reason string
}

// Error is the sentence for the user.
func (e *DiedError) Error() string {
	switch {
	case memoryRanOut(e.Reason):
		return "the trainer ran out of memory; close other programs and try again"
	case e.Status == "signal: killed":
		return "the trainer was killed, perhaps because memory ran out; close other programs and " +
			"try again"
	case e.Reason != "":
		return "the trainer ended without an answer (" + e.Status + "): " + e.Reason
	}
	return "the trainer ended without an answer (" + e.Status + ")"
}

// telling picks the line of a dying program's log that best tells the cause: the first about
// memory, else the first of a panic, else the last.
func telling(lines []string) string {
	for _, tells := range []func(string) bool{memoryRanOut, fatal} {
		if i := slices.IndexFunc(lines, tells); i >= 0 {
			return lines[i]
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

func memoryRanOut(line string) bool {
	return strings.Contains(line, "out of memory") || strings.Contains(line, "not enough memory") ||
		strings.Contains(line, "can't allocate memory") || strings.Contains(line, "bad_alloc")
}

func fatal(line string) bool {
	return strings.HasPrefix(line, "fatal error:") || strings.HasPrefix(line, "panic:") ||
		strings.HasPrefix(line, "terminate called")
}

// child is one running trainer. Its two reading goroutines end when its pipes do,
// and done is closed after both have and the process was waited for.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	events chan Event
	done   chan struct{}
	status string // valid after done
	send   sync.Mutex
}

// startChild starts exe and reads what it says: messages into events, all else into log.
func startChild(exe string, env, args []string, log *ring) (*child, error) {
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("no pipe for the trainer: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("no pipe for the trainer: %w", err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("no pipe for the trainer: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, startError(exe, err)
	}
	c := &child{cmd: cmd, stdin: stdin, events: make(chan Event, 64), done: make(chan struct{})}
	var readers sync.WaitGroup
	readers.Go(func() { c.readEvents(stdout, log) })
	readers.Go(func() { readLog(stderr, log) })
	go func() {
		readers.Wait()
		err := cmd.Wait()
		c.status = exitStatus(cmd, err)
		close(c.done)
	}()
	return c, nil
}

// startError says in a sentence why exe could not be started.
func startError(exe string, err error) error {
	name := filepath.Base(exe)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%s is missing in %s; build it with make build: %w", name,
			filepath.Dir(exe), err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s in %s may not be executed: %w", name, filepath.Dir(exe), err)
	}
	return fmt.Errorf("%s could not be started: %w", name, err)
}

func exitStatus(cmd *exec.Cmd, err error) string {
	if cmd.ProcessState != nil {
		return cmd.ProcessState.String()
	}
	return fmt.Sprint(err)
}

// readEvents sorts the lines of r into messages and log until r ends.
func (c *child) readEvents(r io.Reader, log *ring) {
	defer close(c.events)
	readLines(r, func(line []byte) {
		var e Event
		if len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &e) != nil {
			log.add(string(line))
			return
		}
		c.events <- e
	})
}

func readLog(r io.Reader, log *ring) {
	readLines(r, func(line []byte) { log.add(string(line)) })
}

// readLines calls do with each line of r. What is longer than maxLine comes in pieces.
func readLines(r io.Reader, do func(line []byte)) {
	b := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) && len(line) < maxLine {
			continue
		}
		if text := strings.TrimRight(string(line), "\r\n"); text != "" {
			do([]byte(text))
		}
		line = line[:0]
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// request sends r. An error means that the child no longer listens.
func (c *child) request(r Request) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	c.send.Lock()
	defer c.send.Unlock()
	_, err = c.stdin.Write(append(line, '\n'))
	return err
}

// ended reports whether the process is gone.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// kill ends the process at once and waits for its readers. Unread events are dropped.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	c.drain(context.Background())
}

// drain drops events until the child is gone or ctx ends.
func (c *child) drain(ctx context.Context) {
	events := c.events
	for {
		select {
		case _, ok := <-events:
			if !ok {
				events = nil
			}
		case <-c.done:
			return
		case <-ctx.Done():
			return
		}
	}
}

// close ends the child's input, which ends the child; after grace it is killed.
func (c *child) close(grace time.Duration) {
	_ = c.stdin.Close()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	c.drain(ctx)
	if !c.ended() {
		c.kill()
	}
}
