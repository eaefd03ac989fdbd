package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/training/demo"
	"glasswork/training/protocol"
)

func (a *app) demoCommand() *cobra.Command {
	var d demo.Demo
	c := &cobra.Command{
		Use:   "demo --out DIR",
		Short: "Run the whole loop without a window on the embedded sample",
		Long: `Write the embedded sample as DICOM, open it, propose labels, correct slices, save,
fine-tune, score old and new model on a held-out patient, and leave pictures of three slices
before and after. A failure of any step, or a corrected voxel that did not survive saving and
reopening, ends it with exit status 1.`,
		Example: "  glasswork-trainer demo --out demo",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if d.Steps < 0 {
				return fmt.Errorf("--steps %d is less than 0", d.Steps)
			}
			show := a.reporter()
			defer show.close()
			d.Jobs, d.Emit = a.jobs(), show.event
			d.Say = func(line string) { show.clear(); a.tell(line) }
			d.Trained = func(s *protocol.Summary) error {
				show.close()
				if a.json {
					return printJSON(a.stdout, s.Finetune.Comparison)
				}
				a.printFinetune(s)
				return nil
			}
			return d.Run(c.Context())
		},
	}
	c.Flags().StringVar(&d.Out, "out", "demo", "folder for the study, the project and the "+
		"pictures; what an earlier demo left there is replaced")
	c.Flags().IntVar(&d.Steps, "steps", 0, "fine-tuning steps (0: as many as Retrain would choose)")
	return c
}

// tell prints a line of a story.
func (a *app) tell(line string) {
	if a.json {
		_ = printJSON(a.stdout, map[string]string{"type": "text", "text": line})
		return
	}
	fmt.Fprintln(a.stdout, line)
}
