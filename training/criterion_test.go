package training

import (
	"math"
	"testing"

	"glasswork/training/score"
)

func TestCriterion(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	r := score.Report{Classes: []score.ClassScore{
		{Name: "ground glass", DicePooled: v(0.6), IoUPooled: v(0.4), RecallPooled: v(0.9)},
		{Name: "consolidation", DicePooled: v(0.4), IoUPooled: v(0.2)},
		{Name: "lungs other", DicePooled: v(0.8)},
	}}
	for text, want := range map[string]float64{
		"": 0.5, "merit": 0.5, "loss": -0.25, "dice": 0.6, "dice:consolidation": 0.4, "iou": 0.3,
		"recall": 0.9, "recall:ground glass": 0.9,
	} {
		c, err := ParseCriterion(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, ok := c.value(r, 0.25); !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %g, want %g", text, got, want)
		}
	}
	for _, text := range []string{"recall:lungs other", "precision"} {
		if c, err := ParseCriterion(text); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got, ok := c.value(r, 0); ok {
			t.Errorf("%s is undefined, not %g", text, got)
		}
	}
	for _, text := range []string{
		"f1", "dice:", "dice:background", "dice:liver", "loss:ground glass",
	} {
		if _, err := ParseCriterion(text); err == nil {
			t.Errorf("%q was understood", text)
		}
	}
}
