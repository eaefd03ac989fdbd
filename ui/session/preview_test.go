package session

import (
	"context"
	"strings"
	"testing"

	"glasswork/training/preview"
	"glasswork/training/protocol"
)

// An augmentation is shown as it is typed, a wrong one said and not used, and the last
// one that was understood is what the job gets.
func TestAugmentationOfARetraining(t *testing.T) {
	trainer := &fakeTrainer{play: func(_ context.Context, job protocol.Job,
		_ func(protocol.Event),
	) (*protocol.Summary, error) {
		if job.Estimate != nil {
			return &protocol.Summary{Estimate: &protocol.EstimateSummary{Ready: true}}, nil
		}
		return &protocol.Summary{Finetune: &protocol.FinetuneSummary{}}, nil
	}}
	w := newWindow(t, t.TempDir(), trainer)
	w.openTest("one")
	w.Retraining.SetAugment("E") // without a dialog nothing is asked
	w.Retraining.Prepare()
	w.until("planned, with the usual samples",
		func() bool { p, _ := w.Retraining.Plan(); return p.Estimate != nil && p.Preview != nil })
	before, _ := w.Retraining.Plan()
	if before.Augment != "" || before.Preview.Rect.Dx() < preview.Columns*previewSide {
		t.Errorf("the plan has the augmentation %q and a preview of %v", before.Augment,
			before.Preview.Rect)
	}
	w.Retraining.SetAugment("C3")
	w.until("other samples", func() bool {
		p,
			_ := w.Retraining.Plan()
		return p.Preview != before.Preview
	})
	w.Retraining.SetAugment("C3V{2}")
	p, _ := w.Retraining.Plan()
	if p.Wrong == nil || !strings.Contains(p.Wrong.Reason, "stands alone") ||
		p.Augment != "C3V{2}" {
		t.Errorf("wrong notation: %+v", p.Wrong)
	}
	w.Retraining.Start()
	if _, open := w.Retraining.Plan(); !open {
		t.Error("a retraining with a wrong augmentation has begun")
	}
	w.Retraining.SetAugment("V{0.5}")
	w.Retraining.Start()
	w.until("verdict", func() bool { _, ok := w.Retraining.Verdict(); return ok })
	if got := trainer.jobs[len(trainer.jobs)-1].Finetune.Augment; got != "V{0.5}" {
		t.Errorf("the job varies samples by %q", got)
	}
}

// Without voxels at hand a generated chest is varied.
func TestPreviewOfAnyChest(t *testing.T) {
	e, err := preview.Pick(t.Context(), anyChest, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, err := drawVaried(t.Context(), e, "", defaultDisplay().window, defaultDisplay().style)
	if err != nil || a.Rect.Dx() != a.Rect.Dy() {
		t.Errorf("%v, %v", a, err)
	}
}
