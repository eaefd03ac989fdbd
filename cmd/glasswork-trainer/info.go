package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/dataset/inventory"
)

func (a *app) infoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info PATH",
		Short: "Print as JSON what opening a path would find",
		Long: `Print as JSON what opening a path would find: series, size, spacing, orientation, HU
range and warnings. Nothing that identifies a patient is printed.`,
		Example: "  glasswork-trainer info scans/a0001\n  glasswork-trainer info ct.nii.gz",
		Args:    onePath,
		RunE: func(c *cobra.Command,
			args []string,
		) error {
			return a.info(c.Context(), args[0])
		},
	}
}

func (a *app) info(ctx context.Context, path string) error {
	found, err := inventory.Of(ctx, path)
	if err != nil {
		return err
	}
	if a.json {
		return printJSON(a.stdout, found)
	}
	b, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s\n", b)
	return err
}
