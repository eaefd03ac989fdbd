package pane

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		for i := range 100 {
			received := time.Now()
			time.Sleep(time.Millisecond)
			m.painted(received)
			time.Sleep(time.Duration(i) * time.Millisecond)
			m.painted(time.Now()) // comes with the same frame
			m.handed()
			m.handed() // a frame without painting
		}
		for range 5 { // 50 a second, then a pause, then 50 a second again
			for range 11 {
				m.scrolled()
				m.handed()
				time.Sleep(20 * time.Millisecond)
			}
			time.Sleep(time.Second)
		}
		f := m.Figures()
		const ms = time.Millisecond
		want := Figures{
			Events: 200, Drawn: Spread{Median: ms, P99: ms, Max: ms},
			Frames: 100, Taken: Spread{Median: 51 * ms, P99: 100 * ms, Max: 100 * ms},
			Turns: 55, TurnsPerSecond: 50,
		}
		if f != want {
			t.Errorf("got %v\nwant %v", f, want)
		}
		m.Reset()
		if m.Figures() != (Figures{}) {
			t.Errorf("after a reset %v", m.Figures())
		}
	})
}

func TestNoMeter(t *testing.T) {
	var m *Meter
	m.painted(time.Now())
	m.scrolled()
	m.handed()
}
