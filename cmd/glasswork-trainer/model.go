package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"glasswork/assets/baseline"
	"glasswork/dataset/atomicfile"
	"glasswork/model"
	"glasswork/training/job"
)

func (a *app) modelCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "model",
		Short: "Describe model files and write them for other programs",
		Long: `Describe model files and write them for other programs. A model file is a checkpoint
of Glasswork, a state_dict of segmentation_models.pytorch (.pth, .pt) or a TorchScript module
(.pt).`,
		Example: "  glasswork-trainer model info runs/first/model.safetensors\n" +
			"  glasswork-trainer model export --model baseline --format torchscript --out " +
			"baseline.pt",
	}
	c.AddCommand(a.modelInfoCommand(), a.modelExportCommand())
	return c
}

// modelFlags say which network a file is that does not say it.
type modelFlags struct{ arch, encoder string }

func (f *modelFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.arch, "arch", "",
		"architecture of a state_dict (default: found out by its names)")
	c.Flags().StringVar(&f.encoder, "encoder", "",
		"encoder of a state_dict (default: found out by its names)")
}

func (f *modelFlags) networks(a *app) model.Networks {
	nets := a.networks()
	nets.Arch, nets.Encoder = f.arch, f.encoder
	return nets
}

func (a *app) modelInfoCommand() *cobra.Command {
	var f modelFlags
	c := &cobra.Command{
		Use:   "info M",
		Short: "Say what a model file is",
		Long:  "Say what a model file is: format, network, parameters, provenance and SHA-256.",
		Example: "  glasswork-trainer model info baseline\n  glasswork-trainer model info " +
			"unet-resnet34.pth --json",
		Args: onePath,
		RunE: func(_ *cobra.Command, args []string) error { return a.modelInfo(args[0], f) },
	}
	f.add(c)
	return c
}

func (a *app) modelInfo(path string, f modelFlags) error {
	d, err := inspect(f.networks(a), path)
	if err != nil {
		return err
	}
	if a.json {
		return printJSON(a.stdout, d)
	}
	w := a.stdout
	fmt.Fprintf(w, "%s: %s\n", d.Name, d.Format)
	switch {
	case d.EncoderOnly:
		fmt.Fprintf(w, "  network      encoder %s alone, of use to train --init\n", d.Encoder)
	case d.Encoder == "":
		fmt.Fprintf(w, "  network      a program; nothing of it was run, "+
			"so what it takes and answers is not known\n")
	default:
		fmt.Fprintf(w, "  network      %s over %s\n", d.Arch, d.Encoder)
	}
	if d.InChannels > 0 {
		fmt.Fprintf(w, "  input        %d channels, %d × %d pixels, %g ± %g HU as 0…1%s\n",
			d.InChannels, d.Size, d.Size, d.Window.Center, d.Window.Width/2, levelled(d.Level))
	}
	if d.InChannels > 0 && !d.EncoderOnly {
		fmt.Fprintf(w, "  classes      %d  %s\n", d.Spec.Classes, strings.Join(d.Classes, ", "))
	}
	if d.Tensors > 0 {
		fmt.Fprintf(w, "  parameters   %d trainable in %d tensors\n", d.Parameters, d.Tensors)
	}
	if d.Created != "" {
		fmt.Fprintf(w, "  created      %s\n", d.Created)
	}
	if d.Parent != "" {
		fmt.Fprintf(w, "  made from    %s\n", d.Parent)
	}
	for _, key := range slices.Sorted(maps.Keys(d.Provenance)) {
		fmt.Fprintf(w, "  %-12s %s\n", key, d.Provenance[key])
	}
	_, err = fmt.Fprintf(w, "  file         %d bytes, SHA-256 %s\n", d.Bytes, d.SHA256)
	return err
}

// inspect describes a model file or the shipped model.
func inspect(nets model.Networks, path string) (model.Description, error) {
	if path != job.BaselineModel {
		return nets.Inspect(path)
	}
	b, err := baseline.Model()
	if err != nil {
		return model.Description{}, err
	}
	return nets.InspectBytes(path, b)
}

func (a *app) modelExportCommand() *cobra.Command {
	var f modelFlags
	var path, format, out string
	c := &cobra.Command{
		Use:   "export --model M --format torchscript|pth-names|safetensors --out F",
		Short: "Write a model for other programs",
		Long: `Write a model for other programs.

  torchscript  a module that torch.jit.load runs: pictures [n,c,h,w] in, logits out
  pth-names    a state_dict that segmentation_models.pytorch loads with load_state_dict
  safetensors  a checkpoint of Glasswork, for instance of a state_dict`,
		Example: "  glasswork-trainer model export --model baseline --format torchscript --out " +
			"baseline.pt",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command,
			[]string,
		) error {
			return a.modelExport(f, path, format, out)
		},
	}
	c.Flags().StringVar(&path, "model", "baseline", "model file, or baseline for the shipped one")
	c.Flags().StringVar(&format, "format", "", "torchscript, pth-names or safetensors")
	c.Flags().StringVar(&out, "out", "", "file to write")
	f.add(c)
	_ = c.MarkFlagRequired("format")
	_ = c.MarkFlagRequired("out")
	return c
}

func (a *app) modelExport(f modelFlags, path, format, out string) error {
	if err := model.CheckFormat(format); err != nil {
		return err
	}
	if err := atomicfile.Check(out); err != nil {
		return err
	}
	loaded, info, err := loadModel(f.networks(a), path)
	if err != nil {
		return err
	}
	defer loaded.Close()
	if err := model.Export(loaded, format, out, info); err != nil {
		return err
	}
	if a.json {
		return printJSON(a.stdout,
			map[string]string{"type": "summary", "out": out, "format": format})
	}
	_, err = fmt.Fprintln(a.stdout, out)
	return err
}

// levelled says so of a network that sees pictures levelled.
func levelled(level bool) string {
	if level {
		return ", pictures levelled"
	}
	return ""
}
