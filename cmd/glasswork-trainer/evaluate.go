package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/training/protocol"
)

func (a *app) evaluateCommand() *cobra.Command {
	var job protocol.EvaluateJob
	c := &cobra.Command{
		Use:   "evaluate --model M --data DIR",
		Short: "Score a network on a labelled dataset",
		Long: `Score a network on a labelled dataset. For each class, IoU, Dice, accuracy, precision
and recall are printed, pooled over the pixels of all cases and as the mean over the cases in
which the class is present, with 95 % intervals bootstrapped over patients.

With --json the last line is one object: {"cases":n,"accuracy":a,"classes":[{"name":…,
"iou_pooled":…,"dice_pooled":…,"iou_mean":…,"dice_mean":…},…]} and more of the kind
(docs/training.md). What is undefined is null.`,
		Example: `  glasswork-trainer evaluate --model baseline --data covid/test
  glasswork-trainer evaluate --model runs/first/model.safetensors --data phantom:64@9 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.evaluate(c.Context(), job) },
	}
	c.Flags().StringVar(&job.Model, "model", "baseline",
		"model file, or baseline for the shipped one")
	c.Flags().StringVar(&job.Data, "data", "", "labelled dataset")
	c.Flags().StringVar(&job.Project, "project", "",
		"project whose held-out patients are scored, instead of a dataset")
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
		return printJSON(a.stdout, s.Evaluate.Report.Evaluation())
	}
	fmt.Fprintf(a.stdout, "%s on %s: ", s.Evaluate.ModelName, job.Data+job.Project)
	printReport(a.stdout, s.Evaluate.Report)
	return nil
}
