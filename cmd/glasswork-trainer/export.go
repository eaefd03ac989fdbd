package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"glasswork/assets"
	"glasswork/dataset/dicom/deident"
	"glasswork/dataset/export"
	"glasswork/training/job"
)

func (a *app) exportCommand() *cobra.Command {
	var dir, out, dates string
	var o export.Options
	var ids []string
	for _, f := range export.Formats() {
		ids = append(ids, f.ID)
	}
	c := &cobra.Command{
		Use:   "export --project P --format F --out DIR",
		Short: "Write a project's corrected dataset",
		Long:  exportHelp(),
		Example: "  glasswork-trainer export --project studies --format nnunet --out corrected " +
			"--only-reviewed\n" +
			"  glasswork-trainer export --project studies --format seg --out for-pacs --identified",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var known bool
			if o.Dates, known = dateModes[dates]; !known {
				return fmt.Errorf("--dates %s is neither shift nor remove", dates)
			}
			return a.export(c.Context(), dir, out, o)
		},
	}
	c.Flags().StringVar(&dir, "project", "", "project folder")
	c.Flags().StringVar(&out, "out", "", "folder to write")
	c.Flags().StringVar(&o.Format, "format", "nnunet", strings.Join(ids, ", "))
	c.Flags().BoolVar(&o.OnlyReviewed, "only-reviewed", false, "leave out what nobody has reviewed")
	c.Flags().BoolVar(&o.Identified, "identified", false,
		"leave patients' identities in DICOM files, which then refer to the images as they are")
	c.Flags().StringVar(&dates, "dates", "shift",
		"in DICOM files without identities, shift all dates of a patient by the same number of "+
			"days, or remove them")
	_ = c.MarkFlagRequired("project")
	_ = c.MarkFlagRequired("out")
	return c
}

func exportHelp() string {
	text := "Write the corrected dataset of a project, as last saved, in one of these formats:\n\n"
	for _, f := range export.Formats() {
		text += fmt.Sprintf("  %-9s %s\n", f.ID, f.Name)
	}
	return text + `
DICOM goes into a folder for each study, named by its alias. Identities are removed. Copies of
the images without identities are written too, because the objects refer to them. With
--identified the objects carry the patient's identity and refer to the original images; use it
for the hospital's own archive.`
}

var dateModes = map[string]deident.Dates{"shift": deident.ShiftDates, "remove": deident.RemoveDates}

func (a *app) export(ctx context.Context, dir, out string, o export.Options) error {
	p, err := job.OpenProject(ctx, dir)
	if err != nil {
		return err
	}
	defer p.Close()
	o.Key, o.Software = p.DeidentificationKey(), assets.Version()
	o.Warn = func(sentence string) { fmt.Fprintln(a.stderr, sentence) }
	if err := export.Write(ctx, out, p.ExportStudies(ctx), o); err != nil {
		return err
	}
	if a.json {
		return printJSON(a.stdout,
			map[string]string{"type": "summary", "out": out, "format": o.Format})
	}
	fmt.Fprintf(a.stdout, "%s: written as %s\n", out, o.Format)
	return nil
}
