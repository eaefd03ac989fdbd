package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/training/job"
)

// lungsCommand is for developers: it is how docs/models.md checks models on CT without
// reference labels.
func (a *app) lungsCommand() *cobra.Command {
	var id string
	var sick []int
	c := &cobra.Command{
		Use:    "lungs LABELS.nii.gz STUDY",
		Short:  "Compare predicted lungs with thresholded ones",
		Hidden: true,
		Long: `Compare the lungs of a prediction (all classes but background) with those found by a
threshold of -400 HU, and print how much of the latter is called a lesion. Use it for lungs
without lesions. --exclude names a box that is not healthy.`,
		Example: "  glasswork-trainer lungs labels.nii.gz scans/a0001",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command,
			args []string,
		) error {
			return a.lungs(c.Context(), args[0], args[1], id, sick)
		},
	}
	c.Flags().StringVar(&id, "series", "", "ID of the series, where the path holds several")
	c.Flags().IntSliceVar(&sick, "exclude", nil,
		"box that is not healthy: x0,y0,z0,x1,y1,z1 in voxels, inclusive")
	return c
}

func (a *app) lungs(ctx context.Context, labelPath, path, id string, sick []int) error {
	if len(sick) != 0 && len(sick) != 6 {
		return fmt.Errorf("--exclude has %d numbers, a box has six: x0,y0,z0,x1,y1,z1", len(sick))
	}
	var box *job.Box
	if len(sick) > 0 {
		box = &job.Box{From: [3]int(sick[:3]), To: [3]int(sick[3:])}
	}
	dice, lesion, err := job.CheckLungs(ctx, labelPath, path, id, box)
	if err != nil {
		return err
	}
	if a.json {
		return printJSON(a.stdout, map[string]float64{"dice": dice, "lesion_share": lesion})
	}
	fmt.Fprintf(a.stdout, "lungs: Dice %.4f with the thresholded ones, %.2f %% of their healthy "+
		"part called a lesion\n", dice, 100*lesion)
	return nil
}
