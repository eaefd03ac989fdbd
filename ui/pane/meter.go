package pane

import (
	"fmt"
	"slices"
	"time"
)

// Meter measures what the reader feels: how long it takes from a pointer event that
// changes voxels until the changed pixels are drawn and queued with the painter, and until
// the painter takes them for its next frame; and how many pictures a second it takes while
// scrolling. A nil Meter measures nothing.
type Meter struct {
	waiting time.Time // the first event since the last frame that changed voxels
	drawn   []time.Duration
	taken   []time.Duration
	turned  bool // the slice changed since the last frame
	turns   []time.Time
}

// Figures is what a Meter has measured.
type Figures struct {
	Events         int     // pointer events that changed voxels
	Drawn          Spread  // from such an event until its pixels are drawn and queued
	Frames         int     // frames that showed painting
	Taken          Spread  // from the frame's first event until the painter takes the pixels
	Turns          int     // frames that showed another slice
	TurnsPerSecond float64 // while scrolling: pauses over a quarter of a second are left out
}

// Spread is how durations are spread.
type Spread struct{ Median, P99, Max time.Duration }

// String is "p50 0.02 ms, p99 0.10 ms, max 0.12 ms".
func (s Spread) String() string {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return fmt.Sprintf("p50 %.2f ms, p99 %.2f ms, max %.2f ms", ms(s.Median), ms(s.P99), ms(s.Max))
}

// String is one line for a log.
func (f Figures) String() string {
	return fmt.Sprintf("painting: %d events, drawn %v, %d frames, taken by the painter %v; "+
		"scrolling: %d frames, %.1f a second",
		f.Events, f.Drawn, f.Frames, f.Taken, f.Turns, f.TurnsPerSecond)
}

// painted notes that the pixels of a pointer event, received at since, are drawn.
func (m *Meter) painted(since time.Time) {
	if m == nil {
		return
	}
	m.drawn = append(m.drawn, time.Since(since))
	if m.waiting.IsZero() {
		m.waiting = since
	}
}

// scrolled notes that another slice is to be shown.
func (m *Meter) scrolled() {
	if m != nil {
		m.turned = true
	}
}

// handed notes that the painter got a picture.
func (m *Meter) handed() {
	if m == nil {
		return
	}
	now := time.Now()
	if !m.waiting.IsZero() {
		m.taken = append(m.taken, now.Sub(m.waiting))
		m.waiting = time.Time{}
	}
	if m.turned {
		m.turns = append(m.turns, now)
		m.turned = false
	}
}

// Figures sums up what was measured since the last Reset.
func (m *Meter) Figures() Figures {
	f := Figures{
		Events: len(m.drawn), Drawn: spread(m.drawn), Frames: len(m.taken), Taken: spread(m.taken),
		Turns: len(m.turns),
	}
	const pause = time.Second / 4
	var scrolling time.Duration
	gaps := 0
	for i := 1; i < len(m.turns); i++ {
		if gap := m.turns[i].Sub(m.turns[i-1]); gap < pause {
			scrolling += gap
			gaps++
		}
	}
	if scrolling > 0 {
		f.TurnsPerSecond = float64(gaps) / scrolling.Seconds()
	}
	return f
}

// Reset forgets what was measured.
func (m *Meter) Reset() { *m = Meter{} }

func spread(all []time.Duration) Spread {
	n := len(all)
	if n == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(all))
	return Spread{Median: sorted[n/2], P99: sorted[n*99/100], Max: sorted[n-1]}
}
