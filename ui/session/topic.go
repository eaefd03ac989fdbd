package session

import (
	"slices"
	"sync"
)

// Topic is a set of things that change; combine with |.
type Topic uint32

// The topics, and which methods answer differently after them.
const (
	TopicStudies  Topic = 1 << iota // Studies
	TopicStudy                      // Grid, Opening, Captions, Title, Warnings: another study, or none
	TopicSlice                      // Slice, Voxels: another slice, or its voxels have arrived
	TopicLook                       // Window, Style
	TopicLabels                     // Voxels' labels, other than by the stroke in progress; Captions
	TopicTool                       // Tool, Brush, Erasing, Range, Class
	TopicFindings                   // Findings
	TopicStrip                      // Survey
	TopicSaved                      // SavedText, CanUndo, CanRedo, Reviewed
	TopicModels                     // Models
	TopicJob                        // Job, TrainerText
	TopicPlan                       // Plan
	TopicVerdict                    // Verdict
	TopicMessages                   // Messages
	TopicPointer                    // Here
	TopicChoice                     // Choice, SegmentQuestion
	TopicAll      Topic = 1<<iota - 1
)

type observer struct {
	topics Topic
	tell   func()
}

// Observe calls tell on the window's goroutine after any of topics has changed, until
// forget is called.
func (s *Session) Observe(topics Topic, tell func()) (forget func()) {
	o := &observer{topics, tell}
	s.observers = append(s.observers, o)
	return func() {
		s.observers = slices.DeleteFunc(slices.Clone(s.observers), func(other *observer) bool { return other == o })
	}
}

// changed tells everyone who observes one of topics, once.
func (s *Session) changed(topics Topic) {
	for _, o := range s.observers {
		if o.topics&topics != 0 {
			o.tell()
		}
	}
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
