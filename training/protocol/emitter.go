package protocol

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// statusInterval keeps status messages below ten in any second, the last one included.
const statusInterval = 125 * time.Millisecond

// Emitter writes events, one JSON object a line. Status events are throttled: of
// those that come too fast only the latest is written, and the last one of a job
// always is. Safe for concurrent use.
type Emitter struct {
	mu      sync.Mutex
	w       io.Writer
	last    time.Time
	pending *Event
	timer   *time.Timer
	err     error
}

// NewEmitter returns an emitter that writes to w.
func NewEmitter(w io.Writer) *Emitter { return &Emitter{w: w} }

// Emit writes e now, or later if it is a status that comes too soon. A summary or
// error is preceded by the status that still waits. The first write error sticks.
func (m *Emitter) Emit(e Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e.Type {
	case TypeStatus:
		m.pending = &e
		m.schedule()
	case TypeSummary, TypeError:
		m.flush()
		m.write(e)
	default:
		m.write(e)
	}
	return m.err
}

// Flush writes the status that still waits.
func (m *Emitter) Flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flush()
	return m.err
}

// schedule writes the pending status, or arms the timer that will.
func (m *Emitter) schedule() {
	wait := statusInterval - time.Since(m.last)
	if wait <= 0 {
		m.flush()
		return
	}
	if m.timer == nil {
		m.timer = time.AfterFunc(wait, func() { _ = m.Flush() })
	}
}

func (m *Emitter) flush() {
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	if m.pending == nil {
		return
	}
	e := *m.pending
	m.pending, m.last = nil, time.Now()
	m.write(e)
}

func (m *Emitter) write(e Event) {
	if m.err != nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = m.w.Write(append(line, '\n'))
	}
	m.err = err
}
