package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/nifti"
	"glasswork/dataset/volume"
	"glasswork/training/job"
	"glasswork/training/protocol"
)

func (a *app) predictCommand() *cobra.Command {
	var job protocol.PredictJob
	var out string
	var raw rawFlags
	c := &cobra.Command{
		Use:   "predict --model M --out OUT.nii.gz STUDY",
		Short: "Label a study and write the labels as NIfTI",
		Long: `Label every slice of a study (anything Glasswork opens) and write the labels as NIfTI:
0 background, 1 ground glass, 2 consolidation, 3 lungs other.

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
	if !nifti.IsName(out) {
		return fmt.Errorf("--out %s must end in .nii or .nii.gz", out)
	}
	if err := atomicfile.Check(out); err != nil {
		return err
	}
	series, err := job.OpenSeries(ctx, wanted.Path, wanted.Series)
	if err != nil {
		return err
	}
	for _, w := range series.Warnings {
		fmt.Fprintln(a.stderr, w)
	}
	geometry, measurable := series.Geometry, series.Measurable
	wanted.Series = series.ID
	if err := series.Close(); err != nil {
		return err
	}
	labels := volume.NewLabelMap(geometry)
	show := a.reporter()
	defer show.close()
	s, err := a.jobs().Run(ctx, protocol.Job{Predict: &wanted}, func(e protocol.Event) {
		if e.Slice != nil {
			copy(labels.Slice(e.Slice.Z), e.Slice.Labels)
			return
		}
		show.event(e)
	})
	if err != nil {
		return err
	}
	if err := nifti.WriteLabels(out, labels); err != nil {
		return err
	}
	show.close()
	p := prediction{
		protocol.TypeSummary, s.Predict.ModelName, out, s.Predict.Slices, s.Seconds,
		volumes(labels, measurable),
	}
	if a.json {
		return printJSON(a.stdout, p)
	}
	fmt.Fprintf(a.stdout, "%s: %d slices in %.0f s, proposed by %s\n", p.Out, p.Slices, p.Seconds,
		p.Model)
	for class := 1; class < classes.Count; class++ {
		name := classes.Names()[class]
		if ml := p.Volumes[name]; ml != nil {
			fmt.Fprintf(a.stdout, "  %-14s %6.0f ml\n", name, *ml)
		}
	}
	return nil
}

// volumes are the classes' volumes in ml, nil where the study cannot be measured.
func volumes(l *volume.LabelMap, measurable bool) map[string]*float64 {
	var counts [classes.Count]int
	for z := range l.Size[0] {
		for class, n := range l.Counts(z) {
			counts[class] += n
		}
	}
	all := map[string]*float64{}
	for class := 1; class < classes.Count; class++ {
		name := classes.Names()[class]
		all[name] = nil
		if measurable {
			ml := float64(counts[class]) * l.VoxelML()
			all[name] = &ml
		}
	}
	return all
}
