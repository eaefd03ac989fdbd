package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"glasswork/ui"
	"glasswork/ui/pane"
	"glasswork/ui/session"
)

// measure, if asked to, measures what the reader feels and returns what prints it.
func measure(o options, w *ui.Window) (report func(io.Writer)) {
	if !o.measure {
		return func(io.Writer) {}
	}
	var m pane.Meter
	w.View().Measure(&m)
	opening := watchOpening(w.Session())
	return func(out io.Writer) {
		fmt.Fprintf(out, "measured %s\nmeasured %s\nmeasured memory: %s at most\n", opening,
			m.Figures(), peakMemory())
	}
}

// openingTimes are how long a study took from the request to its first slice and to its last.
type openingTimes struct {
	begun       time.Time
	slices      int
	first, last time.Duration
}

func (o *openingTimes) String() string {
	return fmt.Sprintf("opening: %d slices, first after %.0f ms, last after %.0f ms",
		o.slices, float64(o.first)/float64(time.Millisecond),
		float64(o.last)/float64(time.Millisecond))
}

// watchOpening measures the study that is opened last.
func watchOpening(s *session.Session) *openingTimes {
	o := &openingTimes{begun: time.Now()}
	waiting := false
	s.Observe(session.TopicStudy|session.TopicSlice|session.TopicStrip, func() {
		switch hu, _ := s.Reading.Voxels(s.Reading.Slice()); {
		case s.Opening.Text() != "":
			if !waiting {
				*o, waiting = openingTimes{begun: time.Now()}, true
			}
		case waiting && hu != nil:
			o.first, waiting = time.Since(o.begun), false
		}
		if done, all := s.Reading.Loaded(); o.first > 0 && o.last == 0 && done == all {
			o.slices, o.last = all, time.Since(o.begun)
		}
	})
	return o
}

// peakMemory is the most memory this process has had, as Linux tells it.
func peakMemory() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
