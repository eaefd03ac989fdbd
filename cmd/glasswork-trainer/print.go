package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"glasswork/training/score"
)

// printReport writes a table of scores for people: for each class a line over the pixels of
// all cases, and one of means over cases.
func printReport(w io.Writer, r score.Report) {
	fmt.Fprintf(w, "%d cases of %d patients, accuracy %s\n", r.Cases, r.Patients,
		percent(r.Accuracy))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\t\tIoU (95 %)\tDice (95 %)\tprecision\trecall\taccuracy")
	for _, c := range append(slices.Clone(r.Classes), r.Lesion) {
		fmt.Fprintf(t, "%s\tpooled\t%s\t%s\t%s\t%s\t%s\n", c.Name,
			within(c.IoUPooled, c.IoUInterval), within(c.DicePooled, c.DiceInterval),
			number(c.PrecisionPooled), number(c.RecallPooled), number(c.AccuracyPooled))
		fmt.Fprintf(t, "\tmean of %d\t%s\t%s\t%s\t%s\t%s\n", c.Present,
			within(c.IoUMean, c.IoUMeanInterval), within(c.DiceMean, c.DiceMeanInterval),
			number(c.PrecisionMean), number(c.RecallMean), number(c.AccuracyMean))
	}
	_ = t.Flush()
}

// within is a score with its interval, where there is one.
func within(v *float64, i *score.Interval) string {
	if v == nil || i == nil {
		return number(v)
	}
	return fmt.Sprintf("%.3f (%.3f–%.3f)", *v, i.Low, i.High)
}

// printComparison writes the before/after table.
func printComparison(w io.Writer, c score.Comparison) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tIoU before\tafter\tdifference\tDice before\tafter\tdifference")
	for _, d := range append(slices.Clone(c.Classes), c.Lesion) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Name, number(d.CurrentIoU),
			number(d.NewIoU), signed(d.IoU), number(d.CurrentDice), number(d.NewDice),
			signed(d.Dice))
	}
	_ = t.Flush()
	fmt.Fprintln(w, c.Verdict)
}

// brief is a report in half a line of a log.
func brief(r score.Report) string {
	s := ""
	for _, c := range r.Classes {
		if c.DicePooled != nil {
			s += fmt.Sprintf(", %s Dice %.3f", c.Name, *c.DicePooled)
		}
	}
	return s
}

func number(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *v)
}

func signed(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%+.3f", *v)
}

func percent(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100**v)
}
