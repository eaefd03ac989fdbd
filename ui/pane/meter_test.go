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
			m.painted(time.Now())
			time.Sleep(time.Duration(i+1) * time.Millisecond)
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
		want := Figures{Paints: 100, Median: 51 * time.Millisecond, P99: 100 * time.Millisecond, Max: 100 * time.Millisecond, Turns: 55, TurnsPerSecond: 50}
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
