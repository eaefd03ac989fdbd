package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/dataset/nifti"
	"glasswork/training"
)

// lungsCommand is for developers: it is how docs/models.md checks models on CT without
// reference labels.
func (a *app) lungsCommand() *cobra.Command {
	var id string
	c := &cobra.Command{
		Use:    "lungs LABELS.nii.gz STUDY",
		Short:  "Compare predicted lungs with thresholded ones",
		Hidden: true,
		Long: `Compare the lungs of a prediction (all classes but background) with those found by a threshold
of -400 HU, and say how much of the latter is called a lesion. For lungs without lesions.`,
		Example: "  glasswork-trainer lungs labels.nii.gz scans/a0001",
		Args:    cobra.ExactArgs(2),
		RunE:    func(c *cobra.Command, args []string) error { return a.lungs(c.Context(), args[0], args[1], id) },
	}
	c.Flags().StringVar(&id, "series", "", "ID of the series, where the path holds several")
	return c
}

func (a *app) lungs(ctx context.Context, labelPath, path, id string) error {
	labels, err := nifti.ReadLabels(ctx, labelPath)
	if err != nil {
		return err
	}
	series, err := training.OpenSeries(ctx, path, id)
	if err != nil {
		return err
	}
	defer series.Close()
	if !labels.SameGrid(series.Geometry) {
		return fmt.Errorf("%s does not lie on the grid of %s", labelPath, path)
	}
	v, err := series.Read(ctx)
	if err != nil {
		return err
	}
	dice, lesion := training.LungCheck(training.ThresholdLungs(v), labels.Labels)
	if a.json {
		return printJSON(a.stdout, map[string]float64{"dice": dice, "lesion_share": lesion})
	}
	fmt.Fprintf(a.stdout, "lungs: Dice %.4f with the thresholded ones, %.2f %% of those called a lesion\n", dice, 100*lesion)
	return nil
}
