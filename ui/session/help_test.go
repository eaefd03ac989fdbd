package session

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
	"glasswork/training/protocol"
	"glasswork/viewer"
)

// window runs what a session posts on the test's goroutine.
type window struct {
	*Session
	t     *testing.T
	queue chan func()
}

const testWait = 20 * time.Second

// newWindow opens a session on dir with a fake trainer.
func newWindow(t *testing.T, dir string, trainer *fakeTrainer) *window {
	t.Helper()
	s, err := New(t.Context(), Config{
		Project: dir, Author: "reader",
		Trainer: func(context.Context) (Trainer, error) {
			if trainer == nil {
				return nil, errors.New("the trainer is missing")
			}
			return trainer, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &window{s, t, make(chan func(), 1000)}
	s.SetPost(func(f func()) { w.queue <- f })
	t.Cleanup(w.shut)
	return w
}

// shut closes the session, once.
func (w *window) shut() {
	if w.Session == nil {
		return
	}
	if err := w.Close(); err != nil {
		w.t.Error(err)
	}
	w.Session = nil
}

// until runs what is posted until cond holds.
func (w *window) until(what string, cond func() bool) {
	w.t.Helper()
	deadline := time.After(testWait)
	for !cond() {
		select {
		case f := <-w.queue:
			f()
		case <-deadline:
			w.t.Fatalf("%s: not within %v; messages: %v", what, testWait, w.texts())
		}
	}
}

func (w *window) texts() (all []string) {
	for _, m := range w.Messages.All() {
		all = append(all, m.Text)
	}
	return all
}

// said reports whether a message holds text.
func (w *window) said(text string) func() bool {
	return func() bool {
		for _, m := range w.Messages.All() {
			if bytes.Contains([]byte(m.Text), []byte(text)) {
				return true
			}
		}
		return false
	}
}

// openTest opens a small study and waits until it is stored.
func (w *window) openTest(id string) {
	w.t.Helper()
	w.Opening.openSeries(testSeries(id))
	w.until("open "+id, func() bool {
		return w.Reading.open != nil && w.Reading.open.SeriesID == id && w.Reading.open.HasVoxels
	})
}

// testSeries is 7 slices of 24 × 32 whose HU are −500 everywhere but in a border of −1000.
func testSeries(id string) *series.Series {
	g := volume.NewGeometry([3]int{7, 24, 32}, [3]float64{5, 1, 1}, volume.Point{-10, -20, 30})
	return &series.Series{
		ID: id, Format: "test", Path: "/nowhere/" + id, Description: "CHEST 5.0",
		PatientID: "P" + id, PatientName: "Doe^Jane",
		Geometry: g, Calibrated: true, Measurable: true, Source: testSource{g},
	}
}

type testSource struct{ g volume.Geometry }

func (s testSource) ReadSlice(_ context.Context, _ int, hu []int16) error {
	w := s.g.Size[2]
	for i := range hu {
		hu[i] = -500
		if x, y := i%w, i/w; x < 2 || y < 2 || x >= w-2 || y >= s.g.Size[1]-2 {
			hu[i] = -1000
		}
	}
	return nil
}

func (testSource) Close() error { return nil }

// stroke paints a short line on the slice looked at.
func (w *window) stroke(x, y float64) {
	w.t.Helper()
	if w.Editing.Press(x, y, false).Empty() {
		w.t.Errorf("painting at %g, %g changed nothing; messages: %v", x, y, w.texts())
	}
	w.Editing.Drag(x+4, y)
	w.Editing.Release()
}

// review vouches for the slice looked at, whether lungs are marked on it or not.
func (w *window) review() {
	w.t.Helper()
	z := w.Reading.Slice()
	if w.Reviewing.Toggle(); !w.Reviewing.Reviewed(z) {
		w.answer("Review it without a lung")
	}
	if !w.Reviewing.Reviewed(z) {
		w.t.Errorf("slice %d is not reviewed; messages: %v", z+1, w.texts())
	}
}

// answer gives an answer to a message.
func (w *window) answer(label string) {
	w.t.Helper()
	for _, m := range w.Messages.All() {
		for _, a := range m.Actions {
			if a.Label == label {
				a.Do()
				return
			}
		}
	}
	w.t.Errorf("nothing asks for %q; messages: %v", label, w.texts())
}

// labels is a copy of what stands in the window, durable what stands on disk.
func (w *window) labels() *volume.LabelMap { return w.Reading.open.labels.Labels.Clone() }

func (w *window) durable() *project.Annotation {
	w.t.Helper()
	a, err := w.hub.project.Annotation(w.t.Context(), w.Reading.open.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// agrees checks that the disk knows what the window shows.
func (w *window) agrees(when string) {
	w.t.Helper()
	disk := w.durable()
	if !bytes.Equal(disk.Labels.Labels, w.Reading.open.labels.Labels.Labels) {
		w.t.Errorf("%s: labels on disk differ from those in the window", when)
	}
	for z := range disk.Slices {
		if disk.Slices[z] != w.Reading.open.labels.Slices[z] {
			w.t.Errorf("%s: slice %d is %+v on disk and %+v in the window", when, z+1,
				disk.Slices[z], w.Reading.open.labels.Slices[z])
		}
	}
	fresh := viewer.NewMeasures(disk.Labels)
	for c := classes.GroundGlass; c < classes.Count; c++ {
		if got, want := w.Reading.open.measures.ML(c), fresh.ML(c); got != want {
			w.t.Errorf("%s: the window says %g ml of class %d, there are %g", when, got, c, want)
		}
	}
}

// fakeTrainer answers jobs as play says.
type fakeTrainer struct {
	play func(ctx context.Context, job protocol.Job, on func(protocol.Event)) (*protocol.Summary,
		error)
	mu   sync.Mutex
	jobs []protocol.Job
}

func (f *fakeTrainer) Run(
	ctx context.Context, job protocol.Job, on func(protocol.Event),
) (*protocol.Summary, error) {
	f.mu.Lock()
	f.jobs = append(f.jobs, job)
	f.mu.Unlock()
	return f.play(ctx, job, on)
}

func (f *fakeTrainer) Log() []string { return []string{"trainer's log"} }
func (f *fakeTrainer) Close() error  { return nil }
