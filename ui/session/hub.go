package session

import (
	"context"
	"sync"

	"glasswork/dataset/project"
)

// hub is what the objects of a session share: the project, the way to the user, to the
// observers and to the window's goroutine, and the goroutines that work for the session.
type hub struct {
	config    Config
	project   *project.Project
	messages  *Messages
	observers *observers

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	poster poster
}

func newHub(ctx context.Context, c Config, p *project.Project) *hub {
	h := &hub{config: c, project: p, observers: &observers{}}
	h.messages = &Messages{observers: h.observers, log: c.Log}
	h.ctx, h.cancel = context.WithCancel(ctx)
	return h
}

// changed tells everyone who observes one of topics.
func (h *hub) changed(topics Topic) { h.observers.tell(topics) }

// background runs work on a goroutine of the session's and then done on the window's.
func background[T any](
	h *hub, ctx context.Context, work func(ctx context.Context) (T, error), done func(T, error),
) {
	h.work.Go(func() {
		v, err := work(ctx)
		h.poster.post(func() { done(v, err) })
	})
}

// poster hands functions to the window's goroutine, in order. Before the window has said
// how, they wait; after close they are dropped.
type poster struct {
	mu      sync.Mutex
	to      func(func())
	waiting []func()
	closed  bool
}

func (p *poster) post(f func()) {
	p.mu.Lock()
	to := p.to
	if to == nil && !p.closed {
		p.waiting = append(p.waiting, f)
	}
	p.mu.Unlock()
	// Not under the lock: some windows run f at once.
	if to != nil {
		to(p.unlessClosed(f))
	}
}

func (p *poster) set(to func(func())) {
	p.mu.Lock()
	waiting := p.waiting
	p.to, p.waiting = to, nil
	p.mu.Unlock()
	for _, f := range waiting {
		to(p.unlessClosed(f))
	}
}

// unlessClosed keeps what was posted from running after the session has ended.
func (p *poster) unlessClosed(f func()) func() {
	return func() {
		p.mu.Lock()
		closed := p.closed
		p.mu.Unlock()
		if !closed {
			f()
		}
	}
}

func (p *poster) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed, p.waiting = true, nil
}

// gathered collects what comes on other goroutines, so that however fast it comes at most
// one call waits on the window's.
type gathered[T any] struct {
	mu  sync.Mutex
	all []T
}

// add reports whether v is the first that waits.
func (g *gathered[T]) add(v T) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = append(g.all, v)
	return len(g.all) == 1
}

// take returns what has come, and begins anew.
func (g *gathered[T]) take() []T {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.all
	g.all = nil
	return all
}
