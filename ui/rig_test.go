package ui

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/volume"
	"glasswork/training/protocol"
	"glasswork/training/score"
	"glasswork/ui/session"
)

// rig is a window in Fyne's test driver, on a session with a fake trainer. What is posted
// waits until the test lets it run, so that only the test's goroutine touches widgets.
type rig struct {
	testing.TB
	*Window
	mu      sync.Mutex
	queue   []func()
	trainer *fakeTrainer
	folder  string // of a CT in DICOM
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{TB: t, trainer: &fakeTrainer{}}
	s := r.session(t.TempDir())
	app := test.NewTempApp(t)
	r.Window = newWindow(app, s, func(_ context.Context, dir string) (*session.Session,
		error,
	) {
		return r.session(dir), nil
	}, r.post)
	r.win.Resize(fyne.NewSize(1280, 720))
	t.Cleanup(func() {
		r.release()
		r.work.Wait()
		if err := r.s.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) session(dir string) *session.Session {
	r.Helper()
	s, err := session.New(r.Context(), session.Config{
		Project: dir, Author: "tester",
		Trainer: func(context.Context) (session.Trainer, error) { return r.trainer, nil },
	})
	if err != nil {
		r.Fatal(err)
	}
	return s
}

func (r *rig) post(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = append(r.queue, f)
}

// pump runs what was posted.
func (r *rig) pump() {
	r.mu.Lock()
	now := r.queue
	r.queue = nil
	r.mu.Unlock()
	for _, f := range now {
		f()
	}
}

// until runs what is posted until something holds.
func (r *rig) until(what string, holds func() bool) {
	r.Helper()
	for range 2000 {
		if r.pump(); holds() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.Fatalf("in vain waited for: %s", what)
}

// open writes a CT of 6 slices and opens it.
func (r *rig) open() {
	r.Helper()
	g := volume.NewGeometry([3]int{6, 64, 64}, [3]float64{5, 1, 1}, volume.Point{})
	v := &volume.Volume{Geometry: g, HU: make([]int16, g.Voxels())}
	for i := range v.HU {
		v.HU[i] = int16(-800 + i%200)
	}
	r.folder = filepath.Join(r.TempDir(), "ct")
	if err := dicom.Write(r.Context(), r.folder, v,
		dicom.Info{
			Description: "CHEST 5.0 B", PatientName: "DOE^JANE",
			PatientID: "123",
		}); err != nil {
		r.Fatal(err)
	}
	r.s.Opening.Open(r.folder)
	r.until("the study", func() bool {
		done, all := r.s.Reading.Loaded()
		return all == 6 && done == all
	})
}

func (r *rig) press(name fyne.KeyName) { r.typedKey(&fyne.KeyEvent{Name: name}) }

// review presses R, and answers that there is no lung where that is asked.
func (r *rig) review() {
	r.Helper()
	r.press(fyne.KeyR)
	for _, m := range r.s.Messages.All() {
		for _, a := range m.Actions {
			if a.Label == "Review it without a lung" {
				a.Do()
			}
		}
	}
}

// fakeTrainer answers every job at once.
type fakeTrainer struct {
	mu   sync.Mutex
	jobs []protocol.Job
	err  error
	hold chan struct{} // if not nil, jobs wait for it or for being cancelled
}

func (f *fakeTrainer) Log() []string { return []string{"a line of the log"} }
func (f *fakeTrainer) Close() error  { return nil }

func (f *fakeTrainer) Run(
	ctx context.Context, job protocol.Job, on func(protocol.Event),
) (*protocol.Summary, error) {
	f.mu.Lock()
	f.jobs = append(f.jobs, job)
	hold, err := f.hold, f.err
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if hold != nil {
		on(protocol.Event{
			Type: protocol.TypeStatus,
			Status: &protocol.Status{
				Phase: protocol.PhaseTraining, Text: "step 3 of 10", Step: 3,
				Steps: 10, Loss: 0.5, ETASeconds: 42,
			},
		})
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	switch {
	case job.Predict != nil:
		for _, z := range job.Predict.Slices {
			labels := make([]byte, 64*64)
			labels[z] = classes.GroundGlass
			on(protocol.Event{
				Type:  protocol.TypeSlice,
				Slice: &protocol.Slice{Z: z, Labels: labels, Uncertainty: 0.5},
			})
		}
		return &protocol.Summary{Predict: &protocol.PredictSummary{
			ModelName: "baseline",
			Slices:    len(job.Predict.Slices),
		}}, nil
	case job.Estimate != nil:
		return &protocol.Summary{Estimate: &protocol.EstimateSummary{
			Studies: []protocol.StudyUse{{Alias: "A0001", Slices: 1}}, TrainSlices: 1, Ready: true,
			Steps: 10, SecondsPerStep: 0.5, Seconds: 5,
		}}, nil
	}
	return &protocol.Summary{Finetune: finetuned()}, nil
}

func finetuned() *protocol.FinetuneSummary {
	half, more, by := 0.5, 0.75, 0.25
	pixels := protocol.Packed(make([]byte, 4))
	return &protocol.FinetuneSummary{
		Model: "new", ModelName: "baseline-2", BaseName: "baseline", Steps: 10,
		After: score.Report{Cases: 2, Patients: 2},
		Comparison: score.Comparison{
			Patients: 2,
			Verdict:  "Not proven better: 2 held-out patients are too few to tell.",
			Classes: []score.Difference{
				{
					Name: "ground glass", CurrentIoU: &half, NewIoU: &more, IoU: &by,
					IoUInterval: &score.Interval{Low: -0.1, High: 0.4},
				},
				{Name: "consolidation"},
			},
		},
		Samples: []protocol.Sample{{
			Alias: "A0002", Z: 3, Width: 2, Height: 2, Grey: pixels,
			Reference: pixels, Current: pixels, New: pixels, Differing: 1,
		}},
	}
}
