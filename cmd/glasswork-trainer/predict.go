package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/dataset/classes"
	"glasswork/training/protocol"
)

func (a *app) predictCommand() *cobra.Command {
	var job protocol.PredictJob
	var out string
	var raw rawFlags
	c := &cobra.Command{
		Use:   "predict --model M --out OUT.nii.gz STUDY",
		Short: "Label a study and write the labels as NIfTI",
		Long: `Label every slice of a study (anything that Glasswork opens) and write the labels as
NIfTI: 0 background, 1 ground glass, 2 consolidation, 3 lungs other.

With --raw, run the network alone on an array of float32 [n,c,h,w] and write its logits.`,
		Example: "  glasswork-trainer predict --model baseline --out labels.nii.gz scans/a0001\n" +
			"  glasswork-trainer predict --model unet-resnet34.pth --raw in.npy --logits out.npy",
		Args: func(c *cobra.Command, args []string) error {
			if raw.in == "" {
				return onePath(c, args)
			}
			return cobra.NoArgs(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			raw.model = job.Model
			switch {
			case raw.in != "":
				return a.predictRaw(c.Context(), raw)
			case out == "":
				return errors.New("--out names no file to write the labels to")
			}
			job.Path = args[0]
			return a.predict(c.Context(), job, out)
		},
	}
	c.Flags().StringVar(&job.Model, "model", "baseline",
		"model file, or baseline for the shipped one")
	c.Flags().StringVar(&out, "out", "", "NIfTI file to write")
	c.Flags().StringVar(&job.Series, "series", "", "ID of the series, where the path holds several")
	flipsFlag(c, &job.Flips)
	c.Flags().BoolVar(&job.Anywhere, "anywhere", false,
		"keep what is proposed where no lung can be, such as in the abdomen")
	c.Flags().StringVar(&raw.in, "raw", "", "array to run the network on, instead of a study")
	c.Flags().StringVar(&raw.logits, "logits", "", "array to write the network's logits to")
	c.Flags().StringVar(&raw.arch, "arch", "",
		"architecture of a state_dict (default: found out by its names)")
	c.Flags().StringVar(&raw.encoder, "encoder", "",
		"encoder of a state_dict (default: found out by its names)")
	c.MarkFlagsRequiredTogether("raw", "logits")
	c.MarkFlagsMutuallyExclusive("raw", "out")
	c.MarkFlagsMutuallyExclusive("raw", "series")
	return c
}

// flipsFlag adds --tta.
func flipsFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "tta", "",
		"average over mirror images: --tta or --tta=h left–right, --tta=hv top–bottom as well")
	c.Flags().Lookup("tta").NoOptDefVal = "h"
}

// prediction is the last line of predict --json. Volumes are in ml, null where they
// cannot be measured.
type prediction struct {
	Type    string              `json:"type"`
	Model   string              `json:"model"`
	Out     string              `json:"out"`
	Slices  int                 `json:"slices"`
	Seconds float64             `json:"seconds"`
	Volumes map[string]*float64 `json:"volumes_ml"`
}

func (a *app) predict(ctx context.Context, wanted protocol.PredictJob, out string) error {
	show := a.reporter()
	defer show.close()
	warn := func(sentence string) { fmt.Fprintln(a.stderr, sentence) }
	done, err := a.jobs().PredictTo(ctx, out, wanted, warn, show.event)
	if err != nil {
		return err
	}
	show.close()
	p := prediction{
		protocol.TypeSummary, done.ModelName, out, done.Slices, done.Seconds, done.Volumes,
	}
	if a.json {
		return printJSON(a.stdout, p)
	}
	fmt.Fprintf(a.stdout, "%s: %d slices in %.0f s, proposed by %s\n",
		p.Out, p.Slices, p.Seconds, p.Model)
	names := classes.Names()
	for _, name := range names[1:] {
		if ml := p.Volumes[name]; ml != nil {
			fmt.Fprintf(a.stdout, "  %-14s %6.0f ml\n", name, *ml)
		}
	}
	return nil
}
