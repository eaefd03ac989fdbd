package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/training/augment"
	"glasswork/training/protocol"
)

func (a *app) finetuneCommand() *cobra.Command {
	var job protocol.FinetuneJob
	var estimate bool
	c := &cobra.Command{
		Use:   "finetune --project P --base M",
		Short: "Fine-tune a network on a project's reviewed slices",
		Long: `Fine-tune a network on the reviewed slices of a project's saved revisions, mixed with
synthetic ones, and score it beside its base on held-out patients. The new model is registered
in the project as a candidate. The current model stays until somebody chooses the new one.`,
		Example: "  glasswork-trainer finetune --project studies --base baseline\n" +
			"  glasswork-trainer finetune --project studies --base baseline --estimate",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if job.Steps < 0 || !(job.LearningRate >= 0) {
				return errors.New("--steps and --lr cannot be less than 0")
			}
			if job.Augment != "" {
				if _, err := augment.Parse(job.Augment); err != nil {
					return err
				}
			}
			if estimate {
				return a.summarise(c.Context(), protocol.Job{Estimate: &job}, a.printEstimate)
			}
			return a.summarise(c.Context(), protocol.Job{Finetune: &job}, a.printFinetune)
		},
	}
	s := c.Flags()
	s.StringVar(&job.Project, "project", "", "project folder")
	s.StringVar(&job.Base, "base", "baseline", "model file, or baseline for the shipped one")
	s.IntVar(&job.Steps, "steps", 0, "optimiser steps (0: by the number of reviewed slices)")
	s.Uint64Var(&job.Seed, "seed", 0, "fixes order and augmentation")
	s.Float64Var(&job.LearningRate, "lr", 0, "highest learning rate (0: the usual one)")
	s.StringVar(&job.Augment, "augment", "",
		"how samples are varied; glasswork-trainer augment --help explains (default: CT or "+
			"PICTURE, or LEVELLED for a model that sees pictures so)")
	s.BoolVar(&estimate, "estimate", false,
		"only say what would be used and how long it would take")
	_ = c.MarkFlagRequired("project")
	return c
}

// summarise runs a job, showing how far it is, and then its summary: as say does, or as
// JSON.
func (a *app) summarise(
	ctx context.Context, job protocol.Job, say func(*protocol.Summary),
) error {
	show := a.reporter()
	defer show.close()
	s, err := a.jobs().Run(ctx, job, show.event)
	if err != nil {
		return err
	}
	if a.json {
		show.event(protocol.Event{Type: protocol.TypeSummary, Summary: s})
		return nil
	}
	show.close()
	say(s)
	return nil
}

// printFinetune says what came out of a fine-tuning.
func (a *app) printFinetune(s *protocol.Summary) {
	f := s.Finetune
	fmt.Fprintf(a.stdout, "%s, %d steps from %s in %.0f s\n", f.ModelName, f.Steps, f.BaseName,
		s.Seconds)
	for _, u := range f.Studies {
		role := "trained on"
		if u.Holdout {
			role = "held out"
		}
		fmt.Fprintf(a.stdout, "  %s: %d reviewed slices, %s\n", u.Alias, u.Slices, role)
	}
	if f.Note != "" {
		fmt.Fprintln(a.stdout, f.Note)
	}
	printComparison(a.stdout, f.Comparison)
}

// printEstimate says what a fine-tuning would take, or what it lacks.
func (a *app) printEstimate(s *protocol.Summary) {
	e := s.Estimate
	if e.Ready {
		fmt.Fprintf(a.stdout, "%d reviewed slices to train on, %d held out, %d steps of %.1f s, "+
			"about %.0f s in all\n",
			e.TrainSlices, e.HoldoutSlices, e.Steps, e.SecondsPerStep, e.Seconds)
	}
	for _, m := range e.Missing {
		fmt.Fprintln(a.stdout, m)
	}
}
