package ui

import (
	"strings"
	"testing"

	"glasswork/training/score"
	"glasswork/ui/session"
)

func TestErrorsOfBothModelsStandBesideEachOther(t *testing.T) {
	right, righter, off, less := 0.981, 0.985, 12.4, 8.6
	report := func(accuracy, volume *float64) score.Report {
		return score.Report{Accuracy: accuracy, Classes: []score.ClassScore{
			{Name: "ground glass", VolumeErrorML: volume},
			{Name: "consolidation"},
			{Name: "lungs other", VolumeErrorML: volume},
		}}
	}
	want := "Accuracy 0.981, new 0.985; ground glass volume off by 12 ml, new 8.6 ml"
	if got := errorsText(report(&right, &off), report(&righter, &less)); got != want {
		t.Errorf("errorsText = %q, want %q", got, want)
	}
	if got := errorsText(score.Report{}, score.Report{}); got != "Accuracy –, new –" {
		t.Errorf("without a score: %q", got)
	}
}

func TestAComparisonWithItselfIsNoResult(t *testing.T) {
	v := session.Verdict{References: 10}
	v.Comparison.Verdict, v.BaseName = "Better.", "baseline"
	if got := verdictText(v); got != "Better." {
		t.Errorf("drawn by hand: %q", got)
	}
	v.Own = 2
	few := "Better. 2 of 10 held-out slices are baseline's own"
	if got := verdictText(v); !strings.HasPrefix(got, few) {
		t.Errorf("a few accepted unchanged: %q", got)
	}
	v.Own = 9
	if got := verdictText(v); !strings.HasPrefix(got, "No result: 9 of 10 held-out slices are") {
		t.Errorf("most accepted unchanged: %q", got)
	}
}
