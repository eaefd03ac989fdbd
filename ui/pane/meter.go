package pane

import (
	"fmt"
	"slices"
	"time"
)

// Meter measures what the reader feels: how long it takes from a pointer event that
// changes voxels until the changed pixels are in the painter's hands, and how many
// pictures a second it gets while scrolling. A nil Meter measures nothing.
type Meter struct {
	waiting time.Time // the first event since the last frame that changed voxels
	paint   []time.Duration
	turned  bool // the slice changed since the last frame
	turns   []time.Time
}

// Figures is what a Meter has measured.
type Figures struct {
	Paints           int           // frames that showed painting
	Median, P99, Max time.Duration // from the pointer event to the painter
	Turns            int           // frames that showed another slice
	TurnsPerSecond   float64       // while scrolling: pauses over a quarter of a second are left out
}

// String is one line for a log.
func (f Figures) String() string {
	return fmt.Sprintf("painting: %d frames, p50 %.2f ms, p99 %.2f ms, max %.2f ms; scrolling: %d frames, %.1f a second",
		f.Paints, ms(f.Median), ms(f.P99), ms(f.Max), f.Turns, f.TurnsPerSecond)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// painted notes a pointer event, received at since, that changed voxels.
func (m *Meter) painted(since time.Time) {
	if m != nil && m.waiting.IsZero() {
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
		m.paint = append(m.paint, now.Sub(m.waiting))
		m.waiting = time.Time{}
	}
	if m.turned {
		m.turns = append(m.turns, now)
		m.turned = false
	}
}

// Figures sums up and Reset begins anew.
func (m *Meter) Figures() Figures {
	f := Figures{Paints: len(m.paint), Turns: len(m.turns)}
	if n := len(m.paint); n > 0 {
		sorted := slices.Sorted(slices.Values(m.paint))
		f.Median, f.P99, f.Max = sorted[n/2], sorted[n*99/100], sorted[n-1]
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
