package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/training/protocol"
	"glasswork/training/score"
)

func (a *app) evaluateCommand() *cobra.Command {
	var job protocol.EvaluateJob
	c := &cobra.Command{
		Use:   "evaluate --model M --data DIR",
		Short: "Score a network on a labelled dataset",
		Long: `Score a network on a labelled dataset: per class IoU and Dice, pooled over the pixels of all
cases and as the mean over cases in which the class is present. The last line of --json is
{"cases":n,"accuracy":a,"classes":[{"name":…,"iou_pooled":…,"dice_pooled":…,"iou_mean":…,"dice_mean":…},…]}
with null for what is undefined.`,
		Example: `  glasswork-trainer evaluate --model baseline --data covid/test
  glasswork-trainer evaluate --model runs/first/model.safetensors --data phantom:64@9 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.evaluate(c.Context(), job) },
	}
	c.Flags().StringVar(&job.Model, "model", "baseline", "model file, or baseline for the shipped one")
	c.Flags().StringVar(&job.Data, "data", "", "labelled dataset")
	c.Flags().StringVar(&job.Project, "project", "", "project whose held-out patients are scored, instead of a dataset")
	flipsFlag(c, &job.Flips)
	c.MarkFlagsOneRequired("data", "project")
	c.MarkFlagsMutuallyExclusive("data", "project")
	return c
}

func (a *app) evaluate(ctx context.Context, job protocol.EvaluateJob) error {
	show := a.reporter()
	defer show.close()
	s, err := a.jobs().Run(ctx, protocol.Job{Evaluate: &job}, show.event)
	if err != nil {
		return err
	}
	show.close()
	if a.json {
		return printJSON(a.stdout, evaluationLine(s.Evaluate.Report))
	}
	fmt.Fprintf(a.stdout, "%s on %s: ", s.Evaluate.ModelName, job.Data+job.Project)
	printReport(a.stdout, s.Evaluate.Report)
	return nil
}

// evaluation is the last line of evaluate --json. nil is null: undefined.
type evaluation struct {
	Cases    int               `json:"cases"`
	Accuracy *float64          `json:"accuracy"`
	Classes  []evaluationClass `json:"classes"`
}

type evaluationClass struct {
	Name       string   `json:"name"`
	IoUPooled  *float64 `json:"iou_pooled"`
	DicePooled *float64 `json:"dice_pooled"`
	IoUMean    *float64 `json:"iou_mean"`
	DiceMean   *float64 `json:"dice_mean"`
}

func evaluationLine(r score.Report) evaluation {
	e := evaluation{Cases: r.Cases, Accuracy: r.Accuracy}
	for _, c := range r.Classes {
		e.Classes = append(e.Classes, evaluationClass{c.Name, c.IoUPooled, c.DicePooled, c.IoUMean, c.DiceMean})
	}
	return e
}
