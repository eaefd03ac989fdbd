package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/dataset/dicom/deident"
	"glasswork/training/job"
)

func (a *app) deidentifyCommand() *cobra.Command {
	var dates, out, dir string
	c := &cobra.Command{
		Use:   "deidentify --out DIR [--dates shift|remove] [--project P] PATH",
		Short: "Copy DICOM files without what identifies a patient",
		Long: `Copy the DICOM files at or below a path without what identifies patients, persons,
devices and places. The Basic Profile of DICOM PS3.15 is followed, with cleaned descriptions
and structured content. Images, segmentations, structure sets and reports keep referring to
each other. Pixels are copied as they are. Text that is burned into them stays, and files that
may hold such text are named.

With a project, its secret makes the new names, so that later exports give the same ones.
Without a project, new names are made up for this run alone.`,
		Example: "  glasswork-trainer deidentify --out clean --project studies scans/a0001",
		Args:    onePath,
		RunE: func(c *cobra.Command, args []string) error {
			return a.deidentify(c.Context(), args[0], out, dates, dir)
		},
	}
	c.Flags().StringVar(&out, "out", "", "folder to write")
	c.Flags().StringVar(&dates, "dates", "shift",
		"shift all dates of a patient by the same number of days, or remove them")
	c.Flags().StringVar(&dir, "project", "", "project folder whose secret makes the new names")
	_ = c.MarkFlagRequired("out")
	return c
}

func (a *app) deidentify(ctx context.Context, path, out, dates, dir string) error {
	mode, known := dateModes[dates]
	if !known {
		return fmt.Errorf("--dates %s is neither shift nor remove", dates)
	}
	key, err := namingKey(ctx, dir)
	if err != nil {
		return err
	}
	remover, err := deident.New(key, mode)
	if err != nil {
		return err
	}
	report, err := remover.Folder(ctx, path, out, nil)
	for _, note := range report.Notes {
		fmt.Fprintln(a.stderr, note)
	}
	if err != nil {
		return err
	}
	if report.Written == 0 {
		return fmt.Errorf("%s holds no DICOM file that can be copied without identities", path)
	}
	if a.json {
		return printJSON(a.stdout,
			map[string]any{
				"type": "summary", "out": out, "written": report.Written,
				"skipped": report.Skipped,
			})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %d files written, %d left out\n", out, report.Written,
		report.Skipped)
	return err
}

// namingKey is a project's secret, or one for this run where there is no project.
func namingKey(ctx context.Context, dir string) ([]byte, error) {
	if dir == "" {
		key := make([]byte, 32)
		rand.Read(key) // never fails (crypto/rand)
		return key, nil
	}
	p, err := job.OpenProject(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.DeidentificationKey(), nil
}
