package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"
)

// lines collects what an emitter writes, with the time of each line.
type lines struct {
	mu     sync.Mutex
	events []Event
	times  []time.Time
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(b) {
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return 0, err
		}
		l.events = append(l.events, e)
		l.times = append(l.times, time.Now())
	}
	return len(b), nil
}

func status(step int) Event {
	return Event{Type: TypeStatus, ID: "1", Status: &Status{Phase: PhaseTraining, Step: step}}
}

func TestStatusIsThrottledAndTheLastDelivered(t *testing.T) {
	var got lines
	m := NewEmitter(&got)
	const steps = 600
	for i := range steps {
		if err := m.Emit(status(i + 1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	if err := m.Emit(Event{Type: TypeSummary, ID: "1", Summary: &Summary{}}); err != nil {
		t.Fatal(err)
	}
	n := len(got.events)
	if got.events[n-1].Type != TypeSummary || got.events[n-2].Status.Step != steps {
		t.Errorf("the last two are %s and %s, want the last status and the summary",
			got.events[n-2].Type, got.events[n-1].Type)
	}
	if n < 5 {
		t.Errorf("only %d messages", n)
	}
	for i := range got.times {
		if i >= 10 && got.events[i].Type == TypeStatus &&
			got.times[i].Sub(got.times[i-10]) < time.Second {
			t.Errorf("eleven status messages within %v", got.times[i].Sub(got.times[i-10]))
		}
	}
}

func TestAWaitingStatusComesByItself(t *testing.T) {
	var got lines
	m := NewEmitter(&got)
	for i := range 3 {
		_ = m.Emit(status(i))
	}
	waitFor(t, func() bool {
		got.mu.Lock()
		defer got.mu.Unlock()
		return len(got.events) == 2 && got.events[1].Status.Step == 2
	})
}

func TestOtherEventsAreNotHeldBack(t *testing.T) {
	var got lines
	m := NewEmitter(&got)
	_ = m.Emit(status(1))
	for z := range 30 {
		_ = m.Emit(Event{Type: TypeSlice, ID: "1", Slice: &Slice{Z: z}})
	}
	if len(got.events) != 31 {
		t.Errorf("%d messages, want 31", len(got.events))
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAWriteErrorSticks(t *testing.T) {
	m := NewEmitter(broken{})
	if m.Emit(status(1)) == nil || m.Flush() == nil {
		t.Error("a broken pipe went unnoticed")
	}
}
