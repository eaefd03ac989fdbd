package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"glasswork/training/experiment"
	"glasswork/training/experiment/report"
	"glasswork/training/protocol"
)

// experimentFlags are the flags of experiment.
type experimentFlags struct {
	experiment.Setup
	columns          []int
	workers          int
	list, reportOnly bool
}

func (a *app) experimentCommand() *cobra.Command {
	var f experimentFlags
	c := &cobra.Command{
		Use: "experiment --suite augmentations|architectures|two-class|FILE --data DIR " +
			"--protocol published|patient --out DIR",
		Short: "Run the columns of a study and write its tables",
		Long: `Train and score every column of a suite and write tables (Markdown, CSV, LaTeX),
curves, example predictions and one HTML report to OUT.

The protocol "published" is that of the reference study: its split by slice, no shuffling, its
loss, the weights with the lowest training loss, and batch norm that normalises by the test
batch. The protocol "patient" splits by patient, chooses weights on validation patients and
scores others, with intervals. It keeps the test set of a folder that holds a dataset in
train/ and one in test/.

You can stop it at any time. The same command continues where it stopped, and what is finished
is not run again. Several processes may run the same command in the same folder, on one
machine or on many; they share the runs. For a job array, give each job one --column, and at
the end run --report. docs/experiments.md describes suites of your own.`,
		Example: `  glasswork-trainer experiment --suite augmentations --protocol published \
    --data covid-segmentation --out study
  glasswork-trainer experiment --suite architectures --protocol patient --seeds 3 --size 128 \
    --data covid --out runs/arch
  glasswork-trainer experiment --list --out runs/arch
  glasswork-trainer experiment --suite mine.yaml --protocol patient --data covid \
    --out runs/mine --column $SLURM_ARRAY_TASK_ID`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.experiment(c.Context(), f) },
	}
	s := c.Flags()
	s.StringVar(&f.Suite, "suite", "",
		"augmentations, architectures, two-class, or a YAML or JSON file with your own columns")
	s.StringArrayVar(&f.Data, "data", nil, "labelled dataset; may be repeated")
	s.StringArrayVar(&f.Test, "test", nil,
		"labelled dataset that the patient protocol only scores; may be repeated")
	s.StringVar(&f.Protocol, "protocol", "", "published or patient")
	s.StringVar(&f.Dir, "out", "", "folder of the experiment")
	s.IntVar(&f.Seeds, "seeds", 1, "runs of each column, with seeds from 1")
	s.IntSliceVar(&f.columns, "column", nil, "run only these columns (numbers from 1)")
	s.BoolVar(&f.list, "list", false, "list columns and where they stand; run nothing")
	s.BoolVar(&f.reportOnly, "report", false,
		"write tables and report from what is finished; run nothing")
	s.IntVar(&f.workers, "workers", 2, "goroutines that prepare samples")
	registerSettings(s, &f.Settings)
	_ = c.MarkFlagRequired("out")
	return c
}

// registerSettings adds the flags that stand above what a suite says, for small machines.
// The report names them as deviations from the study.
func registerSettings(s *pflag.FlagSet, to *experiment.Settings) {
	s.StringVar(&to.Encoder, "encoder", "",
		"encoder of every column (default: the suite's, else resnet34)")
	s.StringVar(&to.EncoderWeights, "encoder-weights", "",
		"file of weights (.pth) that encoders start from, such as ImageNet's (default: random)")
	s.IntVar(&to.Size, "size", 0, "side of the network's input in pixels (default: the suite's, "+
		"else 256)")
	s.IntVar(&to.Epochs, "epochs", 0,
		"most passes over the training slices (default: the suite's, else the protocol's)")
	s.IntVar(&to.Patience, "patience", 0,
		"passes without a better one after which training stops (default: the suite's, else the "+
			"protocol's)")
	s.IntVar(&to.Batch, "batch", 0, "samples a step (default: the suite's, else the protocol's)")
	s.StringVar(&to.Precision, "precision", "",
		"of training steps: full, mixed or auto, as for train (default: the suite's, else full)")
	s.Float64Var(&to.Rate, "lr", 0, "highest learning rate (default: the suite's, else 0.001)")
}

// experimentResult is the last line of experiment --json.
type experimentResult struct {
	Type     string `json:"type"`
	Report   string `json:"report"`
	Finished int    `json:"finished"`
	Missing  int    `json:"missing"`
}

func (a *app) experiment(ctx context.Context, f experimentFlags) error {
	switch {
	case f.list:
		return a.listExperiment(f)
	case f.reportOnly:
		return a.reportExperiment(f.Dir)
	}
	f.Command = strings.Join(append([]string{"glasswork-trainer"}, os.Args[1:]...), " ")
	plan, data, err := f.Open(ctx)
	if err != nil {
		return err
	}
	show := a.reporter()
	defer show.close()
	r := &experiment.Runner{
		Networks: a.networks(), Plan: plan, Dir: f.Dir, Data: data,
		Workers: max(f.workers, 1),
		Emit:    show.event, Say: show.say,
	}
	out, err := r.Run(ctx, f.columns)
	if err != nil {
		if ctx.Err() != nil {
			show.say("stopped; the same command goes on from here")
		}
		return err
	}
	show.close()
	if err := a.reportExperiment(f.Dir); err != nil {
		return err
	}
	if n := len(out.Failed); n > 0 {
		return fmt.Errorf("%d of the runs failed; the first: %w", n, out.Failed[0])
	}
	return nil
}

// reportExperiment writes tables and report from what is finished, and says where.
func (a *app) reportExperiment(dir string) error {
	s, err := report.Write(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no experiment", dir)
	}
	if err != nil {
		return err
	}
	all := len(s.Plan.Columns) * s.Plan.Seeds
	path := filepath.Join(dir, report.HTMLName)
	if a.json {
		return printJSON(a.stdout,
			experimentResult{protocol.TypeSummary, path, all - s.Missing, s.Missing})
	}
	b, err := os.ReadFile(filepath.Join(dir, report.MarkdownName))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s\n%s: %d of %d runs are finished\n",
		strings.TrimSpace(string(b)), path, all-s.Missing, all)
	return err
}

// listExperiment prints the runs of a folder and where they stand.
func (a *app) listExperiment(f experimentFlags) error {
	all, err := experiment.List(f.Dir, f.Suite)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, l := range all {
		if a.json {
			if err := printJSON(a.stdout, l); err != nil {
				return err
			}
			continue
		}
		seed := ""
		if l.Seed > 0 {
			seed = fmt.Sprint("seed ", l.Seed)
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\n", l.Column, l.Name, seed, l.State)
	}
	return t.Flush()
}
