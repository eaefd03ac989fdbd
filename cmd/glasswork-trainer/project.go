package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"glasswork/dataset/importing"
	"glasswork/dataset/project"
)

func (a *app) importCommand() *cobra.Command {
	var dir, id string
	var l labelFlags
	c := &cobra.Command{
		Use:   "import --project P PATH [--labels FILE]",
		Short: "Add studies, and annotation made elsewhere, to a project",
		Long: `Add the series at a path, or one of them, to a project and store the voxels in it.
The project is made if it does not exist. What was imported before is not imported twice.

With --labels, annotation made elsewhere is entered into the study as a person's. The project
remembers what each segment is. If it does not know a segment, the missing --map flags are
listed and nothing is changed. What --map says is remembered for other files.`,
		Example: "  glasswork-trainer import --project studies scans/a0001\n" +
			"  glasswork-trainer import --project studies scans/a0001 --labels ggo.seg.nrrd " +
			"--map \"GGO left=ground glass\" --map \"*=leave out\"",
		Args: onePath,
		RunE: func(c *cobra.Command, args []string) error {
			if l.file != "" {
				return a.importLabels(c.Context(), dir, args[0], id, l)
			}
			if err := l.unused(); err != nil {
				return err
			}
			warn := func(sentence string) { fmt.Fprintln(a.stderr, sentence) }
			return importing.Studies(c.Context(), dir, args[0], id, a.printStudy, warn)
		},
	}
	l.add(c.Flags())
	c.Flags().StringVar(&dir, "project", "", "project folder")
	c.Flags().StringVar(&id, "series", "", "ID of the only series to import")
	_ = c.MarkFlagRequired("project")
	return c
}

// imported is one line of import --json.
type imported struct {
	Study  string `json:"study"`
	Alias  string `json:"alias"`
	Slices int    `json:"slices"`
}

func (a *app) printStudy(study project.Study) error {
	if a.json {
		return printJSON(a.stdout, imported{study.ID, study.Alias, study.Slices})
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %s, %d slices\n", study.Alias, study.Description,
		study.Slices)
	return err
}

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Answer the desktop: JSON lines over stdin and stdout",
		Long: "Answer the desktop: JSON lines over stdin and stdout, as docs/protocol.md " +
			"describes. It ends when stdin does.",
		Example: `  JOB='{"predict":{"path":"scans/a0001","model":"baseline"}}'
  (echo '{"type":"start","id":"1","job":'"$JOB"'}'; cat) | glasswork-trainer serve`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.jobs().Serve(c.Context(), a.stdin, a.stdout)
		},
	}
}
