package main

import (
	"context"
	"io"
	"log"

	"github.com/spf13/cobra"

	"glasswork/assets"
	"glasswork/assets/baseline"
	"glasswork/dataset/project"
	"glasswork/ui"
	"glasswork/ui/session"
)

// options are what the command line says.
type options struct {
	project        string
	path           string
	sample         bool
	measure, trace bool
	retrainSteps   int
}

// command is the command line; show gets what it says.
func command(show func(context.Context, options) error) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "glasswork [PATH]",
		Short: "Read chest CT, correct what a network proposes, retrain it on this machine",
		Long: "Glasswork opens a window on PATH: a DICOM folder, file, DICOMDIR or zip file, " +
			"NIfTI, NRRD, MetaImage, TIFF, NPY, or pictures.\n" +
			"It is for research and is not a medical device.",
		Example: "  glasswork ~/scans/chest-ct\n" +
			"  glasswork --sample\n" +
			"  glasswork --project ~/ggo-study scan.nii.gz",
		Args:          cobra.MaximumNArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.path = args[0]
			}
			return show(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.project, "project", "",
		"folder of the project (default: glasswork/project in the user's data folder)")
	f.BoolVar(&o.sample, "sample", false, "open the embedded sample study")
	f.BoolVar(&o.measure, "measure", false,
		"print how fast painting and scrolling were when the window is closed")
	f.BoolVar(&o.trace, "trace", false,
		"print the window's state as a line of JSON whenever it changes, for tests")
	f.IntVar(&o.retrainSteps, "retrain-steps", 0,
		"optimiser steps of a retraining (0: chosen by the trainer)")
	return c
}

// opener returns what opens a project for the window. What goes wrong is told to log too.
func opener(o options, to io.Writer) ui.OpenProject {
	return func(ctx context.Context, dir string) (*session.Session, error) {
		shipped, err := baseline.Describe()
		if err != nil {
			return nil, err
		}
		s, err := session.New(ctx, session.Config{
			Shipped: project.Model{ID: shipped.SHA256, Name: shipped.Name},
			Version: assets.Version(),
			Project: dir, RetrainSteps: o.retrainSteps,
			Log: log.New(to, "glasswork: ", log.LstdFlags),
		})
		if err == nil && o.trace {
			trace(s, to)
		}
		return s, err
	}
}

// begin opens what the command line names.
func (o options) begin(s *session.Session) {
	switch {
	case o.path != "":
		s.Opening.Open(o.path)
	case o.sample:
		s.Opening.OpenSample()
	}
}
