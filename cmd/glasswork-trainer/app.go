package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"glasswork/assets/baseline"
	"glasswork/model"
	"glasswork/training/job"
)

// app is what all commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	json    bool
	threads int
	device  string
}

// command is the command line.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "glasswork-trainer",
		Short: "Train, run and score Glasswork's networks without a window",
		Long: "glasswork-trainer trains, runs and scores the networks of Glasswork.\n" +
			"For research only; not a medical device.",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if a.threads < 0 {
				return fmt.Errorf("--threads %d is less than 0", a.threads)
			}
			return a.networks().CheckDevice()
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().BoolVar(&a.json, "json", false,
		"write JSON, one object a line, for machines")
	root.PersistentFlags().IntVar(&a.threads, "threads", 0,
		"threads that compute (0: one for each core)")
	root.PersistentFlags().StringVar(&a.device, "device", "auto",
		"what computes: cpu, cuda:N, or auto for a GPU if one answers")
	root.AddCommand(
		a.infoCommand(), a.predictCommand(), a.trainCommand(), a.finetuneCommand(),
		a.evaluateCommand(),
		a.experimentCommand(),
		a.importCommand(), a.exportCommand(), a.deidentifyCommand(), a.serveCommand(),
		a.demoCommand(), a.augmentCommand(),
		a.lungsCommand(), a.packCommand(), a.modelCommand(),
	)
	return root
}

// onePath accepts exactly one argument.
func onePath(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s needs one path and was given %d; %s --help shows an example",
			c.Name(), len(args), c.CommandPath())
	}
	return nil
}

// jobs are the trainer's jobs on this program's networks and shipped model.
func (a *app) jobs() *job.Runner {
	return &job.Runner{Networks: a.networks(), Baseline: baseline.Model}
}

// networks see grey pictures.
func (a *app) networks() model.Networks {
	return model.Networks{Threads: a.threads, Device: a.device, Channels: 1}
}
