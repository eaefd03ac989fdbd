package protocol

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Grace is how long a cancelled job may take to stop before its trainer is killed.
const Grace = 5 * time.Second

// diedLines is how many lines of log a DiedError carries.
const diedLines = 20

// Client supervises one trainer and runs jobs on it, one after another. A trainer
// that died is started again by the next Run. Methods are safe for concurrent use.
type Client struct {
	exe   string
	env   []string
	args  []string
	grace time.Duration
	log   ring

	// turn holds the one right to run a job; child belongs to its holder.
	turn   chan struct{}
	child  *child
	nextID int
	// began is the log's mark when the running job began.
	began  int
	closed chan struct{}
	once   sync.Once
	stop   func() bool
}

// errClosed is what a job gets whose client has been closed.
var errClosed = &JobError{CodeCancelled, "the trainer has been closed"}

// Start starts exe with args (normally "serve") and env added to this process's
// environment. The child lives until Close or until ctx ends. An error is a sentence
// that says why it could not be started.
func Start(ctx context.Context, exe string, env []string, args ...string) (*Client, error) {
	c := &Client{
		exe: exe, env: env, args: args, grace: Grace,
		turn: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	child, err := startChild(exe, env, args, &c.log)
	if err != nil {
		return nil, err
	}
	c.child = child
	c.stop = context.AfterFunc(ctx, func() { _ = c.Close() })
	c.turn <- struct{}{}
	return c, nil
}

// Environment is the library path that a trainer at exe needs to find its backend:
// backend/<name> beside exe or one folder above, where name is "cuda" if there is one, else
// "cpu", unless GLASSWORK_BACKEND names another. It is empty if there is no such folder.
func Environment(exe string) []string {
	names := []string{"cuda", "cpu"}
	if name := os.Getenv("GLASSWORK_BACKEND"); name != "" {
		names = []string{name}
	}
	dir := filepath.Dir(exe)
	for _, name := range names {
		for _, root := range []string{dir, filepath.Dir(dir)} {
			path, err := filepath.Abs(filepath.Join(root, "backend", name))
			if err != nil {
				continue
			}
			if _, err := os.Stat(filepath.Join(path, "libtch.so")); err != nil {
				continue
			}
			if old := os.Getenv("LD_LIBRARY_PATH"); old != "" {
				path += string(os.PathListSeparator) + old
			}
			return []string{"LD_LIBRARY_PATH=" + path}
		}
	}
	return nil
}

// Run runs job to its end and calls on, which may be nil, with every event of it, in
// order, on this goroutine. Only one job runs at a time; others wait for their turn.
// If ctx ends the job is told to stop, and after Grace its trainer is killed.
//
// Errors: ctx's if the job was cancelled, *JobError if it failed, *DiedError if the
// trainer died, else a sentence why the trainer could not be started.
func (c *Client) Run(ctx context.Context, job Job, on func(Event)) (*Summary, error) {
	if err := job.Validate(); err != nil {
		return nil, err
	}
	select {
	case <-c.turn:
	case <-c.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { c.turn <- struct{}{} }()
	c.nextID++
	c.began = c.log.mark()
	id := strconv.Itoa(c.nextID)
	if err := c.begin(Request{Type: TypeStart, ID: id, Job: &job}); err != nil {
		return nil, err
	}
	return c.follow(ctx, id, on)
}

// begin sends r to the child, or to a new one if the last has died meanwhile.
func (c *Client) begin(r Request) error {
	if err := c.alive(); err != nil {
		return err
	}
	if c.child.request(r) == nil {
		return nil
	}
	c.child.close(c.grace)
	if err := c.alive(); err != nil {
		return err
	}
	if err := c.child.request(r); err != nil {
		return c.died()
	}
	return nil
}

// alive starts a new child if the last one is gone.
func (c *Client) alive() error {
	if c.child != nil && !c.child.ended() {
		return nil
	}
	child, err := startChild(c.exe, c.env, c.args, &c.log)
	if err != nil {
		c.child = nil
		return err
	}
	c.child = child
	return nil
}

// follow reads the events of job id to its end.
func (c *Client) follow(ctx context.Context, id string, on func(Event)) (*Summary, error) {
	cancelled, closed := ctx.Done(), c.closed
	var deadline <-chan time.Time
	for {
		select {
		case e, ok := <-c.child.events:
			switch {
			case !ok:
				err := c.died()
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				return nil, err
			case e.ID != id && e.Type != TypeHello:
				continue
			case e.Type == TypeSummary:
				return e.Summary, nil
			case e.Type == TypeError:
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				return nil, e.Error
			}
			if on != nil {
				on(e)
			}
		case <-cancelled:
			cancelled, deadline = nil, time.After(c.grace)
			_ = c.child.request(Request{Type: TypeStop, ID: id})
		case <-closed:
			closed, deadline = nil, time.After(c.grace)
			_ = c.child.stdin.Close()
		case <-deadline:
			c.child.kill()
			c.log.add("the trainer did not stop within " + c.grace.String() + " and was killed")
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, errClosed
		}
	}
}

// died waits for the child's end and says how it came.
func (c *Client) died() error {
	c.child.close(c.grace)
	return &DiedError{
		Status: c.child.status, Lines: c.log.last(diedLines), Reason: telling(c.log.since(c.began)),
	}
}

// Log is the trainer's recent log: its stderr and whatever was not a message.
func (c *Client) Log() []string { return c.log.last(-1) }

// Close ends the trainer: a running job is cancelled, a trainer that does not end within
// Grace is killed. It returns when the process is gone. More calls do nothing.
func (c *Client) Close() error {
	c.once.Do(func() {
		close(c.closed)
		<-c.turn
		c.stop()
		if c.child != nil {
			c.child.close(c.grace)
			c.log.add("the trainer ended: " + c.child.status)
		}
	})
	return nil
}
