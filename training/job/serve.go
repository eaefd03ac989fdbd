package job

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"glasswork/training"
	"glasswork/training/protocol"
)

// Serve answers the desktop: requests come from in, events go to out. Jobs run one after
// another. The end of in cancels the running job and ends Serve, so that a trainer never
// outlives its desktop.
func (j *Runner) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	emitter := protocol.NewEmitter(out)
	libtorch, device, threads := j.Networks.Describe()
	if err := emitter.Emit(protocol.Event{Type: protocol.TypeHello, Hello: &protocol.Hello{
		Version: protocol.Version, Libtorch: libtorch, Device: device, Threads: threads,
	}}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	requests := make(chan protocol.Request)
	go readRequests(ctx, in, emitter, requests)
	s := server{jobs: j, emitter: emitter}
	for {
		select {
		case r, ok := <-requests:
			if !ok {
				return s.leave()
			}
			s.handle(ctx, r)
		case <-s.done:
			s.forget()
		case <-ctx.Done():
			return s.leave()
		}
	}
}

// readRequests reads one request a line until in ends, then closes requests. It may
// stay in a read after Serve has returned; the process ends then.
func readRequests(ctx context.Context, in io.Reader, emitter *protocol.Emitter,
	requests chan<- protocol.Request,
) {
	defer close(requests)
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			r, bad := protocol.DecodeRequest(line)
			if bad != nil {
				_ = emitter.Emit(failure(r.ID, &protocol.JobError{
					Code: protocol.CodeBadJob, Message: bad.Error(),
				}))
			} else {
				select {
				case requests <- r:
				case <-ctx.Done():
					return
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// server holds the running job, if any. Serve's goroutine owns it.
type server struct {
	jobs    *Runner
	emitter *protocol.Emitter
	id      string
	cancel  context.CancelFunc
	done    chan struct{} // nil without a job
}

func (s *server) handle(ctx context.Context, r protocol.Request) {
	switch {
	case r.Type == protocol.TypeStop:
		if s.done != nil && (r.ID == "" || r.ID == s.id) {
			s.cancel()
		}
	case s.done != nil:
		s.finishIfDone()
		if s.done != nil {
			_ = s.emitter.Emit(failure(r.ID, &protocol.JobError{
				Code: protocol.CodeBusy, Message: "another job is running",
			}))
			return
		}
		s.start(ctx, r)
	default:
		s.start(ctx, r)
	}
}

// finishIfDone forgets a job whose last message the desktop has seen already.
func (s *server) finishIfDone() {
	select {
	case <-s.done:
		s.forget()
	case <-time.After(time.Second):
	}
}

func (s *server) forget() {
	s.cancel()
	s.done, s.cancel = nil, nil
}

func (s *server) start(ctx context.Context, r protocol.Request) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	s.id, s.cancel, s.done = r.ID, cancel, done
	emit := func(e protocol.Event) {
		e.ID = r.ID
		_ = s.emitter.Emit(e)
	}
	go func() {
		defer close(done)
		summary, err := s.jobs.Run(ctx, *r.Job, emit)
		if err != nil {
			emit(failure(r.ID, err))
			return
		}
		emit(protocol.Event{Type: protocol.TypeSummary, Summary: summary})
	}()
}

// leave cancels the running job and gives it the time that the desktop would give it.
func (s *server) leave() error {
	if s.done == nil {
		return nil
	}
	s.cancel()
	select {
	case <-s.done:
		return nil
	case <-time.After(protocol.Grace):
		return fmt.Errorf("job %s did not stop in time", s.id)
	}
}

// failure is the error event for err.
func failure(id string, err error) protocol.Event {
	return protocol.Event{Type: protocol.TypeError, ID: id, Error: training.Failure(err)}
}
