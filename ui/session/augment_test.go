package session

import (
	"context"
	"strings"
	"testing"

	"glasswork/training/protocol"
)

// An augmentation is shown as it is typed, a wrong one said and not used, and the last
// one that was understood is what the job gets.
func TestAugmentationOfARetraining(t *testing.T) {
	trainer := &fakeTrainer{play: func(_ context.Context, job protocol.Job, _ func(protocol.Event)) (*protocol.Summary, error) {
		if job.Estimate != nil {
			return &protocol.Summary{Estimate: &protocol.EstimateSummary{Ready: true}}, nil
		}
		return &protocol.Summary{Finetune: &protocol.FinetuneSummary{}}, nil
	}}
	w := newWindow(t, t.TempDir(), trainer)
	w.openTest("one")
	w.SetAugment("E") // without a dialog nothing is asked
	w.PlanRetrain()
	w.until("planned, with the usual samples", func() bool { p, _ := w.Plan(); return p.Estimate != nil && p.Preview != nil })
	before, _ := w.Plan()
	if before.Augment != "" || before.Preview.Rect.Dx() < previewColumns*previewSide {
		t.Errorf("the plan has the augmentation %q and a preview of %v", before.Augment, before.Preview.Rect)
	}
	w.SetAugment("C3")
	w.until("other samples", func() bool { p, _ := w.Plan(); return p.Preview != before.Preview })
	w.SetAugment("C3V{2}")
	p, _ := w.Plan()
	if p.Wrong == nil || !strings.Contains(p.Wrong.Reason, "stands alone") || p.Augment != "C3V{2}" {
		t.Errorf("wrong notation: %+v", p.Wrong)
	}
	w.StartRetrain()
	if _, open := w.Plan(); !open {
		t.Error("a retraining with a wrong augmentation has begun")
	}
	w.SetAugment("V{0.5}")
	w.StartRetrain()
	w.until("verdict", func() bool { _, ok := w.Verdict(); return ok })
	if got := trainer.jobs[len(trainer.jobs)-1].Finetune.Augment; got != "V{0.5}" {
		t.Errorf("the job varies samples by %q", got)
	}
}

// Without voxels at hand a generated chest is varied.
func TestPreviewOfAnyChest(t *testing.T) {
	e, err := anyChest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, err := drawVaried(t.Context(), e, "", defaultLook().window, defaultLook().style)
	if err != nil || a.Rect.Dx() != a.Rect.Dy() {
		t.Errorf("%v, %v", a, err)
	}
}
